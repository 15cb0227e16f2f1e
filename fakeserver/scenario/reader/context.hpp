// What all parts of the reader share while one file is read.
#pragma once

#include "scenario/reader/findings.hpp"

#include <string>
#include <vector>

namespace tdsfake::scenario::reader {

// A name that stands somewhere in the file and must exist elsewhere in it.
struct mention {
    std::string name;
    location where;
};

struct context {
    findings& out;
    std::string folder;                 // what `send: {file: …}` is relative to
    std::vector<mention> raised;        // signals: by a step `signal`
    std::vector<mention> awaited;       // signals: by hold, until, since
    std::vector<mention> servers_named; // by verify
    bool asks_for_places = false;       // `$port`, `$node.address`
};

} // namespace tdsfake::scenario::reader
