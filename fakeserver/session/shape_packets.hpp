// The shapes `packet-size`, `packets` and `eom`: where TDS packets end, and whether the last one ends the
// message.
#pragma once

#include "core/bytes.hpp"
#include "scenario/shapes.hpp"
#include "session/places.hpp"
#include "tds/packet.hpp"
#include "tds/tokens/token_writer.hpp"

#include <string>
#include <vector>

namespace tdsfake::session {

// Bytes for the wire, with the token borders as wire offsets (packet headers counted).
struct wire_bytes {
    core::bytes data;
    std::vector<tds::token_mark> marks; // from the first byte of the answer on
};

class packet_shaper {
public:
    packet_shaper(
        const scenario::shapes& shape, tds::packet_type type, std::size_t packet_size, std::uint16_t spid
    );

    // The packets that the next tokens of the answer fill; `last`: that was all.
    wire_bytes shaped(tds::answer&& tokens, bool last, std::vector<std::string>& problems);

private:
    [[nodiscard]] std::size_t end_of_packet(std::vector<std::string>& problems);
    void emit(std::size_t size, bool last, wire_bytes& out);

    const scenario::shapes& shape_;
    tds::packet_type type_;
    std::uint16_t spid_;
    std::size_t room_;
    places borders_; // tokens and the end: in the payload; bytes: on the wire
    std::size_t next_border_ = 0;
    std::uint64_t payload_at_ = 0; // of the packet that comes next
    std::uint64_t wire_at_ = 0;
    std::uint64_t behind_ = 0; // payload offsets up to here have been seen
    std::uint8_t next_id_ = 1;
    core::bytes rest_;
    std::vector<tds::token_mark> marks_; // of rest_; offsets of the payload
    std::size_t sent_ = 0;               // bytes of rest_
    std::size_t told_ = 0;               // of marks_
};

} // namespace tdsfake::session
