// What a client sends once it is logged in: SQL batch, RPC, bulk load, transaction manager requests.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/types/tvp.hpp"
#include "tds/types/type_info.hpp"
#include "tds/version.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::tds {

// ALL_HEADERS (MS-TDS 2.2.5.3), TDS 7.2 and later.
struct all_headers {
    bool tells_transaction = false;
    std::uint64_t transaction_descriptor = 0; // of the open one, 0: none is
    std::uint32_t outstanding_requests = 0;
    std::size_t size = 0; // bytes they take at the front of the payload; 0 before 7.2
};
// Headers of unknown kinds are skipped; a total or a header length that leads outside is bad_length.
core::result<all_headers> parse_all_headers(core::byte_view payload, tds_version version);

struct sql_batch {
    all_headers headers;
    std::string sql;
};
core::result<sql_batch> parse_sql_batch(core::byte_view payload, tds_version version);
core::bytes encode_sql_batch(const sql_batch& message, tds_version version);

// A parameter of an RPC (MS-TDS 2.2.6.6).
struct rpc_parameter {
    std::string name; // "@id"; empty: by position
    bool output = false;
    bool is_default = false; // the procedure's default value is asked for
    type_info type;
    tds::datum value;
    std::optional<tvp> table; // instead of type and value
};
// "@id int = 5", "@name nvarchar(30) = N'ann' output"; long values are cut and their length told.
std::string describe(const rpc_parameter& parameter);

// A parameter that ends the reading: its type cannot be read past.
struct unreadable_parameter {
    std::size_t position = 0; // from 1
    std::string name;
    std::uint8_t type_number = 0;
};

// One call of an RPC message.
struct rpc_call {
    std::string procedure;          // by name, or the name of a well-known id: "sp_executesql"
    std::uint16_t procedure_id = 0; // 0: called by name
    std::uint16_t flags = 0;        // 1 recompile, 2 no metadata, 4 reuse metadata
    std::vector<rpc_parameter> parameters;
    std::optional<unreadable_parameter> unreadable;
    std::string sql;         // the statement of sp_executesql, sp_prepare, sp_prepexec …, empty otherwise
    std::string declaration; // of the statement's parameters: "@a int, @b nvarchar(30)"
    bool executes = true;    // false: NoExec, metadata only
};
// An RPC message: the first call, and those behind it.
struct rpc_request : rpc_call {
    all_headers headers;
    std::vector<rpc_call> more;
};
core::result<rpc_request> parse_rpc(core::byte_view payload, tds_version version);

// Which of the calls a server knows by name is meant: "sys.sp_executesql" and "master..SP_EXECUTESQL" are
// sp_executesql. Empty for others.
std::string_view well_known_procedure(std::string_view name) noexcept;

// What a bulk load message holds (MS-TDS 2.2.6.1).
struct bulk_column {
    std::string name;
    type_info type;
};
struct bulk_load {
    std::vector<bulk_column> columns;
    std::uint64_t rows = 0;
};
core::result<bulk_load> parse_bulk_load(core::byte_view payload, tds_version version);

// MS-TDS 2.2.6.9.
enum class transaction_request : std::uint16_t {
    get_dtc_address = 0,
    propagate = 1,
    begin = 5,
    promote = 6,
    commit = 7,
    rollback = 8,
    save = 9,
};
struct transaction_manager_request {
    all_headers headers;
    std::uint16_t kind = 0;
    std::uint8_t isolation = 0;
    std::string transaction_name;
    bool begins_new = false; // commit or rollback that starts the next transaction
    std::string next_name;   // of that one
};
core::result<transaction_manager_request>
parse_transaction_manager(core::byte_view payload, tds_version version);

} // namespace tdsfake::tds
