// `do`: a word, a one-key map or a list of both.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

// The steps of a fault at `stages`; what can be wrong with each of them alone is reported.
std::vector<step> read_steps(context& ctx, const node& n, const std::vector<stage>& stages);

// What can be wrong with their order and with their stages: check_steps.cpp.
// `partial`: they run when a part of a message has come.
void check_steps(
    context& ctx, const std::vector<step>& steps, const std::vector<stage>& stages, bool partial = false
);

} // namespace tdsfake::scenario::reader
