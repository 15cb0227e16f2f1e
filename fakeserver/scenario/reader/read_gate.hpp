// `gate`: what a connect meets.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <optional>

namespace tdsfake::scenario::reader {

// A mode, a phase or a list of phases. Nothing if there is any error in it.
std::optional<gate> read_gate(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
