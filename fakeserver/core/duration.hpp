// Durations as the scenario language writes them: a number and a unit that is never left out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::core {

using duration = std::chrono::nanoseconds;
// A point in time as the distance from the start of the run; only `net` knows a clock.
using instant = std::chrono::nanoseconds;

// "250us", "900ms", "2s", "1.5s", "1m", "2h". Nothing on a missing or unknown unit, a sign or an overflow.
std::optional<duration> parse_duration(std::string_view text);

// The shortest of these forms that says the same: 900ms, 2s, 1.5s, 1m.
std::string format_duration(duration value);

} // namespace tdsfake::core
