// A full accept queue: our own connects wait in it, so that the kernel drops every later SYN by itself.
#pragma once

#include "net/endpoint.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tdsfake::net {

class full_queue {
public:
    full_queue() = default;
    full_queue(const full_queue&) = delete;
    full_queue& operator=(const full_queue&) = delete;
    ~full_queue() { close_sockets(); }

    // Makes the queue of this listening socket as short as it can be and fills it; leaves the listener
    // without a filter. Empty, or why it is not full.
    [[nodiscard]] std::string fill(int listener, const endpoint& address);
    // From here on our connects are dead; who accepts them tells them by `own`, until `forget`.
    void close_sockets() noexcept;
    void forget() noexcept { ports_.clear(); }

    [[nodiscard]] bool empty() const noexcept { return ports_.empty(); }
    [[nodiscard]] bool own(const endpoint& peer) const noexcept;

private:
    endpoint address_; // that our connects go to, and come from
    std::vector<int> sockets_;
    std::vector<std::uint16_t> ports_;
};

} // namespace tdsfake::net
