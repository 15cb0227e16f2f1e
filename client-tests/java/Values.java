import java.math.BigDecimal;
import java.sql.Clob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;

/** Values as JSON: numbers and truth as they are, everything else as text. Nothing is rounded. */
final class Values {
    private Values() {
    }

    static Object toJson(ResultSet row, int column, int type) throws SQLException {
        Object value = row.getObject(column);
        if (value == null) return null;
        if (value instanceof Boolean || value instanceof Integer || value instanceof Short || value instanceof Byte) return value;
        if (value instanceof Long || value instanceof BigDecimal) {
            return value instanceof Long ? value.toString() : ((BigDecimal) value).toPlainString();
        }
        if (value instanceof Float || value instanceof Double) return ((Number) value).doubleValue();
        if (value instanceof byte[]) return hex((byte[]) value);
        if (value instanceof java.sql.Blob) {
            java.sql.Blob blob = (java.sql.Blob) value;
            return hex(blob.getBytes(1, (int) blob.length()));
        }
        if (value instanceof Clob) {
            Clob clob = (Clob) value;
            return clob.getSubString(1, (int) clob.length());
        }
        if (value instanceof java.sql.SQLXML) return ((java.sql.SQLXML) value).getString();
        // java.sql.Time cannot say its fractions; the driver's text can.
        if (type == Types.TIME) return row.getString(column);
        return value.toString();
    }

    static String hex(byte[] data) {
        StringBuilder out = new StringBuilder("0x");
        for (byte one : data) out.append(String.format("%02x", one));
        return out.toString();
    }

    static byte[] bytes(String text) {
        byte[] out = new byte[text.length() / 2 - 1];
        for (int i = 0; i < out.length; i++) out[i] = (byte) Integer.parseInt(text.substring(2 * i + 2, 2 * i + 4), 16);
        return out;
    }
}
