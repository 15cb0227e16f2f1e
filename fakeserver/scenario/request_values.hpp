// `$user`, `$@id`, `$1`, `$row` in the texts of a query: what the loader leaves for the session to fill in.
// In such a text each stands between two control characters, which no scenario file can hold.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tdsfake::scenario {

inline constexpr char value_begins = '\x01';
inline constexpr char value_ends = '\x02';

// The names that are none of the request's own parameters.
inline constexpr std::array<std::string_view, 7> request_values{
    "user",
    "database",
    "app",
    "host",
    "connection",
    "sql",
    "row",
};

inline bool is_request_value(std::string_view name) noexcept {
    return std::ranges::find(request_values, name) != request_values.end();
}
inline bool has_request_values(std::string_view text) noexcept {
    return text.find(value_begins) != std::string_view::npos;
}
inline void append_request_value(std::string& out, std::string_view name) {
    out += value_begins;
    out += name;
    out += value_ends;
}

// The text with `value_of(name)` in the place of each name.
template <class ValueOf>
std::string with_request_values(std::string_view text, ValueOf value_of) {
    std::string out;
    for (;;) {
        const auto begin = text.find(value_begins);
        out += text.substr(0, begin);
        if (begin == std::string_view::npos) return out;
        const auto end = std::min(text.find(value_ends, begin), text.size());
        out += value_of(text.substr(begin + 1, end - begin - 1));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

} // namespace tdsfake::scenario
