// The bytes of SMP as a client writes and reads them (MC-SMP 2.2), by hand.
#pragma once

#include "core/hex.hpp"
#include "tests/session/conversation.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace tdsfake::session::testing {

enum flag : std::uint8_t { syn = 1, ack = 2, fin = 4, data = 8 };

inline core::bytes
smp(std::uint8_t what,
    std::uint16_t session,
    std::uint32_t sequence,
    std::uint32_t window,
    const core::bytes& payload = {}) {
    core::byte_writer out;
    out.u8(0x53);
    out.u8(what);
    out.u16_le(session);
    out.u32_le(16 + payload.size());
    out.u32_le(sequence);
    out.u32_le(window);
    out.append(payload);
    return out.take();
}

// PRELOGIN with MARS asked for: its last byte.
inline core::bytes prelogin_with_mars() {
    auto message = prelogin();
    message.back() = 1;
    return message;
}

struct smp_packet {
    std::uint8_t what = 0;
    std::uint16_t session = 0;
    std::uint32_t sequence = 0;
    std::uint32_t window = 0;
    core::bytes payload;
};

// Takes the packets of SMP that came, by hand.
inline std::vector<smp_packet> taken(conversation& c) {
    std::vector<smp_packet> out;
    auto& unread = c.me().unread;
    core::byte_reader reader(unread);
    while (reader.ok() && reader.remaining() > 0) {
        EXPECT_EQ(reader.u8(), 0x53);
        auto& p = out.emplace_back();
        p.what = reader.u8();
        p.session = reader.u16_le();
        const auto length = reader.u32_le();
        p.sequence = reader.u32_le();
        p.window = reader.u32_le();
        const auto payload = reader.take(length - 16);
        p.payload.assign(payload.begin(), payload.end());
    }
    EXPECT_TRUE(reader.ok()) << core::hexdump(unread);
    unread.clear();
    return out;
}

// The tokens of one session: its data without the headers of SMP and of packets.
inline core::bytes data_of(const std::vector<smp_packet>& all, std::uint16_t session) {
    core::bytes out;
    for (const auto& p : all) {
        if (p.session != session || p.what != data) continue;
        EXPECT_GE(p.payload.size(), 8U);
        out.insert(out.end(), p.payload.begin() + 8, p.payload.end());
    }
    return out;
}

// Logged in, with MARS agreed.
inline conversation& with_mars(conversation& c, std::uint32_t packet_size = 4096) {
    c.connects().peer_sends(prelogin_with_mars()).expect_prelogin();
    EXPECT_EQ(c.last_prelogin().mars(), 1);
    return c.peer_sends(login({.packet_size = packet_size})).expect_logged_in();
}

inline bool ends_with_result_of_one(const core::bytes& answer) {
    const auto row = hex("d1 01 00 00 00");
    return std::ranges::search(answer, row).begin() != answer.end();
}

inline constexpr std::string_view done_with_error = "fd 02 00 00 00 00 00 00 00 00 00 00 00";
inline constexpr std::string_view done_attention = "fd 20 00 00 00 00 00 00 00 00 00 00 00";

inline bool ends_with(const core::bytes& answer, std::string_view tail) {
    const auto wanted = hex(tail);
    return answer.size() >= wanted.size() && std::equal(wanted.rbegin(), wanted.rend(), answer.rbegin());
}

} // namespace tdsfake::session::testing
