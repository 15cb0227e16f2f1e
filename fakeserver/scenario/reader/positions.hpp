// Places in an answer.
#pragma once

#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"
#include "scenario/shapes.hpp"

#include <optional>
#include <string_view>

namespace tdsfake::scenario::reader {

// `17`, `-1`, `done`, `row.10+2`, `done-4`, `end`.
std::optional<position> read_position(context& ctx, const node& n, std::string_view what);
// `row`: all of them; `row.3`.
std::optional<left_out_token> read_left_out_token(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
