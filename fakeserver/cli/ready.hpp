// How a run tells that it is ready.
#pragma once

#include "net/fake.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tdsfake::cli {

// Where everything is. `browser` is empty if there is none.
struct places {
    std::vector<net::fake::bound_server> servers;
    std::vector<net::endpoint> browser;
};

// "READY server=127.0.0.1:43211 other=127.0.0.1:43212 browser=127.0.0.1:1434\n"
std::string ready_line(const places& at);
// {"event":"ready","pid":…,"servers":{…},"browser":{…}}\n
std::string ready_json(const places& at, std::uint64_t seed);
// Written beside and renamed, so that a reader sees all of it or nothing. Throws bad_input.
void write_ready_file(const std::string& path, const std::string& text);
// TDSFAKE_HOST, TDSFAKE_PORT, TDSFAKE_ADDRESS of the first server, TDSFAKE_<NAME>_… of each,
// TDSFAKE_BROWSER_….
std::vector<std::pair<std::string, std::string>> environment(const places& at);

} // namespace tdsfake::cli
