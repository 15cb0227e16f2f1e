// The shapes that stand beside a sending step.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <span>
#include <string_view>

namespace tdsfake::scenario::reader {

bool is_shape(std::string_view word) noexcept;
std::span<const std::string_view> shape_words() noexcept;

// What the bytes of a step are made of, which decides the shapes that mean something.
struct shapable {
    bool tokens = true;
    bool packets = true;
};
// One shape of `word` into `out`.
void read_shape(context& ctx, const node& word, const node& value, const shapable& bytes, shapes& out);

} // namespace tdsfake::scenario::reader
