import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The long-lived probe of the JDBC drivers, as harness/serving.py describes it: java Probe mssql-jdbc | jtds | hikaricp */
public final class Probe {
    private static final PrintStream OUT = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
    private final String driver;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final Map<String, HikariDataSource> pools = new ConcurrentHashMap<>();
    private final Map<String, ExecutorService> workers = new ConcurrentHashMap<>();

    private Probe(String driver) {
        this.driver = driver;
    }

    public static void main(String[] arguments) throws Exception {
        java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("UTC"));
        // What a driver prints by itself is no answer.
        System.setOut(System.err);
        java.util.logging.LogManager.getLogManager().reset();
        Probe probe = new Probe(arguments[0]);
        say(Map.of("event", "loaded"));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) probe.take(line);
        Runtime.getRuntime().halt(0);
    }

    private static synchronized void say(Map<String, Object> record) {
        OUT.println(Json.write(record));
    }

    @SuppressWarnings("unchecked")
    private void take(String line) {
        Map<String, Object> fields = (Map<String, Object>) Json.read(line);
        Object number = fields.get("id");
        String operation = (String) fields.get("op");
        boolean makes = operation.equals("open") || operation.equals("acquire");
        String name = (String) fields.get(makes ? "as" : "on");
        Runnable work = () -> answer(number, name, operation, fields);
        if (operation.equals("cancel")) {
            new Thread(work).start();
            return;
        }
        workers.computeIfAbsent(name, unused -> Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        })).execute(work);
    }

    private void answer(Object number, String name, String operation, Map<String, Object> fields) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("id", number);
        try {
            Object result = carryOut(name, operation, fields);
            record.put("ok", result == null ? Map.of() : result);
        } catch (NotOffered why) {
            record.put("not_offered", why.getMessage());
        } catch (Throwable error) { // whatever the driver throws is the finding
            record.put("error", Drivers.describe(error));
        }
        say(record);
    }

    private Object carryOut(String name, String operation, Map<String, Object> fields) throws Exception {
        switch (operation) {
            case "open":
                if (fields.get("pool") != Boolean.TRUE) sessions.put(name, Drivers.open(driver, fields));
                else if (driver.equals("hikaricp")) pools.put(name, Drivers.pool(fields));
                else throw new NotOffered("it has no pool");
                return null;
            case "acquire":
                sessions.put(name, new Drivers.MicrosoftSession(pools.get((String) fields.get("pool")).getConnection()));
                return null;
            default:
        }
        if (operation.equals("close") && pools.containsKey(name)) {
            pools.remove(name).close();
            return null;
        }
        Session session = sessions.get(name);
        if (session == null) throw new IllegalStateException("no such connection");
        Object result = session.carryOut(operation, fields);
        if (operation.equals("close") || operation.equals("release")) sessions.remove(name);
        return result;
    }
}
