// How a run tells that it is ready.
#pragma once

#include "net/fake.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tdsfake::cli {

// "READY server=127.0.0.1:43211 other=127.0.0.1:43212\n"
std::string ready_line(const std::vector<net::fake::bound_server>& servers);
// {"event":"ready","pid":…,"servers":{…}}\n
std::string ready_json(const std::vector<net::fake::bound_server>& servers, std::uint64_t seed);
// Written beside and renamed, so that a reader sees all of it or nothing. Throws bad_input.
void write_ready_file(const std::string& path, const std::string& text);
// TDSFAKE_HOST, TDSFAKE_PORT, TDSFAKE_ADDRESS of the first server, TDSFAKE_<NAME>_… of each.
std::vector<std::pair<std::string, std::string>>
environment(const std::vector<net::fake::bound_server>& servers);

} // namespace tdsfake::cli
