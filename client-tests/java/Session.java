import java.math.BigDecimal;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the shared cases do with a JDBC connection; see harness/serving.py for the operations. */
class Session {
    final Connection connection;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();
    private final Map<String, List<String>> types = new HashMap<>();
    private volatile Statement running;

    Session(Connection connection) {
        this.connection = connection;
    }

    Object carryOut(String operation, Map<String, Object> fields) throws Exception {
        switch (operation) {
            case "query": return query(fields);
            case "prepare": return prepare(fields);
            case "execute": return execute(fields);
            case "unprepare": prepared.remove((String) fields.get("statement")).close(); return null;
            case "call": return call(fields);
            case "begin": connection.setAutoCommit(false); return null;
            case "commit": connection.commit(); connection.setAutoCommit(true); return null;
            case "rollback": connection.rollback(); connection.setAutoCommit(true); return null;
            case "cancel": running.cancel(); return null;
            case "bulk": return bulk(fields);
            case "close":
            case "release": connection.close(); return null;
            default: throw new NotOffered("no " + operation + " in its API");
        }
    }

    private static void limit(Statement statement, Map<String, Object> fields) throws SQLException {
        if (fields.get("timeout") != null) statement.setQueryTimeout(((Number) fields.get("timeout")).intValue());
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> typed(Object values) {
        return (List<Map<String, Object>>) values;
    }

    private Object query(Map<String, Object> fields) throws Exception {
        String sql = (String) fields.get("sql");
        if (fields.get("params") == null) {
            try (Statement statement = connection.createStatement()) {
                limit(statement, fields);
                running = statement;
                return results(statement, statement.execute(sql));
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            limit(statement, fields);
            running = statement;
            int number = 0;
            for (Map<String, Object> one : typed(fields.get("params"))) {
                set(statement, ++number, (String) one.get("type"), (String) one.get("value"));
            }
            return results(statement, statement.execute());
        }
    }

    /** Every result of a statement: an error behind a result is thrown when one asks for what is next. */
    private static Map<String, Object> results(Statement statement, boolean rows) throws Exception {
        List<Object> results = new ArrayList<>();
        List<Object> messages = new ArrayList<>();
        while (true) {
            if (rows) {
                try (ResultSet found = statement.getResultSet()) {
                    results.add(table(found));
                }
            } else if (statement.getUpdateCount() >= 0) {
                results.add(Map.of("affected", statement.getUpdateCount()));
            } else {
                break;
            }
            rows = statement.getMoreResults();
        }
        for (SQLWarning told = statement.getWarnings(); told != null; told = told.getNextWarning()) {
            messages.add(Map.of("number", told.getErrorCode(), "text", told.getMessage()));
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("results", results);
        out.put("messages", messages);
        return out;
    }

    private static Map<String, Object> table(ResultSet found) throws Exception {
        ResultSetMetaData about = found.getMetaData();
        List<Object> columns = new ArrayList<>();
        for (int i = 1; i <= about.getColumnCount(); i++) columns.add(about.getColumnLabel(i));
        List<Object> rows = new ArrayList<>();
        while (found.next()) {
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= about.getColumnCount(); i++) row.add(Values.toJson(found, i, about.getColumnType(i)));
            rows.add(row);
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("columns", columns);
        out.put("rows", rows);
        return out;
    }

    private Object prepare(Map<String, Object> fields) throws Exception {
        String name = (String) fields.get("as");
        prepared.put(name, connection.prepareStatement((String) fields.get("sql")));
        List<String> declared = new ArrayList<>();
        for (Object type : (List<?>) fields.get("types")) declared.add((String) type);
        types.put(name, declared);
        return null;
    }

    private Object execute(Map<String, Object> fields) throws Exception {
        String name = (String) fields.get("statement");
        PreparedStatement statement = prepared.get(name);
        running = statement;
        int number = 0;
        for (Object value : (List<?>) fields.get("values")) {
            set(statement, number + 1, types.get(name).get(number), (String) value);
            number++;
        }
        return results(statement, statement.execute());
    }

    private Object call(Map<String, Object> fields) throws Exception {
        List<Map<String, Object>> params = typed(fields.get("params"));
        StringBuilder places = new StringBuilder();
        for (int i = 0; i < params.size(); i++) places.append(i == 0 ? "?" : ", ?");
        try (CallableStatement statement = connection.prepareCall("{? = call " + fields.get("procedure") + "(" + places + ")}")) {
            running = statement;
            statement.registerOutParameter(1, Types.INTEGER);
            int number = 1;
            for (Map<String, Object> one : params) {
                number++;
                if (one.get("out") == Boolean.TRUE) statement.registerOutParameter(number, jdbc((String) one.get("type")));
                else set(statement, number, (String) one.get("type"), (String) one.get("value"));
            }
            Map<String, Object> out = results(statement, statement.execute());
            Map<String, Object> outputs = new LinkedHashMap<>();
            number = 1;
            for (Map<String, Object> one : params) {
                number++;
                if (one.get("out") == Boolean.TRUE) outputs.put((String) one.get("name"), statement.getString(number));
            }
            out.put("outputs", outputs);
            out.put("return", statement.getInt(1));
            return out;
        }
    }

    /** Overridden where the driver has a bulk interface. */
    Object bulk(Map<String, Object> fields) throws Exception {
        throw new NotOffered("no bulk interface");
    }

    static int jdbc(String type) {
        switch (type) {
            case "int": return Types.INTEGER;
            case "bigint": return Types.BIGINT;
            case "float": return Types.DOUBLE;
            case "bit": return Types.BIT;
            case "decimal": return Types.DECIMAL;
            case "varbinary": return Types.VARBINARY;
            case "date": return Types.DATE;
            case "datetime2": return Types.TIMESTAMP;
            default: return Types.VARCHAR;
        }
    }

    void set(PreparedStatement statement, int number, String type, String value) throws SQLException {
        if (value == null) {
            statement.setNull(number, jdbc(type));
            return;
        }
        switch (type) {
            case "int": statement.setInt(number, Integer.parseInt(value)); break;
            case "bigint": statement.setLong(number, Long.parseLong(value)); break;
            case "float": statement.setDouble(number, Double.parseDouble(value)); break;
            case "bit": statement.setBoolean(number, value.equals("1")); break;
            case "decimal": statement.setBigDecimal(number, new BigDecimal(value)); break;
            case "varbinary": statement.setBytes(number, Values.bytes(value)); break;
            case "date": statement.setDate(number, java.sql.Date.valueOf(value)); break;
            case "datetime2": statement.setTimestamp(number, java.sql.Timestamp.valueOf(value)); break;
            default: statement.setString(number, value);
        }
    }
}
