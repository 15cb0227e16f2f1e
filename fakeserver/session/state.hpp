// What a connection knows of its session once LOGIN7 was read.
#pragma once

#include "session/authentication.hpp"
#include "tds/login7.hpp"
#include "tds/packet.hpp"
#include "tds/prelogin.hpp"
#include "tds/request.hpp"
#include "tds/tokens/login_tokens.hpp"
#include "tds/types/type_writer.hpp"
#include "tds/version.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::session {

// What sp_prepare and sp_prepexec leave for sp_execute.
struct prepared_statement {
    std::string sql;
    std::string declaration; // of its parameters
};

// The transaction that is open, if one is.
struct open_transaction {
    std::uint64_t descriptor = 0; // 0: none
    std::uint32_t count = 0;      // @@TRANCOUNT
    std::string name;
    std::vector<std::string> savepoints;
};

struct state {
    tds::tds_version version = tds::tds_version::v7_4; // agreed: the lower of both
    tds::login7 login;
    authentication auth;
    std::string database;
    std::string first_database;       // which a reset goes back to
    std::uint32_t packet_size = 4096; // granted; in force from the message after the login answer
    std::uint16_t spid = 0;
    std::uint64_t last_transaction = 0;
    open_transaction transaction;
    bool implicit = false;                               // SET IMPLICIT_TRANSACTIONS ON
    std::uint64_t connection = 0;                        // number on its server, from 1
    bool json = false;                                   // the JSON type was acknowledged
    std::map<std::int32_t, prepared_statement> prepared; // by handle
    std::int32_t last_handle = 0;
    std::size_t prepared_bytes = 0;

    [[nodiscard]] tds::dialect dialect() const noexcept { return {.version = version, .json = json}; }
};

// One message of the client, as far as its answer depends on it.
struct request {
    std::uint8_t type = 0;   // tds::packet_type
    std::uint8_t status = 0; // of the packet
    std::string sql;         // of a batch, or of the first call; that of sp_execute is the one prepared
    std::string procedure;   // of the first call
    std::string_view flag;   // of SMP, as `when` has it; static text
    std::vector<tds::rpc_call> calls;
    std::optional<tds::bulk_load> bulk;
    std::size_t bytes = 0;          // of the message
    std::uint64_t journal_line = 0; // the event of its reading
    tds::transaction_manager_request transaction;
    std::optional<std::uint64_t> descriptor; // of the transaction it belongs to; of batches and RPCs
    tds::prelogin prelogin;
    std::optional<tds::route> route; // where the login answer is to send the client
    core::bytes flight;              // of TLS: our next one, as it is to be sent
    std::uint64_t number = 0;        // of the messages of its conversation
    bool partial = false;            // it is on its way

    [[nodiscard]] bool is_rpc() const noexcept {
        return type == static_cast<std::uint8_t>(tds::packet_type::rpc);
    }
};

} // namespace tdsfake::session
