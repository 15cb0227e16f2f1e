// Statements of drivers, pools and ORMs that ask tables or procedures: a table of texts and their answers.
#include "core/text.hpp"
#include "scenario/pattern.hpp"
#include "session/empty_catalog.hpp"
#include "session/expressions.hpp"
#include "session/known_sql.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tdsfake::session {

namespace {

constexpr std::size_t longest_known = 16'384; // a longer text is nobody's start-up query

// Columns are "name type, name type"; rows are separated by `|`, values by `,`, and `null` is NULL. `$name`
// in a value is a word of server_values, asked for as an expression.
struct known_statement {
    std::string_view match; // a text, or a /regex/ for the normalised text
    std::string_view columns;
    std::string_view rows;
};

constexpr auto statements = std::to_array<known_statement>({
    // SQLAlchemy: isolation level, comments, schema, nvarchar(max)
    {"/^select name from sys\\.system_views where name in \\(n?'dm_exec_sessions'/",
     "name nvarchar(128) not null",
     "dm_exec_sessions"},
    {"/^select case transaction_isolation_level .* from (sys\\.)?dm_exec_sessions where session_id = "
     "@@spid$/",
     "TRANSACTION_ISOLATION_LEVEL varchar(16)",
     "READ COMMITTED"},
    {"/^select 1 from fn_listextendedproperty\\(/", "1 int not null", ""},
    // Isolation level and session, as poolers and health checks ask
    {"/^select (s\\.)?transaction_isolation_level from sys\\.dm_exec_sessions( s| as s)? where "
     "(s\\.)?session_id ?= ?@@spid$/",
     "transaction_isolation_level smallint not null",
     "2"},
    {"/^dbcc useroptions( with no_infomsgs)?$/",
     "Set Option nvarchar(128) not null, Value nvarchar(128)",
     "textsize,2147483647|language,us_english|dateformat,mdy|datefirst,7|lock_timeout,-1|quoted_identifier,"
     "SET|"
     "arithabort,SET|ansi_null_dflt_on,SET|ansi_warnings,SET|ansi_padding,SET|ansi_nulls,SET|"
     "concat_null_yields_null,SET|isolation level,read committed"},
    {"/^select encrypt_option from sys\\.dm_exec_connections where session_id ?= ?@@spid$/",
     "encrypt_option nvarchar(40) not null",
     "FALSE"},
    {"/^select (auth_scheme|net_transport) from sys\\.dm_exec_connections where session_id ?= ?@@spid$/",
     "auth_scheme nvarchar(40) not null",
     "SQL"},
    // Databases
    {"/^select (name|\\[name\\]) from (master\\.)?(sys\\.databases|\\.?sysdatabases|dbo\\.sysdatabases)( "
     "order by (name|1))?$/",
     "name nvarchar(128) not null",
     "master|tempdb|model|msdb"},
    {"/^select compatibility_level from sys\\.databases where (name ?= ?db_name\\(\\)|database_id ?= "
     "?db_id\\(\\))$/",
     "compatibility_level tinyint not null",
     "160"},
    {"/^select (collation_name|is_read_committed_snapshot_on|snapshot_isolation_state|state_desc) from "
     "sys\\.databases where /",
     "value nvarchar(128)",
     "null"},
    // Sequelize: the version
    {"/^declare @ms_ver nvarchar\\(20\\); set @ms_ver = reverse\\(convert\\(nvarchar\\(20\\), "
     "serverproperty\\('productversion'\\)\\)\\); "
     "select reverse\\(substring\\(@ms_ver, charindex\\('\\.', @ms_ver\\)\\+1, 20\\)\\) as 'version'$/",
     "version nvarchar(20)",
     "$version"},
    // jTDS, mssql-jdbc: is XA there, what is a statement's text size
    {"/^select count\\(\\*\\) from master\\.\\.sysobjects where /", " int", "0"},
});

struct known_procedure {
    std::string_view name;
    std::string_view columns;
    std::string_view rows;
};
constexpr std::string_view type_columns = "TYPE_NAME nvarchar(128) not null, DATA_TYPE smallint not null, "
                                          "PRECISION int, LITERAL_PREFIX varchar(32), "
                                          "LITERAL_SUFFIX varchar(32), CREATE_PARAMS varchar(32), NULLABLE "
                                          "smallint not null, CASE_SENSITIVE smallint not "
                                          "null, SEARCHABLE smallint not null, UNSIGNED_ATTRIBUTE smallint, "
                                          "MONEY smallint not null, AUTO_INCREMENT "
                                          "smallint, LOCAL_TYPE_NAME nvarchar(128), MINIMUM_SCALE smallint, "
                                          "MAXIMUM_SCALE smallint, SQL_DATA_TYPE smallint "
                                          "not null, SQL_DATETIME_SUB smallint, NUM_PREC_RADIX int, "
                                          "INTERVAL_PRECISION smallint, USERTYPE smallint not null";
constexpr std::string_view type_rows =
    "sql_variant,-150,8000,null,null,null,1,0,2,null,0,null,sql_variant,0,0,-150,null,10,null,0|"
    "datetimeoffset,-155,34,',',scale,1,0,3,null,0,null,datetimeoffset,0,7,-155,0,null,null,0|"
    "time,-154,16,',',scale,1,0,3,null,0,null,time,0,7,-154,0,null,null,0|"
    "xml,-152,0,N',',null,1,1,0,null,0,null,xml,null,null,-152,null,null,null,0|"
    "uniqueidentifier,-11,36,',',null,1,0,2,null,0,null,uniqueidentifier,null,null,-11,null,null,null,37|"
    "ntext,-10,1073741823,N',',null,1,0,1,null,0,null,ntext,null,null,-10,null,null,null,0|"
    "nvarchar,-9,4000,N',',max length,1,0,3,null,0,null,nvarchar,null,null,-9,null,null,null,0|"
    "sysname,-9,128,N',',null,0,0,3,null,0,null,sysname,null,null,-9,null,null,null,18|"
    "nchar,-8,4000,N',',length,1,0,3,null,0,null,nchar,null,null,-8,null,null,null,0|"
    "bit,-7,1,null,null,null,1,0,2,null,0,null,bit,0,0,-7,null,null,null,16|"
    "tinyint,-6,3,null,null,null,1,0,2,1,0,0,tinyint,0,0,-6,null,10,null,5|"
    "bigint,-5,19,null,null,null,1,0,2,0,0,0,bigint,0,0,-5,null,10,null,0|"
    "image,-4,2147483647,0x,null,null,1,0,0,null,0,null,image,null,null,-4,null,null,null,20|"
    "varbinary,-3,8000,0x,null,max length,1,0,2,null,0,null,varbinary,null,null,-3,null,null,null,4|"
    "binary,-2,8000,0x,null,length,1,0,2,null,0,null,binary,null,null,-2,null,null,null,3|"
    "timestamp,-2,8,0x,null,null,0,0,2,null,0,null,timestamp,null,null,-2,null,null,null,80|"
    "text,-1,2147483647,',',null,1,0,1,null,0,null,text,null,null,-1,null,null,null,19|"
    "char,1,8000,',',length,1,0,3,null,0,null,char,null,null,1,null,null,null,1|"
    "numeric,2,38,null,null,precision\\,scale,1,0,2,0,0,0,numeric,0,38,2,null,10,null,10|"
    "decimal,3,38,null,null,precision\\,scale,1,0,2,0,0,0,decimal,0,38,3,null,10,null,24|"
    "money,3,19,$,null,null,1,0,2,0,1,0,money,4,4,3,null,10,null,11|"
    "smallmoney,3,10,$,null,null,1,0,2,0,1,0,smallmoney,4,4,3,null,10,null,21|"
    "int,4,10,null,null,null,1,0,2,0,0,0,int,0,0,4,null,10,null,7|"
    "smallint,5,5,null,null,null,1,0,2,0,0,0,smallint,0,0,5,null,10,null,6|"
    "float,6,53,null,null,null,1,0,2,0,0,0,float,null,null,6,null,2,null,8|"
    "real,7,24,null,null,null,1,0,2,0,0,0,real,null,null,7,null,2,null,23|"
    "date,91,10,',',null,1,0,3,null,0,null,date,null,0,9,1,null,null,0|"
    "datetime2,93,27,',',scale,1,0,3,null,0,null,datetime2,0,7,9,3,null,null,0|"
    "datetime,93,23,',',null,1,0,3,null,0,null,datetime,3,3,9,3,null,null,12|"
    "smalldatetime,93,16,',',null,1,0,3,null,0,null,smalldatetime,0,0,9,3,null,null,22|"
    "varchar,12,8000,',',max length,1,0,3,null,0,null,varchar,null,null,12,null,null,null,2";
constexpr std::string_view table_columns = "TABLE_QUALIFIER nvarchar(128), TABLE_OWNER nvarchar(128), "
                                           "TABLE_NAME nvarchar(128), TABLE_TYPE varchar(32), "
                                           "REMARKS varchar(254)";
constexpr std::string_view column_columns =
    "TABLE_QUALIFIER nvarchar(128), TABLE_OWNER nvarchar(128), TABLE_NAME nvarchar(128) not null, "
    "COLUMN_NAME "
    "nvarchar(128), DATA_TYPE smallint not null, TYPE_NAME nvarchar(128) not null, PRECISION int, LENGTH "
    "int, SCALE "
    "smallint, RADIX smallint, NULLABLE smallint not null, REMARKS varchar(254), COLUMN_DEF nvarchar(4000), "
    "SQL_DATA_TYPE smallint not null, SQL_DATETIME_SUB smallint, CHAR_OCTET_LENGTH int, ORDINAL_POSITION int "
    "not "
    "null, IS_NULLABLE varchar(254), SS_DATA_TYPE tinyint";
constexpr std::string_view key_columns = "TABLE_QUALIFIER nvarchar(128), TABLE_OWNER nvarchar(128), "
                                         "TABLE_NAME nvarchar(128) not null, COLUMN_NAME "
                                         "nvarchar(128), KEY_SEQ smallint, PK_NAME nvarchar(128)";
constexpr auto procedures = std::to_array<known_procedure>({
    {"sp_datatype_info", type_columns, type_rows},
    {"sp_datatype_info_90", type_columns, type_rows},
    {"sp_datatype_info_100", type_columns, type_rows},
    {"sp_tables", table_columns, ""},
    {"sp_tables_rowset", table_columns, ""},
    {"sp_columns", column_columns, ""},
    {"sp_columns_90", column_columns, ""},
    {"sp_columns_100", column_columns, ""},
    {"sp_pkeys", key_columns, ""},
    {"sp_databases",
     "DATABASE_NAME nvarchar(128), DATABASE_SIZE int, REMARKS varchar(254)",
     "master,8192,null|tempdb,8192,null|model,8192,null|msdb,8192,null"},
    {"sp_reset_connection", "", ""},
    {"sp_who",
     "spid smallint not null, ecid smallint not null, status nchar(30), loginame nvarchar(128), hostname "
     "nchar(128), "
     "blk char(5), dbname nvarchar(128), cmd nvarchar(16), request_id int not null",
     ""},
});

// Separated by `by`; a backslash keeps one from separating.
std::vector<std::string> parted(std::string_view text, char by, bool keeps_escapes = false) {
    std::vector<std::string> out(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) {
            if (keeps_escapes) out.back() += '\\';
            out.back() += text[++i];
        } else if (text[i] == by) {
            out.emplace_back();
        } else {
            out.back() += text[i];
        }
    }
    return out;
}

tds::column column_of(std::string_view text) {
    while (text.starts_with(' ') && text.find(' ', 1) != std::string_view::npos)
        text.remove_prefix(1);
    tds::column out;
    if (text.ends_with(" not null")) {
        out.nullable = false;
        text.remove_suffix(std::string_view(" not null").size());
    }
    const auto blank = text.rfind(' ');
    out.name = std::string(text.substr(0, blank));
    std::string problem;
    out.type = tds::parse_type(text.substr(blank + 1), problem).value_or(out.type);
    return out;
}

// A comma inside the parentheses of a type would separate: the tables have none.
scenario::result_set result_of(
    std::string_view columns, std::string_view rows, const scenario::server& server, const state& session
) {
    scenario::result_set out;
    for (const auto& column : parted(columns, ','))
        out.columns.push_back(column_of(column));
    if (rows.empty()) return out;
    for (const auto& row : parted(rows, '|', true)) {
        auto& cells = out.rows.emplace_back();
        const auto values = parted(row, ',');
        for (std::size_t i = 0; i < out.columns.size(); ++i) {
            auto& cell = cells.emplace_back();
            if (i >= values.size() || values[i] == "null") continue;
            const auto& text = values[i];
            if (text == "$version") {
                const auto asked = evaluated(
                    "select cast(serverproperty('ProductVersion') as nvarchar(20))", server, session
                );
                if (asked && asked->front().rows.front().front().value) {
                    cell.value = asked->front().rows.front().front().value;
                    continue;
                }
            }
            cell.value = tds::cut_value(out.columns[i].type, text);
            if (!cell.value) cell.value = tds::parse_value(out.columns[i].type, text);
        }
    }
    return out;
}

// Made when a statement first needs them: a start pays nothing for them.
const std::vector<scenario::pattern>& patterns() {
    static const auto all = [] {
        std::vector<scenario::pattern> out;
        std::string problem;
        for (const auto& known : statements) {
            if (auto one = scenario::pattern::parse(known.match, problem)) out.push_back(std::move(*one));
        }
        return out;
    }();
    return all;
}

std::string_view without_semicolon(std::string_view text) {
    while (text.ends_with(';') || text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

// "exec sys.sp_tables_rowset @x" and "sp_datatype_info 0": the procedure's name.
std::string_view called_procedure(std::string_view normalised) {
    for (const std::string_view word : {"exec ", "execute "}) {
        if (normalised.starts_with(word)) normalised.remove_prefix(word.size());
    }
    return normalised.substr(0, normalised.find_first_of(" ;"));
}

} // namespace

std::optional<std::vector<scenario::result_set>>
built_in_results(std::string_view sql, const scenario::server& server, const state& session) {
    if (sql.empty() || sql.size() > longest_known) return std::nullopt;
    if (auto results = evaluated(sql, server, session)) return results;
    if (auto result = from_empty_catalog(sql)) return std::vector{std::move(*result)};
    const auto text = core::normalised(sql);
    const auto statement = without_semicolon(text);
    for (std::size_t i = 0; i < patterns().size(); ++i) {
        if (patterns()[i].matches(statement))
            return std::vector{result_of(statements[i].columns, statements[i].rows, server, session)};
    }
    const auto name = called_procedure(statement);
    if (name.find("sp_") == std::string_view::npos) return std::nullopt;
    return built_in_procedure(name, server, session);
}

std::optional<std::vector<scenario::result_set>>
built_in_procedure(std::string_view name, const scenario::server& server, const state& session) {
    const auto unqualified = name.substr(name.rfind('.') + 1); // npos + 1 is 0
    for (const auto& known : procedures) {
        if (!core::equals_ignoring_case(known.name, unqualified)) continue;
        if (known.columns.empty()) return std::vector<scenario::result_set>();
        return std::vector{result_of(known.columns, known.rows, server, session)};
    }
    return std::nullopt;
}

} // namespace tdsfake::session
