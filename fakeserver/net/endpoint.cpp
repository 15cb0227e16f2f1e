#include "net/endpoint.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace tdsfake::net {

namespace {
const sockaddr_in& as_v4(const sockaddr_storage& s) {
    return *static_cast<const sockaddr_in*>(static_cast<const void*>(&s));
}
const sockaddr_in6& as_v6(const sockaddr_storage& s) {
    return *static_cast<const sockaddr_in6*>(static_cast<const void*>(&s));
}
} // namespace

std::optional<endpoint> endpoint::parse(std::string_view address, std::uint16_t port) {
    const std::string text(address == "localhost" ? "127.0.0.1" : address);
    endpoint result;
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        std::memcpy(&result.storage_, &v4, sizeof v4);
    } else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        std::memcpy(&result.storage_, &v6, sizeof v6);
    } else {
        return std::nullopt;
    }
    result.set_port(port);
    return result;
}

endpoint endpoint::from(const sockaddr_storage& storage) noexcept {
    endpoint result;
    result.storage_ = storage;
    return result;
}

bool endpoint::loopback() const noexcept {
    if (v6()) return IN6_IS_ADDR_LOOPBACK(&as_v6(storage_).sin6_addr) != 0;
    return *address_bytes() == 127;
}

bool endpoint::wildcard() const noexcept {
    const auto* bytes = address_bytes();
    return std::all_of(bytes, bytes + address_size(), [](std::uint8_t b) { return b == 0; });
}

std::uint16_t endpoint::port() const noexcept {
    return ntohs(v6() ? as_v6(storage_).sin6_port : as_v4(storage_).sin_port);
}

void endpoint::set_port(std::uint16_t port) noexcept {
    // The port stands at the same place in both forms.
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    const auto wire = htons(port);
    std::memcpy(
        static_cast<char*>(static_cast<void*>(&storage_)) + offsetof(sockaddr_in, sin_port),
        &wire,
        sizeof wire
    );
}

const sockaddr* endpoint::data() const noexcept {
    return static_cast<const sockaddr*>(static_cast<const void*>(&storage_));
}

const std::uint8_t* endpoint::address_bytes() const noexcept {
    const void* address =
        v6() ? static_cast<const void*>(&as_v6(storage_).sin6_addr) : &as_v4(storage_).sin_addr;
    return static_cast<const std::uint8_t*>(address);
}

bool endpoint::same_address(const endpoint& other) const noexcept {
    return v6() == other.v6() &&
           std::equal(address_bytes(), address_bytes() + address_size(), other.address_bytes());
}

std::string endpoint::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(storage_.ss_family, address_bytes(), text.data(), text.size());
    return text.data();
}

std::string endpoint::to_string() const {
    const auto port_text = std::to_string(port());
    return v6() ? "[" + host() + "]:" + port_text : host() + ":" + port_text;
}

} // namespace tdsfake::net
