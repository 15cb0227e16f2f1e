// The bare writer: answers PRELOGIN and LOGIN7 with something that looks like an answer, and whatever comes
// third with `--bytes` in packets of 4 KiB, a write() each: what a server has to do at least to stream a
// result.
#include "common.hpp"

#include <fcntl.h>

namespace {

void send_all(int fd, const std::uint8_t* data, std::size_t size) {
    while (size > 0) {
        const auto sent = ::send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0) return; // the client has gone
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
}

void stream(int fd, std::int64_t bytes) {
    std::array<std::uint8_t, 4096> packet{0x04, 0x00, 0x10, 0x00, 0x00, 0x33, 0x01, 0x00};
    for (; bytes > 0; bytes -= static_cast<std::int64_t>(packet.size())) {
        if (bytes <= static_cast<std::int64_t>(packet.size())) packet[1] = 0x01;
        send_all(fd, packet.data(), packet.size());
    }
}

} // namespace

int main(int argc, char** argv) {
    const bench::options given(argc - 1, argv + 1, {{"bytes", ""}});
    const auto bytes = given.number("bytes");
    const int listener = bench::listen_and_announce();
    ::fcntl(listener, F_SETFL, 0); // blocking: one connection after the other
    for (;;) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) bench::die_errno("accept4");
        std::array<std::uint8_t, 4096> buffer;
        for (int message = 1; ::recv(fd, buffer.data(), buffer.size(), 0) > 0; ++message) {
            if (message < 3) {
                send_all(fd, bench::prelogin_answer.data(), bench::prelogin_answer.size());
            } else {
                stream(fd, bytes);
            }
        }
        ::close(fd);
    }
}
