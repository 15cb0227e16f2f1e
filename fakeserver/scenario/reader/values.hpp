// The values of the language: texts, numbers, sizes, durations, ranges, moments, signals, patterns. Each
// reader reports what is wrong with the value and then gives nothing. `what` names the value in messages:
// "`times`".
#pragma once

#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

// Any scalar. `may_be_empty`: "" is fine; nothing at all never is.
std::optional<std::string>
read_text(context& ctx, const node& n, std::string_view what, bool may_be_empty = true);
// One of the words.
std::optional<std::size_t>
read_word(context& ctx, const node& n, std::string_view what, std::span<const std::string_view> words);
// `yes` or `no`; `no` also where it is neither.
bool read_yes(context& ctx, const node& n, std::string_view what);

std::optional<std::uint64_t> read_number(
    context& ctx,
    const node& n,
    std::string_view what,
    std::uint64_t least = 0,
    std::uint64_t most = 1'000'000'000
);
// Decimal, or hexadecimal with 0x.
std::optional<std::uint64_t>
read_code(context& ctx, const node& n, std::string_view what, std::uint64_t least, std::uint64_t most);
// `3`, `2..4`, `3..`.
std::optional<number_range> read_number_range(context& ctx, const node& n, std::string_view what);
// `25%`.
std::optional<unsigned> read_percent(context& ctx, const node& n, std::string_view what);
// `512`, `64KiB`, `1MiB`; at least 1.
std::optional<std::uint64_t> read_size(context& ctx, const node& n, std::string_view what);
// A factor such as `1.5`, above 0.
std::optional<double> read_factor(context& ctx, const node& n, std::string_view what);

std::optional<core::duration> read_duration(context& ctx, const node& n, std::string_view what);
// `2s` or `1s..3s`.
std::optional<duration_range> read_duration_range(context& ctx, const node& n, std::string_view what);

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A letter, then letters, digits, `-`, `_`: so that a signal is never taken for a duration.
bool is_name(std::string_view text) noexcept;
std::optional<std::string> read_signal(context& ctx, const node& n, std::string_view what, bool raises);
// A signal or a duration from ready.
std::optional<moment> read_moment(context& ctx, const node& n, std::string_view what);

// A text to match, or a list of them.
std::vector<pattern> read_patterns(context& ctx, const node& n, std::string_view what);

// True if the text looks like a duration or a range of them: a digit first, a letter later.
bool looks_like_duration(std::string_view text) noexcept;

} // namespace tdsfake::scenario::reader
