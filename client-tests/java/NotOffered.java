/** The driver's API has no such thing: why. */
final class NotOffered extends Exception {
    private static final long serialVersionUID = 1L;

    NotOffered(String why) {
        super(why);
    }
}
