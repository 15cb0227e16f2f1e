#include "net/listener.hpp"

#include "net/socket_option.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tdsfake::net {

namespace {

constexpr int backlog = 4096;
constexpr std::size_t most_remembered = 800;

int bound_socket(const endpoint& address) {
    const int fd = ::socket(address.v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        throw start_up_error("cannot make a socket for " + address.to_string() + ": " + std::strerror(errno));
    if (address.v6()) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); // accepted sockets inherit it
    if (::bind(fd, address.data(), address.size()) == 0) return fd;
    const int failure = errno;
    ::close(fd);
    auto text = "cannot listen on " + address.to_string() + ": ";
    if (failure == EADDRINUSE) {
        const auto holder = holder_of(address);
        text += "port " + std::to_string(address.port()) + " is in use" +
                (holder.empty() ? "" : " by " + holder) +
                "; leave the port out for a free one, or end that process";
    } else if (failure == EACCES) {
        text += "ports below 1024 need privileges; use a higher one";
    } else if (failure == EADDRNOTAVAIL) {
        text += "this machine has no such address";
    } else {
        text += std::strerror(failure);
    }
    throw start_up_error(text);
}

} // namespace

listener::listener(boost::asio::io_context& io, const endpoint& address)
    : descriptor_(io, bound_socket(address)),
      address_(address) {
    // Nobody may take the port between here and start(): strangers can bind beside a REUSEADDR socket until
    // one of both listens.
    drop_syns_except(descriptor_.native_handle(), {});
    if (!listen()) {
        throw start_up_error(
            "cannot listen on " + address_.to_string() + ": port " + std::to_string(address_.port()) +
            " is in use"
        );
    }
    mode_ = mode::guarded;
}

listener::~listener() = default;

void listener::start(mode initial, on_accept accept, on_notice notice) {
    accept_ = std::move(accept);
    notice_ = std::move(notice);
    if (change(initial)) (void)settle(); // nobody was let in yet
    wait();
}

bool listener::listen() {
    const int fd = descriptor_.native_handle();
    // While REUSEADDR is on and nobody listens, a stranger could bind beside us: first without.
    const bool listening = ::listen(fd, backlog) == 0;
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (listening || errno != EADDRINUSE) return listening;
    return ::listen(fd, backlog) ==
           0; // connections of before are still open: it takes REUSEADDR to listen beside them
}

bool listener::change(mode to) {
    if (to == mode_ && !settling_) return false;
    const bool was_shut = mode_ == mode::shut && !settling_;
    let_in_.clear();
    if (!filling_.empty()) {
        // SYNs are ignored until the queue is as long as it was.
        mode_ = mode::guarded;
        apply_filter();
        filling_.close_sockets();
        accept_all();
        filling_.forget();
        (void)::listen(descriptor_.native_handle(), backlog);
    }
    if (to == mode::shut) {
        // SYNs are ignored first, so that the accept queue can be emptied before it is thrown away.
        mode_ = mode::shut;
        apply_filter();
        accept_all();
        settling_ = true;
        return true;
    }
    settling_ = to == mode::full;
    mode_ = to;
    apply_filter();
    deaf_ = was_shut && !listen();
    if (deaf_ && notice_) {
        notice_(
            "cannot listen again on " + address_.to_string() + " (" + std::strerror(errno) + "): trying on"
        );
    }
    wait();
    return deaf_ || settling_;
}

bool listener::settle() {
    if (deaf_ && mode_ != mode::shut) {
        deaf_ = !listen();
        if (!deaf_) wait();
        return deaf_ || settling_;
    }
    if (!settling_) return false;
    accept_all();
    settling_ = false;
    boost::system::error_code ignored;
    ignored = descriptor_.cancel(ignored);
    waiting_ = false;
    if (mode_ == mode::full) {
        fill();
    } else {
        shut();
    }
    return false;
}

void listener::shut() {
    // In this order, or a stranger's bind gets in between: without REUSEADDR on both sides it fails.
    set_option(descriptor_.native_handle(), SOL_SOCKET, SO_REUSEADDR, 0);
    ::shutdown(descriptor_.native_handle(), SHUT_RDWR);
    remove_filter(descriptor_.native_handle());
    admitted_.clear();
}

void listener::fill() {
    admitted_.clear();
    const auto failure = filling_.fill(descriptor_.native_handle(), address_);
    if (failure.empty()) return;
    drop_syns_except(descriptor_.native_handle(), {});
    notice_(
        "the accept queue of " + address_.to_string() + " could not be filled (" + failure +
        "): a filter ignores connects instead"
    );
}

void listener::admit(const syn_id& syn) {
    admitted_.push_back(syn);
    if (admitted_.size() > most_remembered) admitted_.pop_front();
    apply_filter();
}

void listener::drop_for_good(const syn_id& syn) {
    dropped_.push_back(syn);
    if (dropped_.size() > most_remembered) dropped_.pop_front();
    if (mode_ == mode::open) apply_filter();
}

bool listener::dropped_for_good(const syn_id& syn) const {
    return std::ranges::find(dropped_, syn) != dropped_.end();
}

bool listener::has_let_in(const endpoint& peer) {
    accept_all();
    return std::ranges::any_of(let_in_, [&](const endpoint& known) {
        return known.port() == peer.port() && known.same_address(peer);
    });
}

void listener::apply_filter() {
    const int fd = descriptor_.native_handle();
    if (mode_ != mode::open) { // those admitted last may be on their way still
        const std::vector<syn_id> list(admitted_.begin(), admitted_.end());
        drop_syns_except(fd, list);
    } else if (!dropped_.empty()) {
        const std::vector<syn_id> list(dropped_.begin(), dropped_.end());
        drop_only_syns(fd, list);
    } else {
        remove_filter(fd);
    }
}

void listener::wait() {
    if (waiting_ || starved_ || ((mode_ == mode::shut || mode_ == mode::full) && !settling_)) return;
    waiting_ = true;
    descriptor_.async_wait(descriptor_.wait_read, [this](const boost::system::error_code& failure) {
        if (failure) return;
        waiting_ = false;
        accept_all();
        wait();
    });
}

void listener::accept_all() {
    if (!accept_ || (mode_ == mode::full && !settling_)) return;
    for (;;) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const int fd = ::accept4(
            descriptor_.native_handle(),
            static_cast<sockaddr*>(static_cast<void*>(&from)),
            &size,
            SOCK_NONBLOCK | SOCK_CLOEXEC
        );
        if (fd >= 0) {
            const auto peer = endpoint::from(from);
            if (own(peer)) {
                ::close(fd);
                continue;
            }
            if (mode_ != mode::open && let_in_.size() < most_remembered) let_in_.push_back(peer);
            accept_(*this, {fd, peer});
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // Waiting for readiness would spin: the queue stays readable. A freed descriptor resumes.
            starved_ = true;
            if (!std::exchange(told_, true)) {
                rlimit limit{};
                ::getrlimit(RLIMIT_NOFILE, &limit);
                notice_(
                    "out of file descriptors (limit " + std::to_string(limit.rlim_cur) +
                    "): further connects wait until a connection ends; raise the limit with `ulimit -n`"
                );
            }
        }
        return;
    }
}

void listener::resume() {
    if (!std::exchange(starved_, false)) return;
    accept_all();
    wait();
}

std::vector<std::unique_ptr<listener>>
bind_all(boost::asio::io_context& io, const std::vector<endpoint>& addresses) {
    // A socket bound to port 0 loses its port when it listens again, hence: learn a free one, then bind it by
    // number. Somebody else may get it in between, so this is tried a few times.
    constexpr int tries = 50;
    for (int attempt = 1;; ++attempt) {
        auto wanted = addresses;
        std::uint16_t learnt = 0;
        for (auto& address : wanted) {
            if (address.port() != 0) continue;
            if (learnt == 0) {
                const int probe = bound_socket(address);
                sockaddr_storage bound{};
                socklen_t size = sizeof bound;
                ::getsockname(probe, static_cast<sockaddr*>(static_cast<void*>(&bound)), &size);
                learnt = endpoint::from(bound).port();
                ::close(probe);
            }
            address.set_port(learnt);
        }
        try {
            std::vector<std::unique_ptr<listener>> result;
            for (const auto& address : wanted)
                result.push_back(std::make_unique<listener>(io, address));
            return result;
        } catch (const start_up_error&) {
            if (learnt == 0 || attempt == tries) throw;
        }
    }
}

} // namespace tdsfake::net
