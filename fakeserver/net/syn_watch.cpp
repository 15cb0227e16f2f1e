#include "net/syn_watch.hpp"

#include "net/raw_packet.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tdsfake::net {

namespace {

constexpr std::size_t most_known = 4096; // connects whose retransmits are recognised
constexpr std::size_t tcp_header = 20;

int raw_socket(bool v6) {
    return ::socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

} // namespace

std::int64_t kernel_time() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

bool syn_watch::permitted() {
    const int fd = raw_socket(false);
    if (fd < 0) return false;
    ::close(fd);
    return filters_permitted(); // without a filter it would take every packet for a SYN to this port
}

syn_watch::syn_watch(boost::asio::io_context& io, bool v6, std::uint16_t port, const need& why, on_syn seen)
    : raw_(io),
      v6_(v6),
      port_(port),
      seen_(std::move(seen)) {
    const int fd = raw_socket(v6);
    icmp_ = fd < 0 ? -1 : icmp_socket(v6);
    if (icmp_ < 0) {
        throw start_up_error(
            why.purpose + " needs CAP_NET_RAW (" + std::strerror(errno) +
            "): run as root or `setcap cap_net_raw+ep` the program, or " + why.instead
        );
    }
    if (!filters_permitted()) {
        throw start_up_error(
            why.purpose +
            " needs a socket filter, for which this kernel wants CAP_NET_ADMIN: run as root or "
            "`setcap cap_net_admin,cap_net_raw+ep` the program, or " +
            why.instead
        );
    }
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    watch_syns(fd, v6, port);
    // What came before the filter was in place is not ours.
    std::array<std::uint8_t, 256> discarded{};
    while (::recv(fd, discarded.data(), discarded.size(), 0) >= 0) {}
    if (v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    raw_.assign(fd);
    wait();
}

syn_watch::~syn_watch() { ::close(icmp_); }

void syn_watch::wait() {
    raw_.async_wait(raw_.wait_read, [this](const boost::system::error_code& failure) {
        if (failure) return;
        read_all();
        wait();
    });
}

void syn_watch::read_all() {
    for (;;) {
        std::array<std::uint8_t, 512> packet{};
        alignas(cmsghdr) std::array<std::uint8_t, 128> control{};
        sockaddr_storage from{};
        iovec data{packet.data(), packet.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto size = ::recvmsg(raw_.native_handle(), &message, 0);
        if (size < 0) return;

        std::size_t start = 0;
        syn connect;
        connect.from = endpoint::from(from);
        in6_addr destination{};
        for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
                in6_pktinfo info{};
                std::memcpy(&info, CMSG_DATA(c), sizeof info);
                destination = info.ipi6_addr;
            } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
                timespec stamp{};
                std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
                connect.arrived = stamp.tv_sec * std::int64_t{1'000'000'000} + stamp.tv_nsec;
            }
        }
        if (v6_) {
            sockaddr_in6 to{};
            to.sin6_family = AF_INET6;
            to.sin6_addr = destination;
            sockaddr_storage storage{};
            std::memcpy(&storage, &to, sizeof to);
            connect.to = endpoint::from(storage);
        } else {
            start = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
            sockaddr_in to{};
            to.sin_family = AF_INET;
            std::memcpy(&to.sin_addr, &packet[16], 4);
            sockaddr_storage storage{};
            std::memcpy(&storage, &to, sizeof to);
            connect.to = endpoint::from(storage);
        }
        if (static_cast<std::size_t>(size) < start + tcp_header) continue;
        connect.segment.assign(packet.begin() + static_cast<std::ptrdiff_t>(start), packet.begin() + size);
        connect.id = {u16(&connect.segment[0]), u32(&connect.segment[4])};
        connect.from.set_port(connect.id.source_port);
        connect.to.set_port(port_);
        if (readmitted(connect)) continue;
        connect.repeated = !first_time(connect);
        seen_(connect);
    }
}

bool syn_watch::first_time(const syn& s) {
    if (!known_.insert(s.id).second) return false;
    known_in_order_.push_back(s.id);
    if (known_in_order_.size() > most_known) {
        known_.erase(known_in_order_.front());
        readmitted_.erase(known_in_order_.front());
        known_in_order_.pop_front();
    }
    return true;
}

void syn_watch::refuse(const syn& connect) {
    std::vector<std::uint8_t> reset(tcp_header);
    put_u16(&reset[0], port_);
    put_u16(&reset[2], connect.id.source_port);
    put_u32(&reset[8], connect.id.sequence + 1); // acknowledges the SYN
    reset[12] = (tcp_header / 4) << 4;
    reset[13] = 0x14; // RST, ACK
    set_tcp_checksum(connect.to, connect.from, reset);
    send(raw_.native_handle(), connect.to, connect.from, std::move(reset));
}

void syn_watch::readmit(const syn& connect) {
    readmitted_.insert(connect.id);
    auto again = connect.segment;
    set_tcp_checksum(connect.from, connect.to, again);
    send(raw_.native_handle(), connect.from, connect.to, std::move(again));
}

void syn_watch::unreachable(const syn& connect, scenario::unreachable what) {
    send(icmp_, connect.to, connect.from, icmp_unreachable(connect.from, connect.to, connect.segment, what));
}

void syn_watch::send(int socket, const endpoint& from, const endpoint& to, std::vector<std::uint8_t> segment)
    const {
    auto target = to;
    target.set_port(0); // raw IPv6 sockets take a protocol there
    sockaddr_storage target_storage{};
    std::memcpy(&target_storage, target.data(), target.size());
    alignas(cmsghdr) std::array<std::uint8_t, 128> control{};
    iovec data{segment.data(), segment.size()};
    msghdr message{};
    message.msg_name = &target_storage;
    message.msg_namelen = target.size();
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    auto* const c = static_cast<cmsghdr*>(static_cast<void*>(control.data()));
    if (v6_) {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, from.address_bytes(), 16);
        c->cmsg_level = IPPROTO_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(c), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, from.address_bytes(), 4);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(c), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    }
    ::sendmsg(socket, &message, 0);
}

} // namespace tdsfake::net
