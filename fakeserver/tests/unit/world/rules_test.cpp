// "How often": skip, every, chance, times, per connection, since, until, for; the first in file order.
#include "tests/unit/world/world_testing.hpp"

#include <map>
#include <set>

namespace tdsfake::world::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class rule_book {
public:
    explicit rule_book(const std::string& faults, std::uint64_t seed = 0)
        : server_(server_of(faults)),
          it(server_.faults, seed) {}

    // The rule, from 1, that takes an event at this stage on that connection; 0: none.
    std::size_t takes(stage at = stage::login, std::uint64_t connection = 1, core::instant now = {}) {
        const peer who{.connection = connection};
        const auto taken = it.consider(
            {.stages = at, .who = &who, .idle_for = idle_for, .now = now},
            0s,
            [&](const std::string& name) {
                const auto found = signals.find(name);
                return found == signals.end() ? std::nullopt : std::optional(found->second);
            }
        );
        firing = taken.firing;
        return taken ? static_cast<std::size_t>(taken.fault - server_.faults.data()) + 1 : 0;
    }
    std::vector<std::size_t> first(std::size_t count) {
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < count; ++i)
            all.push_back(takes());
        return all;
    }

    std::map<std::string, core::instant> signals;
    core::duration idle_for{};
    std::uint64_t firing = 0;

private:
    scenario::server server_;

public:
    rules it;
};

TEST(Rules, WithoutAFaultNothingFires) { EXPECT_EQ(rule_book("").takes(), 0U); }

TEST(Rules, AFaultFiresAtItsStagesOnly) {
    rule_book r("{at: [login, batch], do: reset}");
    EXPECT_EQ(r.takes(stage::login), 1U);
    EXPECT_EQ(r.takes(stage::batch), 1U);
    EXPECT_EQ(r.takes(stage::prelogin), 0U);
    EXPECT_TRUE(r.it.watches(stage::batch));
    EXPECT_FALSE(r.it.watches(stage::prelogin));
}

TEST(Rules, Times) {
    EXPECT_THAT(rule_book("{at: login, times: 2, do: reset}").first(4), ElementsAre(1, 1, 0, 0));
}

TEST(Rules, TimesZeroNeverFires) {
    EXPECT_THAT(rule_book("{at: login, times: 0, unused: allowed, do: reset}").first(2), ElementsAre(0, 0));
}

TEST(Rules, Skip) {
    EXPECT_THAT(rule_book("{at: login, skip: 2, do: reset}").first(4), ElementsAre(0, 0, 1, 1));
}

TEST(Rules, EveryThirdIsTheThirdNotTheFirst) {
    EXPECT_THAT(rule_book("{at: login, every: 3, do: reset}").first(7), ElementsAre(0, 0, 1, 0, 0, 1, 0));
}

TEST(Rules, SkipThenEveryThenTimes) {
    EXPECT_THAT(
        rule_book("{at: login, skip: 2, every: 2, times: 2, do: reset}").first(9),
        ElementsAre(0, 0, 0, 1, 0, 1, 0, 0, 0)
    );
}

TEST(Rules, TheFirstThatFiresTakesTheEvent) {
    rule_book r("{at: login, do: reset}, {at: login, do: close}");
    EXPECT_THAT(r.first(3), ElementsAre(1, 1, 1));
    EXPECT_EQ(r.it.of(1).matched, 0U) << "later ones do not count it";
}

TEST(Rules, AnExhaustedOneFallsThrough) {
    rule_book r("{at: login, times: 2, do: reset}, {at: login, times: 1, do: close}");
    EXPECT_THAT(r.first(4), ElementsAre(1, 1, 2, 0));
    EXPECT_EQ(r.it.of(0).matched, 2U);
    EXPECT_EQ(r.it.of(1).fired, 1U);
}

TEST(Rules, ARuleCountsTheEventsThatReachIt) {
    // The second sees events 1, 3, 5: it skips 1 and takes 3 and 5.
    EXPECT_THAT(
        rule_book("{at: login, every: 2, do: reset}, {at: login, skip: 1, do: close}").first(5),
        ElementsAre(0, 1, 2, 1, 2)
    );
}

TEST(Rules, FiringsAreNumbered) {
    rule_book r("{at: login, every: 2, do: reset}");
    r.first(3);
    EXPECT_EQ(r.takes(), 1U);
    EXPECT_EQ(r.firing, 2U);
    EXPECT_EQ(r.it.of(0).matched, 4U);
    EXPECT_EQ(r.it.of(0).fired, 2U);
}

TEST(Rules, PerConnectionCountsEachAnew) {
    rule_book r("{at: login, per: connection, skip: 1, times: 1, do: reset}");
    for (const std::uint64_t connection : {1U, 2U}) {
        EXPECT_EQ(r.takes(stage::login, connection), 0U);
        EXPECT_EQ(r.takes(stage::login, connection), 1U);
        EXPECT_EQ(r.takes(stage::login, connection), 0U);
    }
    EXPECT_EQ(r.it.of(0).fired, 2U) << "the summary counts all";
}

TEST(Rules, AConnectionThatIsGoneIsForgotten) {
    rule_book r("{at: login, per: connection, times: 1, do: reset}");
    EXPECT_EQ(r.takes(stage::login, 1), 1U);
    EXPECT_EQ(r.takes(stage::login, 1), 0U);
    r.it.forget(1);
    EXPECT_EQ(r.takes(stage::login, 1), 1U);
}

TEST(Rules, SinceAndUntilADuration) {
    rule_book r("{at: login, since: 2s, until: 5s, do: reset}");
    EXPECT_EQ(r.takes(stage::login, 1, 1999ms), 0U);
    EXPECT_EQ(r.takes(stage::login, 1, 2s), 1U);
    EXPECT_EQ(r.takes(stage::login, 1, 4999ms), 1U);
    EXPECT_EQ(r.takes(stage::login, 1, 5s), 0U);
    EXPECT_EQ(r.it.of(0).matched, 2U) << "outside the window nothing is counted";
}

TEST(Rules, SinceAndUntilASignal) {
    rule_book r("{at: login, since: up, until: down, do: reset}, {at: connect, unused: allowed, do: [signal: "
                "up, signal: down]}");
    EXPECT_EQ(r.takes(stage::login, 1, 1s), 0U);
    r.signals["up"] = 2s;
    EXPECT_EQ(r.takes(stage::login, 1, 2s), 1U);
    r.signals["down"] = 4s;
    EXPECT_EQ(r.takes(stage::login, 1, 3s), 1U);
    EXPECT_EQ(r.takes(stage::login, 1, 4s), 0U);
}

TEST(Rules, ForLastsFromTheFirstFiring) {
    rule_book r("{at: login, skip: 1, for: 45s, do: reset}");
    EXPECT_EQ(r.takes(stage::login, 1, 0s), 0U);
    EXPECT_EQ(r.takes(stage::login, 1, 100s), 1U);
    EXPECT_EQ(r.takes(stage::login, 1, 144999ms), 1U);
    EXPECT_EQ(r.takes(stage::login, 1, 145s), 0U);
    EXPECT_EQ(r.takes(stage::login, 1, 500s), 0U);
}

TEST(Rules, IdleMeansTheRulesOfExactlyThatTime) {
    rule_book r("{at: idle, after: 3s, do: reset}, {at: idle, after: 1s, do: close}, {at: [idle, login], "
                "after: 3s, do: "
                "vanish}");
    EXPECT_THAT(r.it.idle_times(), ElementsAre(1s, 3s));
    r.idle_for = 1s;
    EXPECT_EQ(r.takes(stage::idle), 2U);
    r.idle_for = 3s;
    EXPECT_EQ(r.takes(stage::idle), 1U);
    r.idle_for = {};
    EXPECT_EQ(r.takes(stage::login), 3U);
}

TEST(Rules, EachAtStartTakesTheEvent) {
    rule_book r("{at: start, do: {gate: refuse}}, {at: start, do: {gate: drop}}");
    const peer nobody;
    const auto chosen =
        r.it.consider_each({.stages = stage::start, .who = &nobody}, 0s, [](const std::string&) {
            return std::nullopt;
        });
    EXPECT_EQ(chosen.size(), 2U);
}

// ------------------------------------------------------------------------------------------------ chance

std::set<std::uint64_t> hit_connections(rule_book& r, std::vector<std::uint64_t> order) {
    std::set<std::uint64_t> hit;
    for (const auto connection : order) {
        if (r.takes(stage::login, connection) != 0) hit.insert(connection);
    }
    return hit;
}

std::vector<std::uint64_t> upward(std::uint64_t count) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 1; i <= count; ++i)
        all.push_back(i);
    return all;
}

TEST(Chance, IsAboutAsOftenAsItSays) {
    rule_book r("{at: login, chance: 25%, do: reset}", 42);
    const auto hits = hit_connections(r, upward(10'000)).size();
    EXPECT_GT(hits, 2300U);
    EXPECT_LT(hits, 2700U);
    EXPECT_EQ(r.it.of(0).matched, 10'000U);
}

TEST(Chance, NoneAndAll) {
    rule_book never("{at: login, chance: 0%, unused: allowed, do: reset}"),
        always("{at: login, chance: 100%, do: reset}");
    EXPECT_THAT(hit_connections(never, upward(200)), IsEmpty());
    EXPECT_EQ(hit_connections(always, upward(200)).size(), 200U);
}

TEST(Chance, IsDrawnFromTheSeedAlone) {
    const auto hits = [](std::uint64_t seed) {
        rule_book r("{at: login, chance: 50%, do: reset}", seed);
        return hit_connections(r, upward(200));
    };
    EXPECT_EQ(hits(1), hits(1));
    EXPECT_NE(hits(1), hits(2));
}

TEST(Chance, DoesNotDependOnTheOrderOfConnections) {
    rule_book one("{at: login, chance: 50%, do: reset}", 7), other("{at: login, chance: 50%, do: reset}", 7);
    auto backward = upward(200);
    std::ranges::reverse(backward);
    EXPECT_EQ(hit_connections(one, upward(200)), hit_connections(other, backward));
}

TEST(Chance, IsDrawnAnewForEachEventAndEachRule) {
    rule_book r("{at: login, chance: 50%, do: reset}, {at: login, chance: 50%, do: close}", 7);
    std::map<std::size_t, int> counts;
    for (int i = 0; i < 400; ++i)
        ++counts[r.takes(stage::login, 1)];
    EXPECT_GT(counts[1], 150); // half
    EXPECT_GT(counts[2], 60);  // half of the rest
    EXPECT_GT(counts[0], 60);
}

} // namespace
} // namespace tdsfake::world::testing
