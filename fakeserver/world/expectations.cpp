#include "world/expectations.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tdsfake::world {

namespace {

constexpr std::size_t most_times = 100'000; // bounds the memory of `spacing`
constexpr std::size_t most_misses = 8;

std::string expected_range(const scenario::number_range& range) {
    constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
    if (range.least == range.most) return std::to_string(range.least);
    if (range.most == unlimited) return "at least " + std::to_string(range.least);
    if (range.least == 0) return "at most " + std::to_string(range.most);
    return std::to_string(range.least) + " to " + std::to_string(range.most);
}

std::string ms(core::duration d) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1fms", std::chrono::duration<double, std::milli>(d).count());
    return text.data();
}

std::string judge_count(const scenario::count_check& check, std::uint64_t count) {
    if (check.expected.contains(count)) return {};
    return "expected " + expected_range(check.expected) + ", seen " + std::to_string(count);
}

std::string judge_spacing(const scenario::spacing_check& check, const std::vector<core::instant>& times) {
    const auto what = std::string(scenario::name(check.of));
    if (times.size() < 2) return "seen " + std::to_string(times.size()) + " " + what + ": no gap to measure";
    std::string gaps;
    bool good = true;
    core::duration before{};
    for (std::size_t i = 1; i < times.size(); ++i) {
        const auto gap = times[i] - times[i - 1];
        const bool fits =
            (!check.at_least || gap >= *check.at_least) && (!check.at_most || gap <= *check.at_most) &&
            (!check.growth || i == 1 ||
             static_cast<double>(gap.count()) >= *check.growth * static_cast<double>(before.count()));
        if (i <= 12) gaps += (i == 1 ? "" : ", ") + ms(gap) + (fits ? "" : " (!)");
        good = good && fits;
        before = gap;
    }
    if (good) return {};
    return "seen gaps between " + what + ": " + gaps + (times.size() > 13 ? ", …" : "");
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines)
        text += (text.empty() ? "" : "; ") + line;
    return text;
}

} // namespace

expectations::expectations(const scenario::scenario& scenario, signal_lookup raised)
    : scenario_(scenario),
      raised_(std::move(raised)),
      records_(scenario.verify.size()) {}

bool expectations::concerns(const scenario::verification& check, std::uint32_t server) const {
    return check.server.empty() ||
           (server < scenario_.servers.size() && scenario_.servers[server].name == check.server);
}

void expectations::count(
    scenario::counter what, std::uint32_t server, const peer* who, const message& read, core::instant now
) {
    static const peer nobody;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& check = scenario_.verify[i];
        if (!concerns(check, server)) continue;
        if (const auto* counted = std::get_if<scenario::count_check>(&check.what)) {
            if (counted->of == what && holds(counted->when, who ? *who : nobody, read) &&
                in_window(counted->since, counted->until, now, ready_, raised_)) {
                ++records_[i].count;
            }
        } else if (const auto* spaced = std::get_if<scenario::spacing_check>(&check.what)) {
            if (spaced->of == what && records_[i].times.size() < most_times) records_[i].times.push_back(now);
        }
    }
}

void expectations::reached(const moment& event) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& check = scenario_.verify[i];
        if (!concerns(check, event.server)) continue;
        if (const auto* closing = std::get_if<scenario::closed_check>(&check.what)) {
            if (event.stages.has(closing->of.value_or(scenario::stage::connect))) {
                records_[i].reached.try_emplace(key(event.server, event.who->connection), event.now);
            }
        } else if (const auto* seen = std::get_if<scenario::seen_check>(&check.what)) {
            const bool at = std::ranges::any_of(seen->at, [&](auto s) { return event.stages.has(s); });
            if (!at || !holds(seen->when, *event.who, event.read)) continue;
            auto& kept = records_[i];
            if (kept.count++ == 0) {
                const auto& who = *event.who;
                kept.example =
                    (who.asked != nullptr ? "a lookup (" + std::string(who.asked->request) + ")"
                                          : "connection " + std::to_string(who.connection)) +
                    " after " + ms(event.now - ready_) +
                    (event.read.sql.empty() ? "" : ": " + std::string(event.read.sql.substr(0, 120)));
            }
        }
    }
}

void expectations::closed(scenario::closer by, std::uint32_t server, const peer& who, core::instant now) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto* check = std::get_if<scenario::closed_check>(&scenario_.verify[i].what);
        if (check == nullptr || !concerns(scenario_.verify[i], server)) continue;
        auto& kept = records_[i];
        const auto found = kept.reached.find(key(server, who.connection));
        if (found == kept.reached.end()) continue;
        const auto took = now - found->second;
        kept.reached.erase(found);
        ++kept.count;
        if ((by != check->by || (check->within && took > *check->within)) &&
            kept.misses.size() < most_misses) {
            kept.misses.push_back(
                "connection " + std::to_string(who.connection) + " was closed by the " +
                (by == scenario::closer::client ? "client" : "server") + " after " + ms(took)
            );
        }
    }
}

namespace {
std::pair<int, int> place_of(const scenario::step& step) { return {step.where.line, step.where.column}; }
} // namespace

void expectations::awaits(std::uint32_t server, const peer& who, const scenario::step& step) {
    auto& kept = awaited_[place_of(step)];
    kept.step = &std::get<scenario::expect_step>(step.what);
    ++kept.waiting[key(server, who.connection)];
}

void expectations::came(std::uint32_t server, const peer& who, const scenario::step& step) {
    auto& waiting = awaited_[place_of(step)].waiting;
    const auto found = waiting.find(key(server, who.connection));
    if (found != waiting.end() && --found->second == 0) waiting.erase(found);
}

void expectations::came_not(const peer& who, const scenario::step& step, std::string seen) {
    auto& kept = awaited_[place_of(step)];
    if (kept.missed++ < most_misses)
        kept.misses.push_back("connection " + std::to_string(who.connection) + ": " + std::move(seen));
}

void expectations::judge_expected(std::vector<unmet>& out) const {
    for (const auto& [place, kept] : awaited_) {
        auto misses = kept.misses;
        if (kept.missed > misses.size())
            misses.push_back(std::to_string(kept.missed - misses.size()) + " more");
        for (const auto& [id, lists] : kept.waiting) {
            if (misses.size() >= most_misses) break;
            misses.push_back("connection " + std::to_string(id & 0xffffffffffff) + ": nothing came");
        }
        if (!misses.empty()) out.push_back({kept.step->text, place.first, joined(misses)});
    }
}

std::vector<unmet> expectations::judge(std::uint64_t open_connections) const {
    std::vector<unmet> result;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& check = scenario_.verify[i];
        const auto& kept = records_[i];
        std::string seen;
        if (const auto* counted = std::get_if<scenario::count_check>(&check.what)) {
            const bool at_the_end = counted->of == scenario::counter::open;
            seen = judge_count(*counted, at_the_end ? open_connections : kept.count);
        } else if (const auto* spaced = std::get_if<scenario::spacing_check>(&check.what)) {
            seen = judge_spacing(*spaced, kept.times);
        } else if (const auto* closing = std::get_if<scenario::closed_check>(&check.what)) {
            auto misses = kept.misses;
            for (const auto& [id, since] : kept.reached) {
                if (misses.size() == most_misses) break;
                misses.push_back("connection " + std::to_string(id & 0xffffffffffff) + " is still open");
            }
            seen = joined(misses);
            if (seen.empty() && kept.count == 0) {
                seen = "no connection reached " +
                       std::string(scenario::name(closing->of.value_or(scenario::stage::connect)));
            }
        } else if (const auto* wanted = std::get_if<scenario::seen_check>(&check.what)) {
            if (!wanted->never && kept.count == 0) seen = "seen none";
            if (wanted->never && kept.count > 0) {
                seen = "seen " + std::to_string(kept.count) + ", the first on " + kept.example;
            }
        }
        if (!seen.empty()) result.push_back({check.text, check.where.line, seen});
    }
    judge_expected(result);
    return result;
}

} // namespace tdsfake::world
