// The inside of an engine. For .cpp files of this floor only.
#pragma once

#include "tls/engine.hpp"
#include "tls/forged_record.hpp"
#include "tls/openssl.hpp"

namespace tdsfake::tls {

struct engine_state {
    const context_settings* settings = nullptr;
    owned<SSL> ssl;
    core::bytes in; // ciphertext received
    std::size_t in_read = 0;
    core::bytes out; // ciphertext to be sent
    core::bytes plain;
    std::vector<std::size_t> record_sizes; // of what was in it
    std::unique_ptr<client_hello> hello;
    std::optional<alert> client_alert;
    std::unique_ptr<sent_records> sent; // what a forged alert has to follow
    std::string error;
    flight last_flight = flight::none;
    bool established = false;
    bool closed = false;
};

} // namespace tdsfake::tls
