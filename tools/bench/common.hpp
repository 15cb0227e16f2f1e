// What the helpers of the benchmark share: errors that end the program, the clock, loopback addresses, the
// PRELOGIN.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace bench {

[[noreturn]] inline void die(const std::string& what) {
    std::fprintf(stderr, "bench: %s\n", what.c_str());
    std::exit(1);
}
[[noreturn]] inline void die_errno(const std::string& what) { die(what + ": " + std::strerror(errno)); }

inline std::int64_t nanoseconds(clockid_t clock) {
    timespec t{};
    ::clock_gettime(clock, &t);
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
inline std::int64_t now() { return nanoseconds(CLOCK_MONOTONIC); }

// `--name value` pairs. An unknown or repeated name ends the program: a benchmark must not run with a typing
// error.
class options {
public:
    options(int argc, char** argv, std::map<std::string, std::string> defaults)
        : values_(std::move(defaults)) {
        for (int i = 0; i < argc; i += 2) {
            std::string_view name = argv[i];
            const auto known =
                name.starts_with("--") ? values_.find(std::string(name.substr(2))) : values_.end();
            if (known == values_.end()) die("unknown option " + std::string(name));
            if (i + 1 == argc) die("option " + std::string(name) + " needs a value");
            known->second = argv[i + 1];
        }
    }
    [[nodiscard]] const std::string& text(const std::string& name) const { return values_.at(name); }
    [[nodiscard]] std::int64_t number(const std::string& name) const {
        const auto& value = values_.at(name);
        char* end = nullptr;
        errno = 0;
        const long long n = std::strtoll(value.c_str(), &end, 10);
        if (value.empty() || *end != '\0' || errno != 0 || n < 0)
            die("--" + name + " is not a number: '" + value + "'");
        return n;
    }

private:
    std::map<std::string, std::string> values_;
};

// As many descriptors as the system lets us have; the hard limit is raised where we are allowed to.
inline void raise_descriptor_limit(rlim_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) die_errno("getrlimit");
    if (limit.rlim_cur >= wanted) return;
    const rlimit more{wanted, wanted > limit.rlim_max ? wanted : limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        die("needs " + std::to_string(wanted) + " file descriptors, the hard limit is " +
            std::to_string(limit.rlim_max) + ": raise it with `ulimit -Hn` as root");
}

inline sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(host);
    return address;
}
inline const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

inline constexpr std::uint32_t server_host = 0x7F000001; // 127.0.0.1
// Client n comes from 127.0.1.1 + n % sources: every source address has its own 28,000 ephemeral ports, so
// that connections which end as a normal client's do (FIN, TIME_WAIT here) do not run out of them.
inline std::uint32_t source_host(std::int64_t n, std::int64_t sources) {
    return 0x7F000101U + static_cast<std::uint32_t>(n % sources);
}

// A TCP socket bound to that source; the port is chosen by connect().
inline int client_socket(std::uint32_t source, int flags) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) die_errno("socket");
    const int on = 1;
    if (::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0)
        die_errno("IP_BIND_ADDRESS_NO_PORT");
    const auto from = loopback(source, 0);
    if (::bind(fd, generic(from), sizeof from) != 0) die_errno("bind to a source address in 127.0.1.0/24");
    return fd;
}

// A listening socket on a free port of 127.0.0.1, announced as tdsfake announces its own.
inline int listen_and_announce() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) die_errno("socket");
    auto address = loopback(server_host, 0);
    socklen_t size = sizeof address;
    if (::bind(fd, generic(address), size) != 0) die_errno("bind");
    if (::listen(fd, SOMAXCONN) != 0) die_errno("listen");
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("READY server=127.0.0.1:%u\n", unsigned{ntohs(address.sin_port)});
    std::fflush(stdout);
    return fd;
}

// MS-TDS 2.2.6.5. Five options (VERSION 9.0, ENCRYPTION not supported, INSTOPT, THREADID, MARS), 47 bytes.
inline constexpr std::array<std::uint8_t, 47> prelogin_request{
    0x12, 0x01, 0x00, 0x2F, 0x00, 0x00, 0x01, 0x00,                               // packet header
    0x00, 0x00, 0x1A, 0x00, 0x06, 0x01, 0x00, 0x20, 0x00, 0x01, 0x02, 0x00, 0x21, // option, offset, length
    0x00, 0x01, 0x03, 0x00, 0x22, 0x00, 0x04, 0x04, 0x00, 0x26, 0x00, 0x01, 0xFF,
    0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0xB8, 0x0D, 0x00, 0x00, 0x01 // their data
};
// The 43 bytes that a SQL Server without TLS answers.
inline constexpr std::array<std::uint8_t, 43> prelogin_answer{
    0x04, 0x01, 0x00, 0x2B, 0x00, 0x33, 0x01, 0x00,                               // packet header
    0x00, 0x00, 0x1A, 0x00, 0x06, 0x01, 0x00, 0x20, 0x00, 0x01, 0x02, 0x00, 0x21, // option, offset, length
    0x00, 0x01, 0x03, 0x00, 0x22, 0x00, 0x00, 0x04, 0x00, 0x22, 0x00, 0x01, 0xFF,
    0x10, 0x00, 0x10, 0x13, 0x00, 0x00, 0x02, 0x00, 0x00 // their data
};

// True when `size` bytes are exactly one tabular-result packet (type 04) that ends its message.
inline bool is_whole_answer(const std::uint8_t* data, std::size_t size) {
    return size >= 8 && data[0] == 0x04 && (data[1] & 0x01) != 0 &&
           (std::size_t{data[2]} << 8 | std::size_t{data[3]}) == size;
}

} // namespace bench
