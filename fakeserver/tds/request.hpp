// What a client sends once it is logged in: SQL batch, RPC (as far as its SQL), transaction manager requests.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/version.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::tds {

// ALL_HEADERS (MS-TDS 2.2.5.3), TDS 7.2 and later.
struct all_headers {
    std::uint64_t transaction_descriptor = 0;
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

// The first request of an RPC message.
struct rpc_request {
    all_headers headers;
    std::string procedure;          // by name, or the name of a well-known id: "sp_executesql"
    std::uint16_t procedure_id = 0; // 0: called by name
    std::uint16_t flags = 0;
    std::string sql; // the statement of sp_executesql, sp_prepare, sp_prepexec …, empty otherwise
};
core::result<rpc_request> parse_rpc(core::byte_view payload, tds_version version);

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
};
core::result<transaction_manager_request>
parse_transaction_manager(core::byte_view payload, tds_version version);

} // namespace tdsfake::tds
