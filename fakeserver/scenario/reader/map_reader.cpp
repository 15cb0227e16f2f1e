#include "scenario/reader/map_reader.hpp"

#include <algorithm>

namespace tdsfake::scenario::reader {

void report_unknown_key(
    context& ctx,
    const node& key,
    std::string_view what,
    std::span<const std::string_view> known,
    std::span<const later_word> later
) {
    const auto it = std::ranges::find_if(later, [&](const auto& l) { return l.word == key.text; });
    if (it != later.end()) {
        ctx.out.error(
            key.where,
            it->exists ? ticked(key.text) + " in " + std::string(what) + " is not served by this version yet"
                       : "unknown key " + ticked(key.text) + " in " + std::string(what),
            std::string(it->advice)
        );
        return;
    }
    ctx.out.error(
        key.where,
        "unknown key " + ticked(key.text) + " in " + std::string(what),
        did_you_mean(key.text, known, "the keys here are " + any_of(known))
    );
}

map_reader::map_reader(
    context& ctx,
    const node& map,
    std::string_view what,
    std::initializer_list<std::string_view> known,
    std::span<const later_word> later
)
    : ctx_(ctx),
      map_(map),
      what_(what),
      is_map_(map.is_map() || map.is_null()) {
    const std::span words(known.begin(), known.size());
    if (!is_map_) {
        ctx.out.error(
            map.where,
            std::string(what) + " must be a map, not " + std::string(kind_name(map)),
            "its keys are " + any_of(words)
        );
        return;
    }
    for (const auto& key : map.keys) {
        if (std::ranges::find(words, key.text) == words.end()) {
            report_unknown_key(ctx, key, what, words, later);
        }
    }
}

const node* map_reader::get(std::string_view key) const noexcept {
    return is_map_ ? map_.find(key) : nullptr;
}

const node* map_reader::need(std::string_view key, std::string_view example) {
    const auto* value = get(key);
    if (value == nullptr && is_map_) {
        ctx_.out.error(
            map_.where,
            std::string(what_) + " needs " + ticked(key),
            "for example `" + std::string(example) + "`"
        );
    }
    return value;
}

} // namespace tdsfake::scenario::reader
