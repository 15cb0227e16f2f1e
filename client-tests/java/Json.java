import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** As much JSON as the commands and answers of a probe need: the JDK has none. */
final class Json {
    private final String text;
    private int at = 0;

    private Json(String text) {
        this.text = text;
    }

    /** Maps, lists, strings, Long, Double, Boolean, null. */
    static Object read(String text) {
        return new Json(text).value();
    }

    private char next() {
        while (Character.isWhitespace(text.charAt(at))) at++;
        return text.charAt(at);
    }

    private Object value() {
        switch (next()) {
            case '{': return map();
            case '[': return list();
            case '"': return string();
            case 't': at += 4; return true;
            case 'f': at += 5; return false;
            case 'n': at += 4; return null;
            default: return number();
        }
    }

    private Map<String, Object> map() {
        Map<String, Object> out = new LinkedHashMap<>();
        at++;
        while (next() != '}') {
            if (text.charAt(at) == ',') { at++; next(); }
            String name = string();
            next();
            at++; // the colon
            out.put(name, value());
        }
        at++;
        return out;
    }

    private List<Object> list() {
        List<Object> out = new ArrayList<>();
        at++;
        while (next() != ']') {
            if (text.charAt(at) == ',') at++;
            out.add(value());
        }
        at++;
        return out;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c != '\\') { out.append(c); continue; }
            c = text.charAt(++at);
            int plain = "bfnrt".indexOf(c);
            if (plain >= 0) out.append("\b\f\n\r\t".charAt(plain));
            else if (c == 'u') { out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16)); at += 4; }
            else out.append(c);
        }
        at++;
        return out.toString();
    }

    private Object number() {
        int from = at;
        while (at < text.length() && "+-0123456789.eE".indexOf(text.charAt(at)) >= 0) at++;
        String digits = text.substring(from, at);
        return digits.matches("-?\\d+") ? (Object) Long.valueOf(digits) : Double.valueOf(digits);
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value) {
        if (value == null || value instanceof Boolean || value instanceof Number) {
            out.append(value);
        } else if (value instanceof Map) {
            String separator = "{";
            for (Map.Entry<?, ?> one : ((Map<?, ?>) value).entrySet()) {
                out.append(separator);
                write(out, one.getKey().toString());
                out.append(':');
                write(out, one.getValue());
                separator = ",";
            }
            out.append(((Map<?, ?>) value).isEmpty() ? "{}" : "}");
        } else if (value instanceof List) {
            String separator = "[";
            for (Object one : (List<?>) value) {
                out.append(separator);
                write(out, one);
                separator = ",";
            }
            out.append(((List<?>) value).isEmpty() ? "[]" : "]");
        } else {
            out.append('"');
            for (char c : value.toString().toCharArray()) {
                if (c == '"' || c == '\\') out.append('\\').append(c);
                else if (c < ' ' || c > '~') out.append(String.format("\\u%04x", (int) c));
                else out.append(c);
            }
            out.append('"');
        }
    }
}
