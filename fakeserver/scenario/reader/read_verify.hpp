// `verify`: what must have happened by the end.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

std::vector<verification> read_verify(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
