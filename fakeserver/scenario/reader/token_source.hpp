// What the readers of tokens share.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/values.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

// A token's value, and the columns of the last COLMETADATA before it.
struct token_source {
    const node& at;
    const node* value; // null: the word stands alone, or has nothing behind it
    std::vector<tds::column>& columns;
};

// The value, or an empty one.
[[nodiscard]] const node& value_of(const token_source& s);
// False: there is no value, and that is an error.
bool need(context& ctx, const token_source& s, std::string_view word, std::string_view example);

// A number from 0 to `most` at the key, if it is there.
template <class Number>
void read_into(context& ctx, map_reader& map, std::string_view key, Number& out, std::uint64_t most) {
    const auto* n = map.get(key);
    if (n == nullptr) return;
    if (const auto value = read_code(ctx, *n, ticked(key), 0, most)) out = static_cast<Number>(*value);
}
// `length`, which may lie.
void read_length(context& ctx, map_reader& map, tds::scripted_token& out, std::uint64_t most = 0xffff);

// 0x0102, or hex digits in pairs.
core::bytes read_hex_value(context& ctx, const node& n, std::string_view what);

} // namespace tdsfake::scenario::reader
