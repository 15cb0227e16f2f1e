// `when`: what must hold of a connection and of what it sent.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/stages.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <string>
#include <vector>

namespace tdsfake::scenario::reader {

// Where a condition stands decides what it can ask for.
struct place {
    std::string name; // in messages: "`prelogin`", "an ending"
    knowledge most = knowledge::nothing;
    std::vector<stage> at; // the messages that it can ask of; none: no message
    bool partial = false;  // only a part of the message is here: nothing of it is known
    bool unknown = false;  // the stages are wrong, which was reported: anything goes
};
// A condition on events of these stages: of each what is known at all of them.
place at_stages(const std::vector<stage>& stages);

condition read_condition(context& ctx, const node& n, const place& where);

} // namespace tdsfake::scenario::reader
