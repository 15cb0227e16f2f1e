// A network of its own for this process and what it starts: user, network and mount namespaces.
#pragma once

#include "net/endpoint.hpp"

#include <string>
#include <vector>

namespace tdsfake::net {

struct host_name {
    std::string name;
    endpoint at; // its port means nothing
};

struct private_network {
    std::vector<endpoint> addresses; // beside 127.0.0.0/8 and ::1; their ports mean nothing
    std::vector<host_name> names;    // in the order in which they are to resolve; `localhost` is known anyway
};

// From here on this process has nothing but a loopback device with these addresses, and a list of hosts with
// these names. It keeps the capabilities of that network (raw sockets, ICMP); a program that it starts has
// none. To be called before any thread exists and any socket is made; files that are open stay as they are.
// Throws start_up_error, which says the step that this machine denies and what to allow: nothing weaker will
// do instead.
void isolate(const private_network& wanted);

} // namespace tdsfake::net
