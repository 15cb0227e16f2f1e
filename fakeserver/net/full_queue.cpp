#include "net/full_queue.hpp"

#include "net/filters.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tdsfake::net {

namespace {

// A queue of this length holds one more; a length of 0 would call every SYN a flood and answer with cookies.
constexpr int shortest = 1;
constexpr std::size_t fillers = shortest + 1;
constexpr int patience = 1000; // ms at most, of a connect that takes microseconds

// The listening socket's own word: what waits in its queue.
std::size_t waiting_in(int listener) {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_unacked;
}

std::uint16_t port_of(int socket) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(socket, static_cast<sockaddr*>(static_cast<void*>(&bound)), &size);
    return endpoint::from(bound).port();
}

// A connect that is not under way yet, or -1.
int filler_from(endpoint from) {
    const int fd = ::socket(from.v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    // RST at the end: no port of ours is left in TIME_WAIT.
    const linger reset{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    from.set_port(0);
    if (::bind(fd, from.data(), from.size()) == 0) return fd;
    const int failure = errno;
    ::close(fd);
    errno = failure;
    return -1;
}

bool connected(int fd, const endpoint& to) {
    if (::connect(fd, to.data(), to.size()) == 0) return true;
    if (errno != EINPROGRESS) return false;
    pollfd wait{.fd = fd, .events = POLLOUT, .revents = 0};
    ::poll(&wait, 1, patience);
    socklen_t size = sizeof errno;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &size);
    if (errno == 0 && wait.revents == 0) errno = ETIMEDOUT;
    return errno == 0;
}

} // namespace

bool full_queue::own(const endpoint& peer) const noexcept {
    return std::ranges::find(ports_, peer.port()) != ports_.end() && peer.same_address(address_);
}

std::string full_queue::fill(int listener, const endpoint& address) {
    address_ = address;
    if (address.wildcard()) {
        address_ = endpoint::parse(address.v6() ? "::1" : "127.0.0.1", address.port()).value_or(address);
    }
    for (std::size_t i = 0; i < fillers; ++i) {
        const int fd = filler_from(address_);
        if (fd < 0) return std::strerror(errno);
        sockets_.push_back(fd);
        ports_.push_back(port_of(fd));
    }
    // Nobody else gets in before them.
    drop_syns_except_from(listener, ports_);
    if (::listen(listener, shortest) != 0) return std::strerror(errno);
    for (const int fd : sockets_) {
        if (waiting_in(listener) >= fillers) break; // somebody's last ACK came late: the queue is theirs, too
        if (!connected(fd, address_)) return std::strerror(errno);
    }
    // What this end calls connected is in the queue once the kernel has read its ACK.
    for (int tries = 0; waiting_in(listener) < fillers; ++tries) {
        if (tries == patience) return "the kernel did not queue our own connects";
        ::poll(nullptr, 0, 1);
    }
    remove_filter(listener);
    return {};
}

void full_queue::close_sockets() noexcept {
    for (const int fd : sockets_)
        ::close(fd);
    sockets_.clear();
}

} // namespace tdsfake::net
