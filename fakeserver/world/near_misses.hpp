// What did not match, the nearest first: for messages that say what was seen instead of what was expected.
#pragma once

#include "world/event.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tdsfake::world {

// "connection 3 after 12.0ms (journal line 9): SELECT 1". `line` 0: none is known.
std::string
described(const peer& who, core::duration since_ready, std::uint64_t line, std::string_view sql = {});
// "12.0ms".
std::string milliseconds(core::duration d);
std::string joined(const std::vector<std::string>& parts, std::string_view between = "; ");

class near_misses {
public:
    // An event that did not match for these reasons. Of the same number of reasons the first is kept.
    void add(const std::vector<std::string>& reasons, std::string what);
    [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }
    // "; nearest: connection 2 after 1.0ms (journal line 9), user is `bob`; …"; nothing if there is none.
    [[nodiscard]] std::string told() const;

private:
    struct miss {
        std::size_t reasons = 0;
        std::string text;
    };
    std::vector<miss> kept_; // the best of them, in order
};

} // namespace tdsfake::world
