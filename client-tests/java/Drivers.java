import com.microsoft.sqlserver.jdbc.SQLServerBulkCopy;
import com.microsoft.sqlserver.jdbc.SQLServerError;
import com.microsoft.sqlserver.jdbc.SQLServerException;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.sql.rowset.RowSetMetaDataImpl;

/** How each driver is asked for a connection. */
final class Drivers {
    private Drivers() {
    }

    static Session open(String driver, Map<String, Object> options) throws Exception {
        switch (driver) {
            case "mssql-jdbc": return new MicrosoftSession(DriverManager.getConnection(microsoft(options), secrets(options)));
            case "jtds": return new Session(DriverManager.getConnection(jtds(options)));
            case "hikaricp": return new PooledSession(pool(options));
            default: throw new IllegalArgumentException(driver);
        }
    }

    private static Object or(Map<String, Object> options, String name, Object other) {
        Object value = options.get(name);
        return value == null ? other : value;
    }

    static String microsoft(Map<String, Object> options) throws Exception {
        if (options.get("tds") != null) throw new NotOffered("no choice of version");
        if (options.get("mars") == Boolean.TRUE) throw new NotOffered("no MARS");
        String encrypt = Map.of("off", "false", "login", "false", "on", "true", "strict", "strict").get(options.get("encrypt"));
        StringBuilder url = new StringBuilder("jdbc:sqlserver://" + options.get("host"));
        if (options.get("instance") != null) url.append("\\").append(options.get("instance"));
        else url.append(":").append(options.get("port"));
        if (options.get("new_password") != null) throw new NotOffered("no change of passwords");
        if (options.get("domain") != null) {
            url.append(";integratedSecurity=true;authenticationScheme=NTLM;domain=").append(options.get("domain"));
        }
        Map<?, ?> partner = (Map<?, ?>) options.get("partner");
        if (partner != null) url.append(";failoverPartner=").append(partner.get("host")).append("\\").append(partner.get("instance"));
        url.append(";databaseName=").append(options.get("database")).append(";encrypt=").append(encrypt);
        boolean trusting = !encrypt.equals("strict") && or(options, "trust", true) == Boolean.TRUE;
        url.append(";trustServerCertificate=").append(trusting);
        if (!trusting && options.get("ca") != null) {
            url.append(";trustStore=").append(trustStore((String) options.get("ca"))).append(";trustStorePassword=secret");
        }
        url.append(";loginTimeout=").append(options.get("timeout"));
        if (options.get("as_shipped") != Boolean.TRUE) {
            url.append(";connectRetryInterval=1;connectRetryCount=").append(options.get("reconnect") == Boolean.TRUE ? 1 : 0);
        }
        if ("read-only".equals(options.get("intent"))) url.append(";applicationIntent=ReadOnly");
        if (options.get("packet_size") != null) url.append(";packetSize=").append(options.get("packet_size"));
        return url.toString();
    }

    /** Who logs in. */
    private static Properties secrets(Map<String, Object> options) {
        Properties properties = new Properties();
        if (options.get("token") != null) {
            properties.put("accessToken", options.get("token"));
        } else if (options.get("fetched_token") != null) {
            FetchedToken.token = (String) options.get("fetched_token");
            properties.put("accessTokenCallbackClass", "FetchedToken");
        } else {
            properties.put("user", options.get("user"));
            properties.put("password", options.get("password"));
        }
        return properties;
    }

    /** A file of Java's own kind with the certificate authority of a PEM file. */
    private static String trustStore(String pem) throws Exception {
        java.security.KeyStore store = java.security.KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (java.io.InputStream in = new java.io.FileInputStream(pem)) {
            store.setCertificateEntry("ca", java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        java.io.File file = java.io.File.createTempFile("trusted", ".p12");
        file.deleteOnExit();
        try (java.io.OutputStream out = new java.io.FileOutputStream(file)) {
            store.store(out, "secret".toCharArray());
        }
        return file.getPath();
    }

    private static String jtds(Map<String, Object> options) throws NotOffered {
        String on = options.get("trust") == Boolean.FALSE ? "authenticate" : "require";
        String ssl = Map.of("off", "off", "login", "request", "on", on).get(options.get("encrypt"));
        if (ssl == null) throw new NotOffered("no TDS 8.0");
        if (options.get("mars") == Boolean.TRUE) throw new NotOffered("no MARS");
        String tds = Map.of("7.0", "7.0", "7.1", "8.0").get(or(options, "tds", "7.1"));
        if (tds == null) throw new NotOffered("speaks 7.0 and 7.1");
        StringBuilder url = new StringBuilder("jdbc:jtds:sqlserver://" + options.get("host"));
        if (options.get("instance") == null) url.append(":").append(options.get("port"));
        url.append("/").append(options.get("database")).append(";user=").append(options.get("user"));
        url.append(";password=").append(options.get("password")).append(";ssl=").append(ssl).append(";tds=").append(tds);
        url.append(";loginTimeout=").append(options.get("timeout"));
        for (String other : List.of("token", "fetched_token", "new_password", "partner", "reconnect")) {
            if (options.get(other) != null) throw new NotOffered("no " + other);
        }
        if (options.get("domain") != null) url.append(";useNTLMv2=true;domain=").append(options.get("domain"));
        if (options.get("packet_size") != null) url.append(";packetSize=").append(options.get("packet_size"));
        if (options.get("instance") != null) url.append(";instance=").append(options.get("instance"));
        return url.toString();
    }

    static HikariDataSource pool(Map<String, Object> options) throws Exception {
        HikariConfig configuration = new HikariConfig();
        configuration.setJdbcUrl(microsoft(options));
        configuration.setDataSourceProperties(secrets(options));
        configuration.setMaximumPoolSize(1);
        configuration.setConnectionTimeout(1000L * ((Number) options.get("timeout")).intValue());
        return new HikariDataSource(configuration);
    }

    /** Number, state, class: of the server's error where the driver hands it on. */
    static Map<String, Object> describe(Throwable error) {
        Throwable below = error;
        while (below.getCause() instanceof SQLException && !(below instanceof SQLServerException)) below = below.getCause();
        java.util.LinkedHashMap<String, Object> out = new java.util.LinkedHashMap<>();
        out.put("type", error.getClass().getSimpleName());
        int number = below instanceof SQLException ? ((SQLException) below).getErrorCode() : 0;
        out.put("number", number == 0 ? null : number);
        SQLServerError told = below instanceof SQLServerException ? ((SQLServerException) below).getSQLServerError() : null;
        out.put("state", told == null ? null : told.getErrorState());
        out.put("class", told == null ? null : told.getErrorSeverity());
        out.put("text", below == error ? String.valueOf(error.getMessage()) : error.getMessage() + " | " + below.getMessage());
        return out;
    }

    static class MicrosoftSession extends Session {
        MicrosoftSession(Connection connection) {
            super(connection);
        }

        @Override
        Object bulk(Map<String, Object> fields) throws Exception {
            List<?> columns = (List<?>) fields.get("columns");
            javax.sql.rowset.CachedRowSet rows = javax.sql.rowset.RowSetProvider.newFactory().createCachedRowSet();
            RowSetMetaDataImpl about = new RowSetMetaDataImpl();
            about.setColumnCount(columns.size());
            for (int i = 0; i < columns.size(); i++) {
                Map<?, ?> column = (Map<?, ?>) columns.get(i);
                about.setColumnName(i + 1, (String) column.get("name"));
                about.setColumnType(i + 1, jdbc((String) column.get("type")));
                about.setPrecision(i + 1, 30);
                about.setNullable(i + 1, java.sql.ResultSetMetaData.columnNullable);
            }
            rows.setMetaData(about);
            for (Object line : (List<?>) fields.get("rows")) {
                rows.moveToInsertRow();
                List<?> values = (List<?>) line;
                for (int i = 0; i < values.size(); i++) {
                    String type = (String) ((Map<?, ?>) columns.get(i)).get("type");
                    if (values.get(i) == null) rows.updateNull(i + 1);
                    else if (type.equals("int")) rows.updateInt(i + 1, Integer.parseInt((String) values.get(i)));
                    else rows.updateString(i + 1, (String) values.get(i));
                }
                rows.insertRow();
            }
            rows.moveToCurrentRow();
            rows.beforeFirst();
            try (SQLServerBulkCopy copy = new SQLServerBulkCopy(connection)) {
                copy.setDestinationTableName((String) fields.get("table"));
                copy.writeToServer(rows);
            }
            return null;
        }
    }

    /** A pool of one connection: closing the session closes the pool. */
    static class PooledSession extends MicrosoftSession {
        private final HikariDataSource pool;

        PooledSession(HikariDataSource pool) throws Exception {
            super(first(pool));
            this.pool = pool;
        }

        private static Connection first(HikariDataSource pool) throws SQLException {
            try {
                return pool.getConnection();
            } catch (SQLException failure) {
                pool.close();
                throw failure;
            }
        }

        @Override
        Object carryOut(String operation, Map<String, Object> fields) throws Exception {
            Object result = super.carryOut(operation, fields);
            if (operation.equals("close")) pool.close();
            return result;
        }

        @Override
        Object bulk(Map<String, Object> fields) throws Exception {
            throw new NotOffered("left to the driver below");
        }
    }
}
