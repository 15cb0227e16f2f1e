// The bare epoll responder: the least that a server can do for a connect and a PRELOGIN. Accept, read, write
// a fixed answer, read until FIN, close. No decoding, no state, no journal: tdsfake's cost is given as a
// ratio of this one's.
//
//   bench_responder [--silent 1]     1: never answers
//
// Level triggered with one read per event: edge triggered would need a further read per event, just to see
// EAGAIN.
#include "common.hpp"

#include <sys/epoll.h>

namespace {

// False when the peer is gone.
bool serve(int fd, bool silent) {
    std::array<std::uint8_t, 512> buffer;
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got > 0)
        return silent ||
               ::send(fd, bench::prelogin_answer.data(), bench::prelogin_answer.size(), MSG_NOSIGNAL) > 0;
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

void accept_one(int epoll, int listener) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return;
        bench::die_errno("accept4");
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) bench::die_errno("epoll_ctl");
}

} // namespace

int main(int argc, char** argv) {
    const bench::options given(argc - 1, argv + 1, {{"silent", "0"}});
    const bool silent = given.number("silent") != 0;
    bench::raise_descriptor_limit(12'000);
    const int listener = bench::listen_and_announce();
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) bench::die_errno("epoll_create1");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = listener;
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) bench::die_errno("epoll_ctl");

    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener)
                accept_one(epoll, listener);
            else if (!serve(fd, silent))
                ::close(fd); // close() takes it out of the epoll set
        }
    }
}
