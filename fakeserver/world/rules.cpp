#include "world/rules.hpp"

#include "core/random.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::world {

bool in_window(
    const std::optional<scenario::moment>& since,
    const std::optional<scenario::moment>& until,
    core::instant now,
    core::instant ready,
    const signal_lookup& raised
) {
    const auto reached = [&](const scenario::moment& m) {
        if (const auto* after = std::get_if<core::duration>(&m)) return now >= ready + *after;
        const auto at = raised(std::get<std::string>(m));
        return at && now >= *at;
    };
    return (!since || reached(*since)) && (!until || !reached(*until));
}

rules::rules(const std::vector<scenario::fault>& faults, std::uint64_t seed)
    : faults_(faults),
      seed_(seed),
      misses_(faults.size()),
      totals_(faults.size()),
      courses_(faults.size()),
      first_firing_(faults.size()),
      per_connection_(faults.size()),
      hits_(faults.size()) {
    for (const auto& fault : faults) {
        for (const auto s : fault.at) {
            watched_ = watched_ | s;
            if (s == scenario::stage::idle) idle_times_.push_back(fault.after);
        }
        if (fault.after_bytes) part_sizes_.push_back(*fault.after_bytes);
    }
    std::ranges::sort(idle_times_);
    idle_times_.erase(std::ranges::unique(idle_times_).begin(), idle_times_.end());
    std::ranges::sort(part_sizes_);
    part_sizes_.erase(std::ranges::unique(part_sizes_).begin(), part_sizes_.end());
}

choice rules::consider(const moment& event, core::instant ready, const signal_lookup& raised) {
    for (std::size_t i = 0; i < faults_.size(); ++i) {
        if (fires(i, event, ready, raised)) return {&faults_[i], totals_[i].fired};
    }
    return {};
}

std::vector<choice>
rules::consider_each(const moment& event, core::instant ready, const signal_lookup& raised) {
    std::vector<choice> all;
    for (std::size_t i = 0; i < faults_.size(); ++i) {
        if (fires(i, event, ready, raised)) all.push_back({&faults_[i], totals_[i].fired});
    }
    return all;
}

bool rules::fires(std::size_t index, const moment& event, core::instant ready, const signal_lookup& raised) {
    const auto& fault = faults_[index];
    const bool at_stage = std::ranges::any_of(fault.at, [&](scenario::stage s) {
        return event.stages.has(s) && (s != scenario::stage::idle || fault.after == event.idle_for);
    });
    if (!at_stage || fault.after_bytes != event.so_far) return false;
    if (!holds(fault.when, *event.who, event.read)) {
        note_miss(index, event, ready, {});
        return false;
    }
    if (!in_window(fault.since, fault.until, event.now, ready, raised)) {
        note_miss(index, event, ready, "it was outside `since` and `until`");
        return false;
    }
    auto& first = first_firing_[index];
    if (fault.lasts && first && event.now >= *first + *fault.lasts) return false;

    // Counted for each connection, so that the order in which several arrive cannot change what is drawn.
    const auto hit = fault.chance ? ++hits_[index][event.who->connection] : 0;
    auto& total = totals_[index];
    auto& count = fault.per_connection ? per_connection_[index][event.who->connection] : total;
    if (fault.times && count.fired >= *fault.times) return false; // exhausted: the next rule has its turn
    ++count.matched;
    if (&count != &total) ++total.matched;
    if (count.matched <= fault.skip || (count.matched - fault.skip) % fault.every != 0) return false;
    if (fault.chance && core::draw(seed_, index, event.who->connection, hit) % 100 >= *fault.chance) {
        return false;
    }
    ++count.fired;
    if (&count != &total) ++total.fired;
    if (!first) first = event.now;
    return true;
}

// Only as long as nothing has matched, and no longer than a reader cares: explaining costs more than
// matching.
void rules::note_miss(std::size_t index, const moment& event, core::instant ready, std::string_view window) {
    constexpr std::size_t most_looked_at = 100;
    auto& kept = misses_[index];
    if (totals_[index].matched > 0 || kept.looked_at == most_looked_at) return;
    ++kept.looked_at;
    auto reasons = missed(faults_[index].when, *event.who, event.read);
    if (!window.empty()) reasons.emplace_back(window);
    kept.nearest.add(reasons, described(*event.who, event.now - ready, event.line, event.read.sql));
}

void rules::shaped(const scenario::fault& one, std::string problem) {
    auto& kept = courses_[index_of(one)];
    if (problem.empty()) {
        ++kept.shaped;
    } else if (++kept.misshaped == 1) {
        kept.problem = std::move(problem);
    }
}

void rules::forget(std::uint64_t connection) {
    for (auto& counters : per_connection_)
        counters.erase(connection);
    for (auto& hits : hits_)
        hits.erase(connection);
}

} // namespace tdsfake::world
