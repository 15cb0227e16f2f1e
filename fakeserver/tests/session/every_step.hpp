// Treatments that every conversation gets: cut off by its client after each step, ended by the world after
// each step, and heard byte by byte.
#pragma once

#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {

struct replay {
    const scenario::scenario& scenario;
    std::shared_ptr<const scenario::scenario> owner;
    options opts;
    const std::vector<input>& script;
    bool handles_client_close = false; // what follows a FIN is the scenario's affair
};

// The client's bytes one at a time: the same bytes and endings come back.
void same_byte_by_byte(const replay& of, rig& whole);

// FIN, and RST, of the client after each step: the connection ends, nothing is done on it afterwards, and the
// journal has exactly one `closed`.
void fails_at_every_step(const replay& of);

// `reset: all` from the world after each step: likewise, and by the server.
void cancelled_at_every_step(const replay& of);

} // namespace tdsfake::session::testing
