#include "session/places.hpp"

#include <algorithm>

namespace tdsfake::session {

void places::add(const scenario::position& wanted) {
    place added{.wanted = &wanted, .left = wanted.ordinal};
    if (wanted.from == scenario::position::base::start) added.at = wanted.delta;
    places_.push_back(added);
    find_held_back();
}

void places::see(std::string_view token, std::uint64_t offset) {
    bool found = false;
    for (auto& p : places_) {
        if (p.at || p.wanted->from != scenario::position::base::token || p.wanted->token != token ||
            --p.left > 0)
            continue;
        p.at = static_cast<std::int64_t>(offset) + p.wanted->delta;
        found = true;
    }
    if (found) find_held_back();
}

void places::end(std::uint64_t size) {
    for (auto& p : places_) {
        if (p.wanted->from == scenario::position::base::end)
            p.at = static_cast<std::int64_t>(size) + p.wanted->delta;
    }
    held_back_ = 0;
}

std::optional<std::uint64_t> places::at(std::size_t number) const noexcept {
    const auto& found = places_[number].at;
    return found && *found >= 0 ? std::optional<std::uint64_t>(*found) : std::nullopt;
}

void places::find_held_back() noexcept {
    // Of an answer that does not stand in memory as a whole, no more than this is kept.
    constexpr std::int64_t most = std::int64_t{1} << 20;
    std::int64_t furthest = 0;
    for (const auto& p : places_) {
        if (!p.at) furthest = std::max(furthest, -p.wanted->delta);
    }
    held_back_ = static_cast<std::uint64_t>(std::min(furthest, most));
}

std::string describe(const scenario::position& p) {
    std::string text = p.from == scenario::position::base::token ? p.token : std::string();
    if (p.ordinal > 1) text += "." + std::to_string(p.ordinal);
    if (p.from == scenario::position::base::end) text = "end";
    if (p.delta != 0 || text.empty())
        text += (p.delta > 0 && !text.empty() ? "+" : "") + std::to_string(p.delta);
    return text;
}

} // namespace tdsfake::session
