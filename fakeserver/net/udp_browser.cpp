#include "net/udp_browser.hpp"

#include "net/listener.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace tdsfake::net {

using scenario::gate_mode;

namespace {

constexpr std::size_t largest_datagram = std::size_t{64} << 10;
constexpr int most_at_once = 64; // then others have their turn

int udp_socket(const endpoint& address) {
    const int fd = ::socket(address.v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        throw start_up_error("cannot make a socket for " + address.to_string() + ": " + std::strerror(errno));
    const int on = 1;
    if (address.v6()) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    // On a wildcard the answer has to leave from the address that was asked.
    ::setsockopt(
        fd,
        address.v6() ? IPPROTO_IPV6 : IPPROTO_IP,
        address.v6() ? IPV6_RECVPKTINFO : IP_PKTINFO,
        &on,
        sizeof on
    );
    if (::bind(fd, address.data(), address.size()) == 0) return fd;
    const int failure = errno;
    ::close(fd);
    auto text = "the Browser cannot listen on " + address.to_string() + ": ";
    if (failure == EADDRINUSE) {
        const auto holder = holder_of(address, transport::udp);
        text += "UDP port " + std::to_string(address.port()) + " is in use" +
                (holder.empty() ? "" : " by " + holder) +
                "; listen on another address of 127.0.0.0/8, leave the port out for a free one, or end that "
                "process";
    } else if (failure == EACCES) {
        text += "ports below 1024 need privileges; use a higher one";
    } else if (failure == EADDRNOTAVAIL) {
        text += "this machine has no such address";
    } else {
        text += std::strerror(failure);
    }
    throw start_up_error(text);
}

endpoint local_address(int fd) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd, static_cast<sockaddr*>(static_cast<void*>(&bound)), &size);
    return endpoint::from(bound);
}

// All of them by number: a socket that was bound to port 0 loses its port when it is no longer connected.
// Those without a port share a free one; somebody else may get it in between, hence the tries.
std::vector<int> bind_all(std::vector<endpoint>& addresses) {
    constexpr int tries = 50;
    for (int attempt = 1;; ++attempt) {
        auto wanted = addresses;
        std::uint16_t learnt = 0;
        for (auto& address : wanted) {
            if (address.port() != 0) continue;
            if (learnt == 0) {
                const int probe = udp_socket(address);
                learnt = local_address(probe).port();
                ::close(probe);
            }
            address.set_port(learnt);
        }
        std::vector<int> bound;
        try {
            for (const auto& address : wanted)
                bound.push_back(udp_socket(address));
            addresses = std::move(wanted);
            return bound;
        } catch (const start_up_error&) {
            for (const int fd : bound)
                ::close(fd);
            if (learnt == 0 || attempt == tries) throw;
        }
    }
}

bool refuses(const scenario::gate& gate) {
    return std::ranges::any_of(gate, [](const auto& phase) { return phase.mode == gate_mode::refuse; });
}

// A wildcard socket that is connected becomes one of a single address: the others would be anybody's.
void check_refusals(
    const scenario::browser& browser, const scenario::listen_address& at, const endpoint& address
) {
    if (!address.wildcard()) return;
    bool any = refuses(at.gate ? *at.gate : browser.gate);
    for (const auto& fault : browser.faults) {
        for (const auto& step : fault.steps) {
            const auto* gate = std::get_if<scenario::gate_step>(&step.what);
            any = any || (gate != nullptr && refuses(gate->phases));
        }
    }
    if (!any) return;
    throw start_up_error(
        "the Browser cannot refuse on " + address.host() +
        ": the port would not stay reserved on every address; name the addresses, such as 127.0.0.1, or use "
        "`drop`"
    );
}

// The local address of a datagram that was received.
endpoint asked_address(msghdr& message, const endpoint& otherwise) {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        sockaddr_storage storage{};
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr = info.ipi_spec_dst;
            address.sin_port = htons(otherwise.port());
            std::memcpy(&storage, &address, sizeof address);
            return endpoint::from(storage);
        }
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(header), sizeof info);
            sockaddr_in6 address{};
            address.sin6_family = AF_INET6;
            address.sin6_addr = info.ipi6_addr;
            address.sin6_port = htons(otherwise.port());
            std::memcpy(&storage, &address, sizeof address);
            return endpoint::from(storage);
        }
    }
    return otherwise;
}

constexpr std::size_t control_size = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo));

} // namespace

struct udp_browser::socket {
    socket(boost::asio::io_context& io, int fd, const endpoint& at, std::size_t gate_number)
        : descriptor(io, fd),
          address(at),
          gate(gate_number) {}

    boost::asio::posix::stream_descriptor descriptor;
    endpoint address;
    std::size_t gate;
    bool refusing = false;
};

udp_browser::udp_browser(
    boost::asio::io_context& io,
    world::world& world,
    const clock& time,
    timer_queue& timers,
    std::vector<session::known_instance> instances,
    std::function<void()> after_input
)
    : world_(world),
      clock_(time),
      timers_(timers),
      browser_(world, std::move(instances)),
      after_input_(std::move(after_input)),
      buffer_(largest_datagram) {
    const auto& browser = *world.scenario().browser;
    std::vector<endpoint> wanted;
    for (const auto& at : browser.listen) {
        const auto parsed = endpoint::parse(at.address, at.port);
        if (!parsed)
            throw start_up_error("cannot listen on \"" + at.address + "\": not an IPv4 or IPv6 address");
        check_refusals(browser, at, *parsed);
        wanted.push_back(*parsed);
    }
    const auto bound = bind_all(wanted);
    std::size_t own_gates = 0;
    for (std::size_t i = 0; i < bound.size(); ++i) {
        const auto gate = browser.listen[i].gate ? ++own_gates : 0;
        sockets_.push_back(std::make_unique<socket>(io, bound[i], wanted[i], gate));
    }
}

udp_browser::~udp_browser() = default;

std::vector<endpoint> udp_browser::addresses() const {
    std::vector<endpoint> all;
    for (const auto& s : sockets_)
        all.push_back(s->address);
    return all;
}

void udp_browser::start() {
    for (auto& s : sockets_)
        wait(*s);
}

void udp_browser::execute_gate(std::size_t gate) {
    const auto mode = world_.gate_of(world_.scenario().browser_index(), gate).mode();
    for (auto& s : sockets_) {
        const bool refuse = mode == gate_mode::refuse;
        if (s->gate != gate || s->refusing == refuse) continue;
        const int fd = s->descriptor.native_handle();
        sockaddr nobody{};
        nobody.sa_family = AF_UNSPEC;
        const int failed = refuse ? ::connect(fd, s->address.data(), s->address.size())
                                  : ::connect(fd, &nobody, sizeof nobody);
        if (failed != 0) {
            notice(
                "the gate of the Browser's address " + s->address.to_string() +
                " does not turn: " + std::strerror(errno)
            );
            continue;
        }
        s->refusing = refuse;
    }
}

void udp_browser::timer_expired(std::uint32_t timer) {
    session::browser_actions actions;
    browser_.timer_expired(timer, clock_.now(), actions);
    carry_out(actions);
    after_input_();
}

void udp_browser::woken(const std::string& signal) {
    session::browser_actions actions;
    browser_.woken(signal, clock_.now(), actions);
    carry_out(actions);
}

void udp_browser::wait(socket& s) {
    s.descriptor.async_wait(s.descriptor.wait_read, [this, &s](const boost::system::error_code& failure) {
        if (failure) return;
        read(s);
        wait(s);
    });
}

void udp_browser::read(socket& s) {
    for (int i = 0; i < most_at_once; ++i) {
        sockaddr_storage from{};
        alignas(cmsghdr) std::array<std::uint8_t, control_size> control{};
        iovec data{buffer_.data(), buffer_.size()};
        msghdr message{};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto size = ::recvmsg(s.descriptor.native_handle(), &message, 0);
        if (size < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) return;
            continue; // an ICMP error about an answer of before; reading it takes it away
        }
        const auto now = clock_.now();
        const auto peer = endpoint::from(from);
        const auto lookup = ++last_;
        paths_.insert_or_assign(lookup, return_path{&s, peer, asked_address(message, s.address)});
        session::browser_actions actions;
        browser_.received(
            lookup,
            s.gate,
            peer.to_string(),
            core::byte_view(buffer_).first(static_cast<std::size_t>(size)),
            now,
            actions
        );
        carry_out(actions);
        after_input_();
    }
}

void udp_browser::carry_out(const session::browser_actions& actions) {
    using kind = session::browser_action::kind;
    for (const auto& action : actions) {
        switch (action.what) {
        case kind::send:
            if (const auto path = paths_.find(action.lookup); path != paths_.end())
                send(action.lookup, path->second, action.data);
            break;
        case kind::start_timer: timers_.start(world::browser_id, action.lookup, action.at); break;
        case kind::done: paths_.erase(action.lookup); break;
        }
    }
}

void udp_browser::send(session::lookup_id lookup, const return_path& path, core::byte_view data) {
    alignas(cmsghdr) std::array<std::uint8_t, control_size> control{};
    core::bytes copy(data.begin(), data.end()); // sendmsg wants it writable
    iovec part{copy.data(), copy.size()};
    endpoint to = path.peer;
    msghdr message{};
    message.msg_name = const_cast<sockaddr*>(to.data()); // NOLINT: not written to
    message.msg_namelen = to.size();
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (path.through->address.wildcard()) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        auto* header = CMSG_FIRSTHDR(&message);
        if (path.asked.v6()) {
            in6_pktinfo info{};
            std::memcpy(&info.ipi6_addr, path.asked.address_bytes(), sizeof info.ipi6_addr);
            header->cmsg_level = IPPROTO_IPV6;
            header->cmsg_type = IPV6_PKTINFO;
            header->cmsg_len = CMSG_LEN(sizeof info);
            std::memcpy(CMSG_DATA(header), &info, sizeof info);
            message.msg_controllen = CMSG_SPACE(sizeof info);
        } else {
            in_pktinfo info{};
            std::memcpy(&info.ipi_spec_dst, path.asked.address_bytes(), sizeof info.ipi_spec_dst);
            header->cmsg_level = IPPROTO_IP;
            header->cmsg_type = IP_PKTINFO;
            header->cmsg_len = CMSG_LEN(sizeof info);
            std::memcpy(CMSG_DATA(header), &info, sizeof info);
            message.msg_controllen = CMSG_SPACE(sizeof info);
        }
    }
    // An ICMP error about an earlier answer is told here, too, and takes the place of sending.
    const int fd = path.through->descriptor.native_handle();
    const auto sent = [&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL) >= 0; };
    if (sent() || (errno == ECONNREFUSED && sent())) return;
    notice(
        "the answer to lookup " + std::to_string(lookup) + " of " + std::to_string(data.size()) +
        " bytes could not be sent: " + std::strerror(errno)
    );
}

void udp_browser::notice(std::string text) {
    world_.log().add(
        {.what = journal::kind::notice,
         .at = clock_.now(),
         .server = world_.scenario().browser_index(),
         .fields = {{"text", std::move(text)}}}
    );
}

} // namespace tdsfake::net
