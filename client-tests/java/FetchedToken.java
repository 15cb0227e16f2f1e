import com.microsoft.sqlserver.jdbc.SQLServerAccessTokenCallback;
import com.microsoft.sqlserver.jdbc.SqlAuthenticationToken;

/** What mssql-jdbc asks for a token once the server has said where to get one. */
public final class FetchedToken implements SQLServerAccessTokenCallback {
    static volatile String token;

    @Override
    public SqlAuthenticationToken getAccessToken(String spn, String stsUrl) {
        return new SqlAuthenticationToken(token, System.currentTimeMillis() + 3600000);
    }
}
