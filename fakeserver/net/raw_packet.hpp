// What raw sockets send: TCP segments and ICMP messages, byte by byte.
#pragma once

#include "net/endpoint.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <vector>

namespace tdsfake::net {

inline std::uint16_t u16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }
inline std::uint32_t u32(const std::uint8_t* at) { return std::uint32_t{u16(at)} << 16 | u16(at + 2); }
inline void put_u16(std::uint8_t* at, std::uint32_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}
inline void put_u32(std::uint8_t* at, std::uint32_t value) {
    put_u16(at, value >> 16);
    put_u16(at + 2, value & 0xffff);
}

// Over pseudo header and segment (RFC 9293, 3.1).
void set_tcp_checksum(const endpoint& from, const endpoint& to, std::vector<std::uint8_t>& segment);

// A raw socket that ICMP messages leave from and nothing is read from; -1 and errno without CAP_NET_RAW.
int icmp_socket(bool v6);

// "Destination unreachable" about a segment of this connect (RFC 792, RFC 4443, 3.1). The checksum of ICMPv6
// is the kernel's to add.
std::vector<std::uint8_t> icmp_unreachable(
    const endpoint& from, const endpoint& to, std::vector<std::uint8_t> segment, scenario::unreachable what
);

} // namespace tdsfake::net
