// How an answer's bytes leave: packets, then the shapes of the step that sends it.
#pragma once

#include "core/bytes.hpp"
#include "scenario/model.hpp"
#include "tds/packet.hpp"
#include "tds/tokens/token_writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tdsfake::session {

// Bytes for the wire, with the token borders as wire offsets (packet headers counted).
struct wire_bytes {
    core::bytes data;
    std::vector<tds::token_mark> marks;
};
// `more` follows `front` in one answer.
void append(tds::answer& front, tds::answer&& more);

wire_bytes to_packets(tds::answer&& answer, std::size_t packet_size, std::uint16_t spid);

// What is sent at once; after `pause`, if there is one.
struct piece {
    core::bytes data;
    std::optional<scenario::duration_range> pause;
    bool own_segment = false;
    bool beneath = false; // beneath TLS: it is TLS itself
};

// Cuts, splits and paces. A position that these bytes do not have is told in `problems` and left out.
std::vector<piece>
shaped(wire_bytes&& wire, const scenario::shapes& shape, std::vector<std::string>& problems);

} // namespace tdsfake::session
