// Reading a map whose keys are known words.
#pragma once

#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <initializer_list>
#include <span>
#include <string_view>

namespace tdsfake::scenario::reader {

// A word of the language that this version does not serve yet, or one that people try though it is none of
// the language here; and what to write instead.
struct later_word {
    std::string_view word;
    std::string_view advice;
    bool exists = true; // in the language
};

class map_reader {
public:
    // Reports every key that is not in `known`. `what` names the map in messages: "a fault", "`identity`".
    // A null node counts as an empty map.
    map_reader(
        context& ctx,
        const node& map,
        std::string_view what,
        std::initializer_list<std::string_view> known,
        std::span<const later_word> later = {}
    );

    // False if it is no map at all; then every key is missing.
    [[nodiscard]] bool is_map() const noexcept { return is_map_; }
    [[nodiscard]] const node* get(std::string_view key) const noexcept;
    // Reports a missing key; `example` shows how to write it.
    const node* need(std::string_view key, std::string_view example);

private:
    context& ctx_;
    const node& map_;
    std::string_view what_;
    bool is_map_ = true;
};

// Reports a key that is not in `known`, with the best advice there is.
void report_unknown_key(
    context& ctx,
    const node& key,
    std::string_view what,
    std::span<const std::string_view> known,
    std::span<const later_word> later
);

} // namespace tdsfake::scenario::reader
