// Shapes: how the bytes of a sending step leave (scenarios/README.md, "Shapes").
#pragma once

#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "tds/tokens/scripted.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tdsfake::scenario {

// Where something stands in the file, counted from 1.
struct location {
    int line = 0;
    int column = 0;
};

// `1s..3s` is drawn from the seed when it is used; a plain duration has least == most.
struct duration_range {
    core::duration least{};
    core::duration most{};
};

// Offsets count TDS bytes of the answer as it leaves, packet headers included, before TLS.
struct position {
    enum class base : std::uint8_t { start, end, token };
    base from = base::start;
    std::string token;         // "done", "row", … when from == token
    std::uint32_t ordinal = 1; // "row.10" is 10
    std::int64_t delta = 0;    // "row.10+2" is 2, "-1" is -1 from the end
    location where;
};

// `without: [loginack, row.3]`.
struct left_out_token {
    std::string token;
    std::uint32_t ordinal = 0; // 0: all of that name
};
// `insert: {done: [{info: hello}]}`.
struct insertion {
    position before;
    std::vector<tds::scripted_token> tokens;
};
// `overwrite: {6: ff}`.
struct overwriting {
    position from;
    core::bytes data;
};
struct segment_item : std::variant<position, duration_range> {
    using variant::variant;
};

// In the order in which they take effect. All empty: as usual.
struct shapes {
    std::vector<left_out_token> without;
    std::vector<insertion> insert;
    std::uint32_t packet_size = 0; // 0: as negotiated
    std::vector<position> packets; // a TDS packet ends at each
    bool ends_message = true;      // `eom: no`: the last packet says that more is to come
    std::vector<overwriting> overwrite;
    std::optional<position> cut;        // nothing from there on
    std::vector<segment_item> segments; // TCP segments end at the positions; times pause
    std::uint64_t pace_bytes = 0;       // 0: no pace
    duration_range pace_every;
    std::uint32_t record_size = 0; // of TLS, bytes of content; 0: as usual
    std::uint64_t repeat = 1;      // times, in all

    [[nodiscard]] bool of_tokens() const noexcept { return !without.empty() || !insert.empty(); }
    [[nodiscard]] bool of_packets() const noexcept {
        return packet_size != 0 || !packets.empty() || !ends_message;
    }
    [[nodiscard]] bool of_segments() const noexcept { return !segments.empty() || pace_bytes > 0; }
    [[nodiscard]] bool empty() const noexcept {
        return !of_tokens() && !of_packets() && overwrite.empty() && !cut && !of_segments() &&
               record_size == 0 && repeat == 1;
    }
};

} // namespace tdsfake::scenario
