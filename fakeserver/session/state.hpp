// What a connection knows of its session once LOGIN7 was read.
#pragma once

#include "session/authentication.hpp"
#include "tds/login7.hpp"
#include "tds/prelogin.hpp"
#include "tds/request.hpp"
#include "tds/tokens/login_tokens.hpp"
#include "tds/version.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tdsfake::session {

struct state {
    tds::tds_version version = tds::tds_version::v7_4; // agreed: the lower of both
    tds::login7 login;
    authentication auth;
    std::string database;
    std::uint32_t packet_size = 4096; // granted; in force from the message after the login answer
    std::uint16_t spid = 0;
    std::uint64_t last_transaction = 0;
    std::uint64_t transaction = 0; // descriptor of the open one, 0: none
};

// One message of the client, as far as its answer depends on it.
struct request {
    std::uint8_t type = 0;   // tds::packet_type
    std::uint8_t status = 0; // of the packet
    std::string sql;
    std::string procedure;
    tds::transaction_manager_request transaction;
    tds::prelogin prelogin;
    std::optional<tds::route> route; // where the login answer is to send the client
    core::bytes flight;              // of TLS: our next one, as it is to be sent
};

} // namespace tdsfake::session
