// From a file to a checked scenario, or to every error in it.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tdsfake::scenario {

// One finding. Printed as `file:line:column: error: message` and, where there is one, the remedy.
struct diagnostic {
    location where;
    std::string message;
    std::string remedy;
    bool is_warning = false; // printed as `warning` then
};
std::string format(const diagnostic& finding, std::string_view file);

// Where a server listens: `$node.address`, `$node.port`.
struct place {
    std::string address;
    std::uint16_t port = 0;
};

struct load_options {
    std::vector<std::pair<std::string, std::string>> set; // --set name=value
    // `send: {file: …}` is read relative to this folder; empty: the file's own.
    std::string folder;
    // By the server's name. As long as the ports are not known, texts hold something in their place.
    std::map<std::string, place> places;
};

struct load_result {
    scenario value;
    std::vector<diagnostic> errors; // the scenario is to be used only if there are none
    bool asks_for_places = false;   // to be loaded again when they are known
    // Not errors: a rule that can never fire, shown by `check`.
    std::vector<diagnostic> warnings;
};

// `text` is the content of `file`. Never throws on bad content; finds as many errors as it can in one pass.
load_result load(std::string_view text, const std::string& file, const load_options& options = {});

} // namespace tdsfake::scenario
