// SMP, which carries several TDS sessions over one connection: MARS (MC-SMP 2.2).
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tdsfake::tds {

enum class smp_flag : std::uint8_t { syn = 0x01, ack = 0x02, fin = 0x04, data = 0x08 };
// "SYN", "ACK", "FIN", "DATA".
std::string_view name(smp_flag flag) noexcept;

inline constexpr std::uint8_t smp_id = 0x53;
// What each side may send before it hears of a window.
inline constexpr std::uint32_t smp_initial_window = 4;

//  0    1      2..3  4..7     8..11   12..15
//  53   FLAGS  SID   LENGTH   SEQNUM  WNDW      little-endian; LENGTH counts the header
struct smp_header {
    static constexpr std::size_t size = 16;

    smp_flag flag = smp_flag::data;
    std::uint16_t session = 0;
    std::uint32_t length = size;
    std::uint32_t sequence = 0;                // of the last DATA of this side; DATA counts from 1
    std::uint32_t window = smp_initial_window; // the highest SEQNUM that the other side may send
};

// From the first 16 bytes; shorter input is `truncated`. bad_value: another first byte, no flag or several;
// bad_length: less than a header, or more than one where there is no data.
core::result<smp_header> parse_smp_header(core::byte_view data) noexcept;
// Appends the packet; its LENGTH is derived, unless another one is claimed.
void encode_smp(
    core::bytes& out,
    const smp_header& header,
    core::byte_view data = {},
    std::optional<std::uint32_t> length = std::nullopt
);

} // namespace tdsfake::tds
