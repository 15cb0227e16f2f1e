// Which fault takes an event, and how often: skip, every, chance, times, since, until, for.
#pragma once

#include "scenario/model.hpp"
#include "world/event.hpp"
#include "world/near_misses.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tdsfake::world {

// The rule that takes an event; none: the healthy reply.
struct choice {
    const scenario::fault* fault = nullptr;
    std::uint64_t firing = 0; // the how-manieth of this rule, from 1
    explicit operator bool() const noexcept { return fault != nullptr; }
};

// When a signal was raised; nothing if it has not been.
using signal_lookup = std::function<std::optional<core::instant>(const std::string&)>;

// True from the moment `since` until before `until`; durations count from `ready`.
bool in_window(
    const std::optional<scenario::moment>& since,
    const std::optional<scenario::moment>& until,
    core::instant now,
    core::instant ready,
    const signal_lookup& raised
);

// The counters of one server's faults, or of the Browser's.
class rules {
public:
    rules(const std::vector<scenario::fault>& faults, std::uint64_t seed);

    // The first fault in file order that fires takes the event; later ones do not count it.
    choice consider(const moment& event, core::instant ready, const signal_lookup& raised);

    // Every fault that fires: at `start`, where each list is a timeline of its own and none takes the event.
    std::vector<choice> consider_each(const moment& event, core::instant ready, const signal_lookup& raised);

    struct tally {
        std::uint64_t matched = 0;
        std::uint64_t fired = 0;
    };
    [[nodiscard]] const tally& of(std::size_t index) const { return totals_[index]; }

    // What became of the lists that ran.
    struct course {
        std::uint64_t cut_short = 0; // by the end of their connection
        std::uint64_t shaped = 0;    // answers that had all that the shapes beside their step ask for
        std::uint64_t misshaped = 0; // and that had not;
        std::string problem;         // of the first of them
    };
    [[nodiscard]] const course& course_of(std::size_t index) const { return courses_[index]; }
    void cut_short(const scenario::fault& one) { ++courses_[index_of(one)].cut_short; }
    // An answer was sent; `problem`: what it does not have, if that is so.
    void shaped(const scenario::fault& one, std::string problem);
    // Of a fault that no event has matched: those at its stage that came closest.
    [[nodiscard]] const near_misses& nearest(std::size_t index) const { return misses_[index].nearest; }

    // The distinct `after` of the faults at idle, ascending.
    [[nodiscard]] const std::vector<core::duration>& idle_times() const noexcept { return idle_times_; }
    // Those of the faults in the middle of a message.
    [[nodiscard]] const std::vector<std::uint64_t>& part_sizes() const noexcept { return part_sizes_; }
    // Whether any fault stands at this stage: lets the session skip work nobody asked for.
    [[nodiscard]] bool watches(scenario::stage s) const noexcept { return watched_.has(s); }

    void forget(std::uint64_t connection); // a connection is gone: its own counters go too

private:
    void note_miss(std::size_t index, const moment& event, core::instant ready, std::string_view window);
    [[nodiscard]] std::size_t index_of(const scenario::fault& one) const {
        return static_cast<std::size_t>(&one - faults_.data());
    }
    bool fires(std::size_t index, const moment& event, core::instant ready, const signal_lookup& raised);

    const std::vector<scenario::fault>& faults_;
    std::uint64_t seed_;
    struct missed_events {
        near_misses nearest;
        std::size_t looked_at = 0;
    };
    std::vector<missed_events> misses_;
    stage_set watched_;
    std::vector<core::duration> idle_times_;
    std::vector<std::uint64_t> part_sizes_;
    std::vector<tally> totals_;
    std::vector<course> courses_;
    std::vector<std::optional<core::instant>> first_firing_;
    std::vector<std::unordered_map<std::uint64_t, tally>> per_connection_;
    std::vector<std::unordered_map<std::uint64_t, std::uint64_t>> hits_; // of rules with `chance`
};

} // namespace tdsfake::world
