#include "net/filters.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tdsfake::net {

namespace {

constexpr std::uint32_t everything = 0xffffffff;
// 4096 instructions at most, five for each SYN listed.
constexpr std::size_t most_listed = 800;

sock_filter statement(unsigned code, std::uint32_t value) {
    return {static_cast<std::uint16_t>(code), 0, 0, value};
}
sock_filter jump(unsigned code, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
    return {
        static_cast<std::uint16_t>(code),
        static_cast<std::uint8_t>(if_true),
        static_cast<std::uint8_t>(if_false),
        value
    };
}

bool attach(int socket, std::vector<sock_filter> program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

// The start of a filter: what is no SYN passes.
std::vector<sock_filter> for_syns() {
    return {
        statement(BPF_LD | BPF_B | BPF_ABS, 13), // flags
        statement(BPF_ALU | BPF_AND | BPF_K, 0x12),
        jump(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 1, 0),
        statement(BPF_RET | BPF_K, everything),
    };
}

// A SYN in the list: `listed`; any other SYN: `otherwise`.
void attach_syn_filter(
    int socket, std::span<const syn_id> list, std::uint32_t listed, std::uint32_t otherwise
) {
    list = list.last(std::min(list.size(), most_listed)); // the newest
    auto program = for_syns();
    for (const auto& syn : list) {
        program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, 4)); // sequence number
        program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, syn.sequence, 0, 3));
        program.push_back(statement(BPF_LD | BPF_H | BPF_ABS, 0)); // source port
        program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, syn.source_port, 0, 1));
        program.push_back(statement(BPF_RET | BPF_K, listed));
    }
    program.push_back(statement(BPF_RET | BPF_K, otherwise));
    attach(socket, std::move(program));
}

} // namespace

bool filters_permitted() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool refused = fd >= 0 && !attach(fd, {statement(BPF_RET | BPF_K, everything)}) && errno == EPERM;
    ::close(fd);
    return !refused;
}

void drop_syns_except(int listener, std::span<const syn_id> admitted) {
    attach_syn_filter(listener, admitted, everything, 0);
}

void drop_only_syns(int listener, std::span<const syn_id> dropped) {
    attach_syn_filter(listener, dropped, 0, everything);
}

void drop_syns_except_from(int listener, std::span<const std::uint16_t> ports) {
    auto program = for_syns();
    program.push_back(statement(BPF_LD | BPF_H | BPF_ABS, 0)); // source port
    for (const auto port : ports) {
        program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1));
        program.push_back(statement(BPF_RET | BPF_K, everything));
    }
    program.push_back(statement(BPF_RET | BPF_K, 0));
    attach(listener, std::move(program));
}

void drop_everything(int socket) { attach(socket, {statement(BPF_RET | BPF_K, 0)}); }

void remove_filter(int socket) {
    const int ignored = 0;
    ::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
}

void watch_syns(int raw_socket, bool v6, std::uint16_t port) {
    // A raw IPv4 socket sees the IP header first, a raw IPv6 socket does not.
    std::vector<sock_filter> program;
    program.push_back(v6 ? statement(BPF_LDX | BPF_W | BPF_IMM, 0) : statement(BPF_LDX | BPF_B | BPF_MSH, 0));
    program.push_back(statement(BPF_LD | BPF_H | BPF_IND, 2)); // destination port
    program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 4));
    program.push_back(statement(BPF_LD | BPF_B | BPF_IND, 13));
    program.push_back(statement(BPF_ALU | BPF_AND | BPF_K, 0x12));
    program.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1));
    program.push_back(statement(BPF_RET | BPF_K, everything));
    program.push_back(statement(BPF_RET | BPF_K, 0));
    attach(raw_socket, std::move(program));
}

} // namespace tdsfake::net
