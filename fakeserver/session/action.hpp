// What a session wants of the socket: the only way bytes, time and endings leave it. `net` carries actions
// out in order; what takes time there (a full send buffer, an acknowledgement awaited) does not block the
// session.
#pragma once

#include "core/bytes.hpp"
#include "core/duration.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tdsfake::session {

// How bytes are to leave.
struct way {
    bool own_segment = false;      // they start and end a TCP segment
    std::uint32_t record_size = 0; // of TLS, bytes of content; 0: as usual
};

struct action {
    enum class kind : std::uint8_t {
        send,        // data; `own_segment`: it starts and ends a TCP segment
        start_timer, // timer_expired(timer) is due at `at`
        stop_timer,
        close,      // FIN once the client has acknowledged what was sent (5 s at most); later bytes meet RST
        half_close, // FIN likewise, and go on reading
        reset,      // RST likewise
        vanish,     // likewise, then nothing is sent or acknowledged, until it heals
        stop_reading, // once what is before it was sent; until it heals
    };
    kind what = kind::send;
    bool own_segment = false;
    std::uint32_t timer = 0;
    core::instant at{};
    core::bytes data;
    std::optional<core::duration> heals_after;
};
using actions = std::vector<action>;

} // namespace tdsfake::session
