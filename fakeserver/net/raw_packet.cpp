#include "net/raw_packet.hpp"

#include "net/filters.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <netinet/in.h>
#include <sys/socket.h>

namespace tdsfake::net {

namespace {

constexpr std::uint8_t hops = 64;

std::uint32_t sum_of(std::span<const std::uint8_t> data) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < data.size(); i += 2)
        sum += u16(&data[i]);
    if (data.size() % 2 != 0) sum += std::uint32_t{data.back()} << 8;
    return sum;
}

std::uint32_t folded(std::uint32_t sum) {
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

std::span<const std::uint8_t> address_of(const endpoint& e) { return {e.address_bytes(), e.address_size()}; }

// As the packet came: a raw IPv6 socket never shows it, so both are written anew.
std::vector<std::uint8_t> ip_header(const endpoint& from, const endpoint& to, std::size_t payload) {
    std::vector<std::uint8_t> header(from.v6() ? 40 : 20);
    std::size_t addresses = 8;
    if (from.v6()) {
        header[0] = 6 << 4;
        put_u16(&header[4], static_cast<std::uint32_t>(payload));
        header[6] = IPPROTO_TCP;
        header[7] = hops;
    } else {
        header[0] = 4 << 4 | 5;
        put_u16(&header[2], static_cast<std::uint32_t>(header.size() + payload));
        header[6] = 0x40; // do not fragment
        header[8] = hops;
        header[9] = IPPROTO_TCP;
        addresses = 12;
    }
    const auto sender = address_of(from);
    const auto receiver = address_of(to);
    const auto at = header.begin() + static_cast<std::ptrdiff_t>(addresses);
    std::ranges::copy(receiver, std::ranges::copy(sender, at).out);
    if (!from.v6()) put_u16(&header[10], folded(sum_of(header)));
    return header;
}

} // namespace

void set_tcp_checksum(const endpoint& from, const endpoint& to, std::vector<std::uint8_t>& segment) {
    put_u16(&segment[16], 0);
    const auto length = static_cast<std::uint32_t>(segment.size());
    put_u16(
        &segment[16],
        folded(IPPROTO_TCP + length + sum_of(address_of(from)) + sum_of(address_of(to)) + sum_of(segment))
    );
}

int icmp_socket(bool v6) {
    const int protocol = v6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
    const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (fd >= 0) drop_everything(fd);
    return fd;
}

std::vector<std::uint8_t> icmp_unreachable(
    const endpoint& from, const endpoint& to, std::vector<std::uint8_t> segment, scenario::unreachable what
) {
    // In the order of scenario::unreachable: host, net, port, admin-prohibited.
    constexpr std::array<std::uint8_t, 4> codes_v4{1, 0, 3, 13};
    constexpr std::array<std::uint8_t, 4> codes_v6{3, 0, 4, 1};
    const auto index = static_cast<std::size_t>(what);
    std::vector<std::uint8_t> message(8);
    message[0] = from.v6() ? 1 : 3; // destination unreachable
    message[1] = from.v6() ? codes_v6.at(index) : codes_v4.at(index);
    set_tcp_checksum(from, to, segment);
    const auto header = ip_header(from, to, segment.size());
    message.insert(message.end(), header.begin(), header.end());
    message.insert(message.end(), segment.begin(), segment.end());
    if (!from.v6()) put_u16(&message[2], folded(sum_of(message)));
    return message;
}

} // namespace tdsfake::net
