// Socket addresses: parsing, printing, and the error that keeps a server from starting.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace tdsfake::net {

// An IPv4 or IPv6 address and a port.
class endpoint {
public:
    endpoint() = default;
    // A numeric address without brackets, or `localhost` (127.0.0.1). Nothing on any other text.
    static std::optional<endpoint> parse(std::string_view address, std::uint16_t port);
    static endpoint from(const sockaddr_storage& storage) noexcept;

    [[nodiscard]] bool v6() const noexcept { return storage_.ss_family == AF_INET6; }
    [[nodiscard]] bool loopback() const noexcept;
    [[nodiscard]] bool wildcard() const noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept;
    void set_port(std::uint16_t port) noexcept;
    [[nodiscard]] const sockaddr* data() const noexcept;
    [[nodiscard]] socklen_t size() const noexcept {
        return v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    }
    // The address in network order: 4 or 16 bytes.
    [[nodiscard]] const std::uint8_t* address_bytes() const noexcept;
    [[nodiscard]] std::size_t address_size() const noexcept { return v6() ? 16 : 4; }
    [[nodiscard]] bool same_address(const endpoint& other) const noexcept;

    [[nodiscard]] std::string host() const;      // "127.0.0.1", "::1"
    [[nodiscard]] std::string to_string() const; // "127.0.0.1:1433", "[::1]:1433"

private:
    sockaddr_storage storage_{};
};

// What keeps a server from starting; main turns it into exit code 3.
struct start_up_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace tdsfake::net
