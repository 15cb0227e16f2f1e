// What the world wants done, addressed to connections and gates; `net` carries it out after each input.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace tdsfake::world {

// Unique over all servers of a run.
using connection_id = std::uint64_t;

// What the SQL Server Browser holds for and times is its own, for all its datagrams together.
inline constexpr connection_id browser_id = std::numeric_limits<connection_id>::max();

struct effect {
    enum class kind : std::uint8_t {
        gate_changed,   // look at world::gate_of(server, gate) and execute its mode
        end_connection, // end it as `how` says
        wake,           // a signal that a list of this connection holds for is up
    };
    kind what = kind::wake;
    std::uint32_t server = 0;
    std::size_t gate = 0;
    connection_id connection = 0;
    scenario::ending how = scenario::ending::close;
    std::optional<core::duration> heals_after;
    bool close_notify = true;
    std::string signal;
};

} // namespace tdsfake::world
