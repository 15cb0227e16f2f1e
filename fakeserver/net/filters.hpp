// Classic BPF programs that make the kernel ignore what a scenario wants ignored.
#pragma once

#include <cstdint>
#include <span>

namespace tdsfake::net {

// Whether this process may attach them: some kernels want CAP_NET_ADMIN for it.
bool filters_permitted();

// One connect: its source port and initial sequence number.
struct syn_id {
    std::uint16_t source_port = 0;
    std::uint32_t sequence = 0;
    auto operator<=>(const syn_id&) const = default;
};

// On a listener: every SYN is dropped except those listed; all other segments pass, so that clients half-way
// through a handshake get in. The filter sees the segment from its TCP header on.
void drop_syns_except(int listener, std::span<const syn_id> admitted);
// On a listener: only the listed SYNs (and their retransmits) are dropped.
void drop_only_syns(int listener, std::span<const syn_id> dropped);
// On a listener: every SYN is dropped except those from these ports.
void drop_syns_except_from(int listener, std::span<const std::uint16_t> ports);
// On a connection: nothing gets in any more, so nothing is acknowledged. On a raw socket that only sends:
// nothing waits to be read.
void drop_everything(int socket);
void remove_filter(int socket);

// On a raw TCP socket: only SYNs to this port come through.
void watch_syns(int raw_socket, bool v6, std::uint16_t port);

} // namespace tdsfake::net
