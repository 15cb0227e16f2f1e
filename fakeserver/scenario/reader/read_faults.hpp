// `faults`: at a stage, when something matches, do steps.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

std::vector<fault> read_faults(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
