// Small text helpers that several floors need.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tdsfake::core {

// Lower case (ASCII), runs of blanks as one blank, none at the ends: "text to match" of the language.
std::string normalised(std::string_view text);

// White space of ASCII, whatever the locale.
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// ASCII letter case is ignored.
bool equals_ignoring_case(std::string_view left, std::string_view right);

// The candidate nearest to `word` (edit distance at most a third of its length, at least 1), or empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

} // namespace tdsfake::core
