#include "cli/isolated.hpp"

#include "net/isolation.hpp"

#include <algorithm>

namespace tdsfake::cli {

namespace {

constexpr std::uint16_t sql_server_port = 1433;
constexpr std::uint16_t browser_port = 1434;

net::endpoint place(const scenario::listen_address& at) {
    const auto parsed = net::endpoint::parse(at.address, at.port);
    if (!parsed) {
        throw net::start_up_error("cannot listen on \"" + at.address + "\": not an IPv4 or IPv6 address");
    }
    return *parsed;
}

} // namespace

void take_real_ports(scenario::scenario& of) {
    std::vector<net::endpoint> taken;
    for (auto& server : of.servers) {
        // Those without a port share one: free at all of them, or none is the real one.
        const bool free = std::ranges::none_of(server.listen, [&](const auto& at) {
            return at.port == 0 && std::ranges::any_of(taken, [&](const auto& other) {
                       return other.same_address(place(at)) || other.wildcard() || place(at).wildcard();
                   });
        });
        for (auto& at : server.listen) {
            if (at.port == 0 && free) at.port = sql_server_port;
            if (at.port == sql_server_port) taken.push_back(place(at));
        }
    }
    if (!of.browser) return;
    for (auto& at : of.browser->listen) {
        if (at.port == 0) at.port = browser_port;
    }
}

void isolate_for(const scenario::scenario& of) {
    net::private_network network;
    for (const auto& server : of.servers) {
        for (const auto& at : server.listen) {
            network.addresses.push_back(place(at));
            for (const auto& name : server.names)
                network.names.push_back({name, place(at)});
        }
    }
    if (of.browser) {
        for (const auto& at : of.browser->listen)
            network.addresses.push_back(place(at));
    }
    net::isolate(network);
}

} // namespace tdsfake::cli
