// Many connections that sent their PRELOGIN and hold still, for the memory of stalled connections and the
// exits. Speaks with the driver in lines: prints HELD, answers each `count` with how many are still open and
// unanswered, ends with standard input.
#include "load.hpp"

#include <iostream>
#include <vector>

#include <poll.h>

namespace bench {
namespace {

// Open and nothing received: no FIN, no RST, no answer.
std::size_t still_stalled(std::vector<pollfd>& held) {
    if (::poll(held.data(), held.size(), 0) < 0) die_errno("poll");
    std::size_t quiet = 0;
    for (const auto& one : held)
        quiet += one.revents == 0 ? 1 : 0;
    return quiet;
}

} // namespace

void run_hold(const options& given) {
    const auto count = given.number("count");
    raise_descriptor_limit(static_cast<rlim_t>(count) + 64);
    const auto server = loopback(server_host, static_cast<std::uint16_t>(given.number("port")));
    std::vector<pollfd> held;
    held.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        // A blocking connect: when the server falls behind and its accept queue fills up, this waits, nothing
        // is lost.
        const int fd = client_socket(source_host(i, given.number("sources")), 0);
        if (::connect(fd, generic(server), sizeof server) != 0) die_errno("connect");
        if (::send(fd, prelogin_request.data(), prelogin_request.size(), MSG_NOSIGNAL) < 0)
            die_errno("send PRELOGIN");
        held.push_back({fd, POLLIN | POLLRDHUP, 0});
    }
    std::printf("HELD %zu\n", held.size());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        if (line != "count") die("unknown command '" + line + "'");
        std::printf("STALLED %zu\n", still_stalled(held));
        std::fflush(stdout);
    }
}

} // namespace bench
