// `queries`: canned answers.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

// Steps beside an answer (`do`) are a fault like any other: it is appended to `faults`.
std::vector<query> read_queries(context& ctx, const node& n, std::vector<fault>& faults);

} // namespace tdsfake::scenario::reader
