#include "world/expectations.hpp"

#include <algorithm>

namespace tdsfake::world {

namespace {

constexpr std::size_t most_times = 100'000; // bounds the memory of `spacing`
constexpr std::size_t most_misses = 8;
constexpr std::size_t most_examples = 4;
constexpr std::size_t most_looked_at = 1000; // near misses: explaining costs more than matching

std::string expected_range(const scenario::number_range& range) {
    constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
    if (range.least == range.most) return std::to_string(range.least);
    if (range.most == unlimited) return "at least " + std::to_string(range.least);
    if (range.least == 0) return "at most " + std::to_string(range.most);
    return std::to_string(range.least) + " to " + std::to_string(range.most);
}

std::string at_line(std::uint64_t line) {
    return line == 0 ? std::string() : " (journal line " + std::to_string(line) + ")";
}

// Of two, each of which may be unknown.
std::string at_lines(std::uint64_t first, std::uint64_t second) {
    if (first == 0 || second == 0) return at_line(std::max(first, second));
    return " (journal lines " + std::to_string(first) + " and " + std::to_string(second) + ")";
}

// "; the first: connection 1 after 0.3ms (journal line 4); …"
std::string first_of(const std::vector<std::string>& examples, std::uint64_t count) {
    if (examples.empty()) return {};
    return ": " + joined(examples) + (count > examples.size() ? "; …" : "");
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

void expectations::note(
    record& kept,
    const scenario::condition& when,
    bool in_time,
    const peer& who,
    const message& read,
    core::instant now,
    std::uint64_t line
) const {
    if (in_time && holds(when, who, read)) {
        if (++kept.count <= most_examples)
            kept.examples.push_back(described(who, now - ready_, line, read.sql));
    } else if (kept.count == 0 && kept.looked_at < most_looked_at) {
        ++kept.looked_at;
        auto reasons = missed(when, who, read);
        if (!in_time) reasons.emplace_back("it was outside `since` and `until`");
        kept.nearest.add(reasons, described(who, now - ready_, line, read.sql));
    }
}

void expectations::count(
    scenario::counter what,
    std::uint32_t server,
    const peer* who,
    const message& read,
    core::instant now,
    std::uint64_t line
) {
    static const peer nobody;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& check = scenario_.verify[i];
        if (!concerns(check, server)) continue;
        if (const auto* counted = std::get_if<scenario::count_check>(&check.what)) {
            if (counted->of != what) continue;
            const bool in_time = in_window(counted->since, counted->until, now, ready_, raised_);
            note(records_[i], counted->when, in_time, who ? *who : nobody, read, now, line);
        } else if (const auto* spaced = std::get_if<scenario::spacing_check>(&check.what)) {
            if (spaced->of == what && records_[i].times.size() < most_times &&
                holds(spaced->when, who ? *who : nobody, read))
                records_[i].times.push_back({now, line});
        }
    }
}

void expectations::came_close(
    scenario::counter what,
    std::uint32_t server,
    const peer& who,
    std::string_view why_not,
    core::instant now,
    std::uint64_t line
) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto* counted = std::get_if<scenario::count_check>(&scenario_.verify[i].what);
        auto& kept = records_[i];
        if (counted == nullptr || counted->of != what || !concerns(scenario_.verify[i], server)) continue;
        if (kept.count > 0 || kept.looked_at++ >= most_looked_at) continue;
        auto reasons = missed(counted->when, who, {});
        reasons.emplace(reasons.begin(), why_not);
        kept.nearest.add(reasons, described(who, now - ready_, line));
    }
}

void expectations::reached(const moment& event) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& check = scenario_.verify[i];
        if (!concerns(check, event.server)) continue;
        if (const auto* closing = std::get_if<scenario::closed_check>(&check.what)) {
            if (!event.stages.has(closing->of.value_or(scenario::stage::connect))) continue;
            auto& kept = records_[i];
            if (holds(closing->when, *event.who, event.read)) {
                kept.reached.try_emplace(
                    key(event.server, event.who->connection), event_time{event.now, event.line}
                );
            } else if (kept.looked_at < most_looked_at) {
                ++kept.looked_at;
                kept.nearest.add(
                    missed(closing->when, *event.who, event.read),
                    described(*event.who, event.now - ready_, event.line, event.read.sql)
                );
            }
        } else if (const auto* seen = std::get_if<scenario::seen_check>(&check.what)) {
            const bool at = std::ranges::any_of(seen->at, [&](auto s) { return event.stages.has(s); });
            if (at) note(records_[i], seen->when, true, *event.who, event.read, event.now, event.line);
        }
    }
}

void expectations::closed(
    scenario::closer by, std::uint32_t server, const peer& who, core::instant now, std::uint64_t line
) {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto* check = std::get_if<scenario::closed_check>(&scenario_.verify[i].what);
        if (check == nullptr || !concerns(scenario_.verify[i], server)) continue;
        auto& kept = records_[i];
        const auto found = kept.reached.find(key(server, who.connection));
        if (found == kept.reached.end()) continue;
        const auto took = now - found->second.at;
        kept.reached.erase(found);
        ++kept.count;
        const bool right = by == check->by;
        if ((right && !(check->within && took > *check->within)) || kept.misses.size() == most_misses)
            continue;
        auto text = "connection " + std::to_string(who.connection) + " was closed by the " +
                    (by == scenario::closer::client ? "client" : "server") + " after " + milliseconds(took);
        text += at_line(line);
        kept.misses.push_back({right ? 0 : 1, std::move(text)});
    }
}

namespace {
std::pair<int, int> place_of(const scenario::step& step) { return {step.where.line, step.where.column}; }
} // namespace

void expectations::awaits(
    std::uint32_t server, const peer& who, const scenario::step& step, std::uint64_t line
) {
    auto& kept = awaited_[place_of(step)];
    kept.step = &std::get<scenario::expect_step>(step.what);
    auto& wait = kept.waiting[key(server, who.connection)];
    ++wait.lists;
    wait.line = line;
}

void expectations::came(std::uint32_t server, const peer& who, const scenario::step& step) {
    auto& waiting = awaited_[place_of(step)].waiting;
    const auto found = waiting.find(key(server, who.connection));
    if (found != waiting.end() && --found->second.lists == 0) waiting.erase(found);
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
        for (const auto& [id, wait] : kept.waiting) {
            if (misses.size() >= most_misses) break;
            misses.push_back(
                "connection " + std::to_string(id & 0xffffffffffff) + ": nothing came" +
                (wait.line != 0 ? " after journal line " + std::to_string(wait.line) : "")
            );
        }
        if (!misses.empty()) out.push_back({kept.step->text, place.first, joined(misses)});
    }
}

std::string expectations::judge_count(
    const scenario::verification& check, const record& kept, std::span<const open_connection> open
) const {
    const auto& wanted = std::get<scenario::count_check>(check.what);
    auto count = kept.count;
    auto examples = kept.examples;
    auto nearest = kept.nearest;
    if (wanted.of == scenario::counter::open) {
        count = 0;
        std::size_t others = 0;
        for (const auto& one : open) {
            if (!concerns(check, one.server)) continue;
            const auto told = [&] { return described(*one.who, one.who->since - ready_, one.who->line); };
            if (!holds(wanted.when, *one.who)) {
                if (++others <= most_looked_at) nearest.add(missed(wanted.when, *one.who, {}), told());
            } else if (++count <= most_examples) {
                examples.push_back(told());
            }
        }
    }
    if (wanted.expected.contains(count)) return {};
    return "expected " + expected_range(wanted.expected) + ", seen " + std::to_string(count) +
           first_of(examples, count) + (count == 0 ? nearest.told() : std::string());
}

std::string expectations::judge_spacing(const scenario::spacing_check& check, const record& kept) {
    constexpr std::size_t most_gaps = 12;
    const auto what = std::string(scenario::name(check.of));
    const auto& times = kept.times;
    if (times.size() < 2) return "seen " + std::to_string(times.size()) + " " + what + ": no gap to measure";
    std::string gaps;
    bool good = true;
    core::duration before{};
    for (std::size_t i = 1; i < times.size(); ++i) {
        const auto gap = times[i].at - times[i - 1].at;
        const bool fits =
            (!check.at_least || gap >= *check.at_least) && (!check.at_most || gap <= *check.at_most) &&
            (!check.growth || i == 1 ||
             static_cast<double>(gap.count()) >= *check.growth * static_cast<double>(before.count()));
        if (i <= most_gaps) {
            gaps += (i == 1 ? "" : ", ") + milliseconds(gap);
            if (!fits) gaps += " (!)" + at_lines(times[i - 1].line, times[i].line);
        }
        good = good && fits;
        before = gap;
    }
    if (good) return {};
    return "seen gaps between " + what + ": " + gaps + (times.size() > most_gaps + 1 ? ", …" : "");
}

std::string expectations::judge_closed(const scenario::closed_check& check, const record& kept) {
    constexpr int still_open = 2; // the farthest from what was expected
    auto misses = kept.misses;
    for (const auto& [id, since] : std::map(kept.reached.begin(), kept.reached.end())) {
        if (misses.size() >= most_misses) break;
        misses.push_back(
            {still_open,
             "connection " + std::to_string(id & 0xffffffffffff) + " is still open" +
                 (since.line != 0 ? " after journal line " + std::to_string(since.line) : "")}
        );
    }
    std::vector<std::string> texts;
    texts.reserve(misses.size());
    for (int rank = 0; rank <= still_open; ++rank) {
        for (auto& miss : misses) {
            if (miss.rank == rank) texts.push_back(std::move(miss.text));
        }
    }
    if (!texts.empty() || kept.count > 0) return joined(texts);
    return "no connection reached " +
           std::string(scenario::name(check.of.value_or(scenario::stage::connect))) + kept.nearest.told();
}

std::string expectations::judge_seen(const scenario::seen_check& check, const record& kept) {
    if (check.never == (kept.count == 0)) return {};
    if (!check.never) return "seen none" + kept.nearest.told();
    return "seen " + std::to_string(kept.count) + first_of(kept.examples, kept.count);
}

std::vector<unmet> expectations::judge(std::span<const open_connection> open) const {
    std::vector<unmet> result;
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const auto& check = scenario_.verify[i];
        const auto& kept = records_[i];
        std::string seen;
        if (std::holds_alternative<scenario::count_check>(check.what)) {
            seen = judge_count(check, kept, open);
        } else if (const auto* spaced = std::get_if<scenario::spacing_check>(&check.what)) {
            seen = judge_spacing(*spaced, kept);
        } else if (const auto* closing = std::get_if<scenario::closed_check>(&check.what)) {
            seen = judge_closed(*closing, kept);
        } else if (const auto* wanted = std::get_if<scenario::seen_check>(&check.what)) {
            seen = judge_seen(*wanted, kept);
        }
        if (!seen.empty()) result.push_back({check.text, check.where.line, seen});
    }
    judge_expected(result);
    return result;
}

} // namespace tdsfake::world
