// `queries`: canned answers.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

std::vector<query> read_queries(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
