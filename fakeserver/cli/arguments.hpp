// What `run` and `exec` are asked to do.
#pragma once

#include "scenario/load.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tdsfake::cli {

enum class format : std::uint8_t { text, json };
enum class colour : std::uint8_t { automatic, always, never };

struct run_arguments {
    std::string file; // a path, a name of the library, or "-"
    std::vector<std::string> set;
    std::optional<std::uint64_t> seed;
    std::string listen;
    std::string ready_file;
    std::string journal_file;
    std::string ca_file;
    std::string key_log_file;
    cli::format format = cli::format::text;
    cli::colour colour = cli::colour::automatic;
    bool quiet = false;
    bool show_passwords = false;
    bool isolated = false;            // exec
    std::vector<std::string> command; // exec
};

// Exit code 2. The text may have several lines.
struct bad_input : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A scenario file by path, "-" for standard input, or a name of the library.
struct source {
    std::string name; // for messages
    std::string text;
};
source read_source(const std::string& file); // throws bad_input

// Loads and checks; --set, --seed and --listen applied. Throws bad_input with every diagnostic.
struct loaded_scenario {
    std::shared_ptr<const scenario::scenario> scenario;
    // What it is when its servers are there; the same one if it does not ask where.
    std::function<std::shared_ptr<const scenario::scenario>(const std::map<std::string, scenario::place>&)>
        placed;
};
loaded_scenario load_scenario(const run_arguments& arguments);

} // namespace tdsfake::cli
