#include "world/near_misses.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tdsfake::world {

namespace {
constexpr std::size_t most_kept = 3;
constexpr std::size_t longest_sql = 120;
} // namespace

std::string milliseconds(core::duration d) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1fms", std::chrono::duration<double, std::milli>(d).count());
    return text.data();
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const auto& part : parts) {
        if (!text.empty()) text += between;
        text += part;
    }
    return text;
}

std::string described(const peer& who, core::duration since_ready, std::uint64_t line, std::string_view sql) {
    auto text = who.asked != nullptr  ? "a lookup (" + std::string(who.asked->request) + ")"
                : who.connection != 0 ? "connection " + std::to_string(who.connection)
                : who.from.empty()    ? std::string("a connect")
                                      : "a connect from " + who.from;
    text += " after " + milliseconds(since_ready);
    if (line != 0) text += " (journal line " + std::to_string(line) + ")";
    if (!sql.empty()) text += ": " + std::string(sql.substr(0, longest_sql));
    return text;
}

void near_misses::add(const std::vector<std::string>& reasons, std::string what) {
    if (kept_.size() == most_kept && kept_.back().reasons <= reasons.size()) return;
    const auto behind =
        std::ranges::find_if(kept_, [&](const miss& m) { return m.reasons > reasons.size(); });
    kept_.insert(behind, {reasons.size(), std::move(what) + ", " + joined(reasons, ", ")});
    if (kept_.size() > most_kept) kept_.pop_back();
}

std::string near_misses::told() const {
    std::string text;
    for (const auto& m : kept_)
        text += (text.empty() ? "; nearest: " : "; ") + m.text;
    return text;
}

} // namespace tdsfake::world
