#include "session/server_values.hpp"

#include "core/text.hpp"

#include <array>

namespace tdsfake::session {

namespace {

// Values that depend on the server, the session or the login are named, all others stand for themselves.
enum class source : std::uint8_t {
    text,
    version_text,   // @@VERSION
    version,        // 16.0.4115.0
    version_number, // @@MICROSOFTVERSION
    major,
    server_name,
    instance,
    instance_name, // NULL for the default instance
    machine,
    database,
    login,
    host,
    app,
    spid,
    transactions,      // @@TRANCOUNT
    transaction_state, // XACT_STATE()
    level,             // RTM
    collation,
};

constexpr std::string_view usual_collation = "SQL_Latin1_General_CP1_CI_AS";
constexpr std::string_view some_time = "2024-01-02 03:04:05.000"; // a fake has no clock of its own

struct known_value {
    std::string_view name;
    std::string_view type;
    std::string_view text; // empty: NULL
    source from = source::text;
};

constexpr auto globals = std::to_array<known_value>({
    {"connections", "int", "1"},
    {"cpu_busy", "int", "1"},
    {"cursor_rows", "int", "0"},
    {"datefirst", "tinyint", "7"},
    {"error", "int", "0"},
    {"fetch_status", "int", "-1"},
    {"identity", "numeric(38,0)", ""},
    {"langid", "smallint", "0"},
    {"language", "nvarchar(128)", "us_english"},
    {"lock_timeout", "int", "-1"},
    {"max_connections", "int", "32767"},
    {"max_precision", "tinyint", "38"},
    {"microsoftversion", "int", "", source::version_number},
    {"nestlevel", "int", "0"},
    {"options", "int", "5496"},
    {"procid", "int", "0"},
    {"rowcount", "int", "0"},
    {"servername", "nvarchar(128)", "", source::server_name},
    {"servicename", "nvarchar(128)", "", source::instance},
    {"spid", "smallint", "", source::spid},
    {"textsize", "int", "2147483647"},
    {"trancount", "int", "", source::transactions},
    {"version", "nvarchar(300)", "", source::version_text},
});

constexpr auto functions = std::to_array<known_value>({
    {"app_name", "nvarchar(128)", "", source::app},
    {"current_timestamp", "datetime", some_time},
    {"current_user", "nvarchar(128)", "dbo"},
    {"db_id", "smallint", "5"},
    {"db_name", "nvarchar(128)", "", source::database},
    {"getdate", "datetime", some_time},
    {"getutcdate", "datetime", some_time},
    {"has_dbaccess", "int", "1"},
    {"host_id", "char(10)", "1"},
    {"host_name", "nvarchar(128)", "", source::host},
    {"is_member", "int", "1"},
    {"is_rolemember", "int", "1"},
    {"is_srvrolemember", "int", "1"},
    {"newid", "uniqueidentifier", "6F9619FF-8B86-D011-B42D-00C04FC964FF"},
    {"object_id", "int", ""},
    {"original_login", "nvarchar(128)", "", source::login},
    {"schema_name", "nvarchar(128)", "dbo"},
    {"scope_identity", "numeric(38,0)", ""},
    {"session_user", "nvarchar(128)", "dbo"},
    {"suser_name", "nvarchar(128)", "", source::login},
    {"suser_sname", "nvarchar(128)", "", source::login},
    {"sysdatetime", "datetime2(7)", "2024-01-02 03:04:05.0000000"},
    {"sysdatetimeoffset", "datetimeoffset(7)", "2024-01-02 03:04:05.0000000 +00:00"},
    {"system_user", "nvarchar(128)", "", source::login},
    {"sysutcdatetime", "datetime2(7)", "2024-01-02 03:04:05.0000000"},
    {"user", "nvarchar(128)", "dbo"},
    {"user_id", "int", "1"},
    {"user_name", "nvarchar(128)", "dbo"},
    {"xact_state", "smallint", "", source::transaction_state},
});

// SERVERPROPERTY and its like give SQL_VARIANT: the type is that of the value inside.
constexpr auto server_properties = std::to_array<known_value>({
    {"buildclrversion", "nvarchar(128)", "v4.0.30319"},
    {"collation", "nvarchar(128)", "", source::collation},
    {"collationid", "int", "872468488"},
    {"computernamephysicalnetbios", "nvarchar(128)", "", source::machine},
    {"edition", "nvarchar(128)", "Developer Edition (64-bit)"},
    {"editionid", "bigint", "-2117995310"},
    {"engineedition", "int", "3"},
    {"hadrmanagerstatus", "int", "2"},
    {"instancedefaultdatapath", "nvarchar(260)", "/var/opt/mssql/data/"},
    {"instancedefaultlogpath", "nvarchar(260)", "/var/opt/mssql/data/"},
    {"instancename", "nvarchar(128)", "", source::instance_name},
    {"isadvancedanalyticsinstalled", "int", "0"},
    {"isbigdatacluster", "int", "0"},
    {"isclustered", "int", "0"},
    {"isexternalauthenticationonly", "int", "0"},
    {"isfulltextinstalled", "int", "0"},
    {"ishadrenabled", "int", "0"},
    {"isintegratedsecurityonly", "int", "0"},
    {"islocaldb", "int", "0"},
    {"ispolybaseinstalled", "int", "0"},
    {"issingleuser", "int", "0"},
    {"isxtpsupported", "int", "1"},
    {"lcid", "int", "1033"},
    {"licensetype", "nvarchar(128)", "DISABLED"},
    {"machinename", "nvarchar(128)", "", source::machine},
    {"processid", "int", "42"},
    {"productbuild", "nvarchar(128)", "4115"},
    {"productlevel", "nvarchar(128)", "RTM"},
    {"productmajorversion", "nvarchar(128)", "", source::major},
    {"productminorversion", "nvarchar(128)", "0"},
    {"productupdatelevel", "nvarchar(128)", ""},
    {"productversion", "nvarchar(128)", "", source::version},
    {"resourceversion", "nvarchar(128)", "", source::version},
    {"servername", "nvarchar(128)", "", source::server_name},
    {"sqlcharset", "tinyint", "1"},
    {"sqlcharsetname", "nvarchar(128)", "iso_1"},
    {"sqlsortorder", "tinyint", "52"},
    {"sqlsortordername", "nvarchar(128)", "nocase_iso"},
});
constexpr auto database_properties = std::to_array<known_value>({
    {"collation", "nvarchar(128)", "", source::collation},
    {"edition", "nvarchar(128)", ""},
    {"isansinullsenabled", "int", "0"},
    {"isautoclose", "int", "0"},
    {"isinstandby", "int", "0"},
    {"recovery", "nvarchar(128)", "FULL"},
    {"serviceobjective", "nvarchar(128)", ""},
    {"status", "nvarchar(128)", "ONLINE"},
    {"updateability", "nvarchar(128)", "READ_WRITE"},
    {"useraccess", "nvarchar(128)", "MULTI_USER"},
    {"version", "int", "957"},
});
constexpr auto connection_properties = std::to_array<known_value>({
    {"auth_scheme", "nvarchar(40)", "SQL"},
    {"client_net_address", "varchar(48)", "127.0.0.1"},
    {"local_net_address", "varchar(48)", "127.0.0.1"},
    {"net_transport", "nvarchar(40)", "TCP"},
    {"physical_net_transport", "nvarchar(40)", "TCP"},
    {"protocol_type", "nvarchar(40)", "TSQL"},
});
constexpr auto session_properties = std::to_array<known_value>({
    {"ansi_nulls", "int", "1"},
    {"ansi_padding", "int", "1"},
    {"ansi_warnings", "int", "1"},
    {"arithabort", "int", "1"},
    {"concat_null_yields_null", "int", "1"},
    {"numeric_roundabort", "int", "0"},
    {"quoted_identifier", "int", "1"},
});

std::string dotted(const scenario::identity& identity) {
    const auto& v = identity.version;
    return std::to_string(v[0]) + "." + std::to_string(v[1]) + "." + std::to_string(v[2] * 256 + v[3]);
}

std::string_view year(unsigned major) {
    if (major >= 17) return "2025";
    if (major == 16) return "2022";
    if (major == 15) return "2019";
    if (major == 14) return "2017";
    if (major == 13) return "2016";
    if (major == 12) return "2014";
    if (major == 11) return "2012";
    return major == 10 ? "2008" : "2005";
}

std::optional<std::string>
text_of(const known_value& known, const scenario::server& server, const state& session) {
    const auto& identity = server.identity;
    const bool default_instance = core::equals_ignoring_case(identity.instance, "MSSQLSERVER");
    switch (known.from) {
    case source::text: break;
    case source::version_text:
        return "Microsoft SQL Server " + std::string(year(identity.version[0])) + " (tdsfake) - " +
               dotted(identity) + ".0";
    case source::version: return dotted(identity) + ".0";
    case source::version_number: {
        const auto& v = identity.version;
        return std::to_string((v[0] << 24) + (v[1] << 16) + v[2] * 256 + v[3]);
    }
    case source::major: return std::to_string(identity.version[0]);
    case source::server_name:
        return default_instance ? identity.name : identity.name + "\\" + identity.instance;
    case source::instance: return identity.instance;
    case source::instance_name:
        if (default_instance) return std::nullopt;
        return identity.instance;
    case source::machine: return identity.name;
    case source::database: return session.database;
    case source::login: return session.login.user_name;
    case source::host: return session.login.host_name;
    case source::app: return session.login.app_name;
    case source::spid: return std::to_string(session.spid);
    case source::transactions: return std::to_string(session.transaction.count);
    case source::transaction_state: return session.transaction.count > 0 ? "1" : "0";
    case source::level: return "RTM";
    case source::collation: return std::string(usual_collation);
    }
    if (known.text.empty()) return std::nullopt;
    return std::string(known.text);
}

sql_value typed(const known_value& known, const scenario::server& server, const state& session) {
    std::string problem;
    return {
        .type = tds::parse_type(known.type, problem).value_or(tds::sql_type{}),
        .text = text_of(known, server, session)
    };
}

const known_value* find(std::span<const known_value> table, std::string_view name) {
    for (const auto& known : table) {
        if (core::equals_ignoring_case(known.name, name)) return &known;
    }
    return nullptr;
}

// NULL for a property that does not exist, as SQL Server has it.
sql_value property(
    std::span<const known_value> table,
    const sql_value& name,
    const scenario::server& server,
    const state& session
) {
    sql_value out{.type = {.id = tds::type_id::sql_variant}};
    const auto* const known = find(table, name.text.value_or(""));
    if (known == nullptr) return out;
    if (auto text = text_of(*known, server, session)) out.text = std::string(known->type) + ": " + *text;
    return out;
}

} // namespace

std::optional<sql_value>
global_value(std::string_view name, const scenario::server& server, const state& session) {
    if (name.starts_with("@@")) name.remove_prefix(2);
    const auto* const known = find(globals, name);
    if (known == nullptr) return std::nullopt;
    auto out = typed(*known, server, session);
    out.nullable = known->name == "servername" || known->name == "identity";
    return out;
}

std::optional<sql_value> function_value(
    std::string_view name,
    const std::vector<sql_value>& arguments,
    const scenario::server& server,
    const state& session
) {
    const auto is = [&](std::string_view wanted, std::size_t count) {
        return core::equals_ignoring_case(name, wanted) && arguments.size() == count;
    };
    if (is("serverproperty", 1)) return property(server_properties, arguments[0], server, session);
    if (is("databasepropertyex", 2)) return property(database_properties, arguments[1], server, session);
    if (is("connectionproperty", 1)) return property(connection_properties, arguments[0], server, session);
    if (is("sessionproperty", 1)) return property(session_properties, arguments[0], server, session);
    if (is("isnull", 2) || is("coalesce", 2)) {
        auto out = arguments[0];
        if (!out.text) out.text = arguments[1].text;
        if (!arguments[0].text && out.type.id == tds::type_id::int_) out.type = arguments[1].type;
        return out;
    }
    const auto* const known = find(functions, name);
    if (known == nullptr) return std::nullopt;
    return typed(*known, server, session);
}

} // namespace tdsfake::session
