// Positions in an answer, and the shapes that stand beside a sending step: cut, segments, pace.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace tdsfake::scenario::reader {

// `17`, `-1`, `done`, `row.10+2`, `done-4`, `end`.
std::optional<position> read_position(context& ctx, const node& n, std::string_view what);

bool is_shape(std::string_view word) noexcept;
std::span<const std::string_view> shape_words() noexcept;
std::span<const later_word> later_shapes() noexcept;
// One shape of `word` into `out`. `tokens`: false for bytes that have none.
void read_shape(context& ctx, std::string_view word, const node& value, bool tokens, shapes& out);

} // namespace tdsfake::scenario::reader
