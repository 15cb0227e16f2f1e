#include "scenario/catalogue.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario {
namespace {

// Sorted by number. Severity as sys.messages has it; state 1, which is what a failed login shows on the wire
// whatever the log says. Where SQL Server fills in something that a fake has no value for, a plausible one
// stands.
constexpr auto entries = std::to_array<catalogue_entry>({
    {596, 21, 1, "Cannot continue the execution because the session is in the kill state."},
    {615,
     21,
     1,
     "Could not find database ID 5, name '{database}'. The database may be offline. Wait a few minutes and "
     "try again."},
    {911, 16, 1, "Database '{database}' does not exist. Make sure that the name is entered correctly."},
    {916,
     14,
     1,
     "The server principal \"{user}\" is not able to access the database \"{database}\" under the current "
     "security context."},
    {921, 14, 1, "Database '{database}' has not been recovered yet. Wait and try again."},
    {922, 14, 1, "Database '{database}' is being recovered. Waiting until recovery is finished."},
    {923,
     14,
     1,
     "Database '{database}' is in restricted mode. Only the database owner and members of the dbcreator and "
     "sysadmin roles can access it."},
    {924, 14, 1, "Database '{database}' is already open and can only have one user at a time."},
    {926,
     14,
     1,
     "Database '{database}' cannot be opened. It has been marked SUSPECT by recovery. See the SQL Server "
     "errorlog for more information."},
    {927, 14, 1, "Database '{database}' cannot be opened. It is in the middle of a restore."},
    {942, 14, 4, "Database '{database}' cannot be opened because it is offline."},
    {976,
     14,
     1,
     "The target database, '{database}', is participating in an availability group and is currently not "
     "accessible for queries. Either data movement is suspended or the availability replica is not enabled "
     "for read access. To allow read-only access to this and other databases in the availability group, "
     "enable read access to one or more secondary availability replicas in the group."},
    {978,
     14,
     1,
     "The target database ('{database}') is in an availability group and is currently accessible for "
     "connections when the application intent is set to read only."},
    {979,
     14,
     1,
     "The target database ('{database}') is in an availability group and currently does not allow read only "
     "connections."},
    {982,
     14,
     1,
     "Unable to access the '{database}' database because no online secondary replicas are enabled for "
     "read-only access. Check the availability group configuration to verify that at least one secondary "
     "replica is configured for read-only access. Wait for an enabled replica to come online, and retry your "
     "read-only operation."},
    {983,
     14,
     1,
     "Unable to access availability database '{database}' because the database replica is not in the PRIMARY "
     "or SECONDARY role. Connections to an availability database is permitted only when the database replica "
     "is in the PRIMARY or SECONDARY role. Try the operation again later."},
    {988,
     14,
     1,
     "Unable to access database '{database}' because it lacks a quorum of nodes for high availability. Try "
     "the operation again later."},
    {1205,
     13,
     51,
     "Transaction (Process ID {spid}) was deadlocked on lock resources with another process and has been "
     "chosen "
     "as the deadlock victim. Rerun the transaction."},
    {1222, 16, 51, "Lock request time out period exceeded."},
    {4060, 11, 1, "Cannot open database \"{database}\" requested by the login. The login failed."},
    {4064, 11, 1, "Cannot open user default database. Login failed."},
    {4221,
     16,
     1,
     "Login to read-secondary failed due to long wait on 'HADR_DATABASE_WAIT_FOR_TRANSITION_TO_VERSIONING'."},
    {6005, 10, 1, "SHUTDOWN is in progress."},
    {10928, 20, 1, "Resource ID: 1. The request limit for the database is 90 and has been reached."},
    {10929,
     20,
     1,
     "Resource ID: 1. The request minimum guarantee is 0, maximum limit is 90 and the current usage for the "
     "database is 90. However, the server is currently too busy to support requests greater than 0 for this "
     "database."},
    {10936, 16, 1, "Resource ID : 1. The request limit for the elastic pool is 200 and has been reached."},
    {17142,
     16,
     1,
     "SQL Server service has been paused. No new connections will be allowed. To resume the service, use SQL "
     "Computer Manager or the Services application in Control Panel."},
    {17187,
     16,
     1,
     "SQL Server is not ready to accept new client connections. Wait a few minutes before trying again. If "
     "you have access to the error log, look for the informational message that indicates that SQL Server is "
     "ready before trying to connect again."},
    {17188,
     16,
     1,
     "SQL Server cannot accept new connections, because it is shutting down. The connection has been closed."
    },
    {17189,
     16,
     1,
     "SQL Server failed with error code 0xc0000000 to spawn a thread to process a new login or connection. "
     "Check the SQL Server error log and the operating system error log for information about possible "
     "related problems."},
    {17191,
     16,
     1,
     "Cannot accept a new connection because the session has been terminated. This error occurs when a new "
     "batch execution or new login is attempted during an ongoing session termination."},
    {17197,
     16,
     1,
     "Login failed due to timeout; the connection has been closed. This error may indicate heavy server "
     "load. Reduce the load on the server and retry login."},
    {17802,
     20,
     1,
     "The Tabular Data Stream (TDS) version 0x74000004 of the client library used to open the connection is "
     "unsupported or unknown. The connection has been closed."},
    {17806,
     20,
     1,
     "SSPI handshake failed with error code 0x8009030c while establishing a connection with integrated "
     "security; the connection has been closed."},
    {17807,
     20,
     1,
     "Event 'Login', which was received from the client, is not recognized by SQL Server. Contact the vendor "
     "of the client application that is running SQL Server to resolve this issue."},
    {17809,
     20,
     1,
     "Could not connect because the maximum number of '32767' user connections has already been reached. The "
     "system administrator can use sp_configure to increase the maximum value. The connection has been "
     "closed."},
    {17810,
     20,
     1,
     "Could not connect because the maximum number of '1' dedicated administrator connections already "
     "exists. Before a new connection can be made, the existing dedicated administrator connection must be "
     "dropped, either by logging off or ending the process."},
    {17813,
     20,
     1,
     "The requested service has been stopped or disabled and is unavailable at this time. The connection has "
     "been closed."},
    {17828,
     20,
     1,
     "The prelogin packet used to open the connection is structurally invalid; the connection has been "
     "closed. Please contact the vendor of the client library."},
    {17830,
     20,
     1,
     "Network error code 0x2746 occurred while establishing a connection; the connection has been closed. "
     "This may have been caused by client or server login timeout expiration."},
    {17832,
     20,
     1,
     "The login packet used to open the connection is structurally invalid; the connection has been closed. "
     "Please contact the vendor of the client library."},
    {17835,
     20,
     1,
     "Encryption is required to connect to this server but the client library does not support encryption; "
     "the connection has been closed. Please upgrade your client library."},
    {17836,
     20,
     1,
     "Length specified in network packet payload did not match number of bytes read; the connection has been "
     "closed. Please contact the vendor of the client library."},
    {17886,
     20,
     1,
     "The server will drop the connection, because the client driver has sent multiple requests while the "
     "session is in single-user mode. This error occurs when a client sends a request to reset the "
     "connection while there are batches still running in the session, or when the client sends a request "
     "while the session is resetting a connection. Please contact the client driver vendor."},
    {17892, 14, 1, "Logon failed for login '{user}' due to trigger execution."},
    {18055,
     20,
     1,
     "Exception 10054, 20 occurred when the server tried to reset connection {spid}. Because the server "
     "cannot "
     "recover from the failure to reset the connection, the connection has been dropped. Please contact the "
     "vendor of the client library."},
    {18056,
     20,
     1,
     "The client was unable to reuse a session with SPID {spid}, which had been reset for connection "
     "pooling. "
     "The failure ID is 29. This error may have been caused by an earlier operation failing. Check the error "
     "logs for failed operations immediately before this error message."},
    {18061,
     20,
     1,
     "The client was unable to join a session with SPID {spid}. This error may have been caused by an "
     "earlier "
     "operation failing or a change in permissions since the session was established. Check the error logs "
     "for failed operations immediately before this error message."},
    {18401,
     14,
     1,
     "Login failed for user '{user}'. Reason: Server is in script upgrade mode. Only administrator can "
     "connect at this time."},
    {18451, 14, 1, "Login failed for user '{user}'. Only administrators may connect at this time."},
    {18452,
     14,
     1,
     "Login failed. The login is from an untrusted domain and cannot be used with Windows Authentication."},
    {18456, 14, 1, "Login failed for user '{user}'."},
    {18458,
     14,
     1,
     "Login failed. The number of simultaneous users already equals the 5 registered licenses for this "
     "server. To increase the maximum number of simultaneous users, obtain additional licenses and then "
     "register them through the Licensing item in Control Panel."},
    {18459,
     14,
     1,
     "Login failed. The workstation licensing limit for SQL Server access has already been reached."},
    {18460,
     14,
     1,
     "Login failed. The number of simultaneous users has already reached the limit of 5 licenses for this "
     "'{server}' server. Additional licenses should be obtained and installed or you should upgrade to a "
     "full version."},
    {18461,
     14,
     1,
     "Login failed for user '{user}'. Reason: Server is in single user mode. Only one administrator can "
     "connect at this time."},
    {18462,
     14,
     1,
     "The login failed for user \"{user}\". The password change failed. The password for the user is too "
     "recent to change."},
    {18463,
     14,
     1,
     "The login failed for user \"{user}\". The password change failed. The password cannot be used at this "
     "time."},
    {18464,
     14,
     1,
     "Login failed for user '{user}'. Reason: Password change failed. The password does not meet operating "
     "system policy requirements because it is too short."},
    {18465,
     14,
     1,
     "Login failed for user '{user}'. Reason: Password change failed. The password does not meet operating "
     "system policy requirements because it is too long."},
    {18466,
     14,
     1,
     "Login failed for user '{user}'. Reason: Password change failed. The password does not meet operating "
     "system policy requirements because it is not complex enough."},
    {18467,
     14,
     1,
     "The login failed for user \"{user}\". The password change failed. The password does not meet the "
     "requirements of the password filter DLL."},
    {18468,
     14,
     1,
     "The login failed for user \"{user}\". The password change failed. An unexpected error occurred during "
     "password validation."},
    {18470, 14, 1, "Login failed for user '{user}'. Reason: The account is disabled."},
    {18471,
     14,
     1,
     "The login failed for user \"{user}\". The password change failed. The user does not have permission to "
     "change the password."},
    {18486,
     14,
     1,
     "Login failed for user '{user}' because the account is currently locked out. The system administrator "
     "can unlock it."},
    {18487, 14, 1, "Login failed for user '{user}'. Reason: The password of the account has expired."},
    {18488, 14, 1, "Login failed for user '{user}'. Reason: The password of the account must be changed."},
    {40197,
     17,
     1,
     "The service has encountered an error processing your request. Please try again. Error code 40143."},
    {40501,
     20,
     1,
     "The service is currently busy. Retry the request after 10 seconds. Incident ID: "
     "7c1c0f0e-3a3f-4a7e-9d55-1f2f3a4b5c6d. Code: 2."},
    {40531,
     11,
     1,
     "Server name cannot be determined. It must appear as the first segment of the server's dns name "
     "(servername.database.windows.net). Some libraries do not send the server name, in which case the "
     "server name must be included as part of the user name (username@servername). In addition, if both "
     "formats are used, the server names must match."},
    {40532, 11, 1, "Cannot open server \"{server}\" requested by the login. The login failed."},
    {40544,
     20,
     1,
     "The database '{database}' has reached its size quota. Partition or delete data, drop indexes, or "
     "consult the documentation for possible resolutions."},
    {40549,
     16,
     1,
     "Session is terminated because you have a long running transaction. Try shortening your transaction."},
    {40550,
     16,
     1,
     "The session has been terminated because it has acquired too many locks. Try reading or modifying fewer "
     "rows in a single transaction."},
    {40551,
     16,
     1,
     "The session has been terminated because of excessive TEMPDB usage. Try modifying your query to reduce "
     "the temporary table space usage."},
    {40552,
     16,
     1,
     "The session has been terminated because of excessive transaction log space usage. Try modifying fewer "
     "rows in a single transaction."},
    {40553,
     16,
     1,
     "The session has been terminated because of excessive memory usage. Try modifying your query to process "
     "fewer rows."},
    {40608,
     10,
     1,
     "This session has been assigned a tracing ID of '7c1c0f0e-3a3f-4a7e-9d55-1f2f3a4b5c6d'. Provide this "
     "tracing ID to customer support when you need assistance."},
    {40613,
     17,
     1,
     "Database '{database}' on server '{server}' is not currently available. Please retry the connection "
     "later. If the problem persists, contact customer support, and provide them the session tracing ID of "
     "'7C1C0F0E-3A3F-4A7E-9D55-1F2F3A4B5C6D'."},
    {40615,
     16,
     1,
     "Cannot open server '{server}' requested by the login. Client with IP address '203.0.113.7' is not "
     "allowed to access the server. To enable access, use the Azure Management Portal or run "
     "sp_set_firewall_rule on the master database to create a firewall rule for this IP address or address "
     "range. It may take up to five minutes for this change to take effect."},
    {40635, 16, 1, "Client with IP address \"203.0.113.7\" is temporarily blocked."},
    {40914,
     16,
     1,
     "Cannot open server '{server}' requested by the login. Client is not allowed to access the server."},
    {42108,
     16,
     1,
     "Can not connect to the SQL pool since it is paused. Please resume the SQL pool and try again."},
    {42109, 16, 1, "The SQL pool is warming up. Please try again."},
    {47072,
     14,
     1,
     "Login failed for user '{user}'. Reason: Login failed due to client TLS version being less than minimal "
     "TLS version allowed by the server."},
    {49918,
     16,
     1,
     "Cannot process request. Not enough resources to process request. The service is currently busy. Please "
     "retry the request later."},
    {49919,
     16,
     1,
     "Cannot process create or update request. Too many create or update operations in progress for "
     "subscription \"00000000-0000-0000-0000-000000000000\"."},
    {49920,
     16,
     1,
     "Cannot process request. Too many operations in progress for subscription "
     "\"00000000-0000-0000-0000-000000000000\"."},
});

constexpr bool before(const catalogue_entry& left, const catalogue_entry& right) {
    return left.number < right.number;
}
static_assert(std::ranges::is_sorted(entries, before), "find_error searches by halving");

} // namespace

const catalogue_entry* find_error(std::int32_t number) noexcept {
    const auto it = std::ranges::lower_bound(entries, catalogue_entry{number, 0, 0, {}}, before);
    return it != entries.end() && it->number == number ? &*it : nullptr;
}

std::span<const catalogue_entry> all_errors() noexcept { return entries; }

} // namespace tdsfake::scenario
