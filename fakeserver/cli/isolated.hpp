// `exec --isolated`: what a scenario needs of a network of its own.
#pragma once

#include "scenario/model.hpp"

namespace tdsfake::cli {

// Servers and the Browser stand at the ports of the field, 1433 and 1434, unless the file says others or an
// earlier server has that address already: then a free one.
void take_real_ports(scenario::scenario& of);

// Makes the network, with all addresses that the scenario listens on and its servers' names. Throws
// net::start_up_error.
void isolate_for(const scenario::scenario& of);

} // namespace tdsfake::cli
