// `verify`: each kind met and unmet, and the exact text of what was seen.
#include "tests/unit/world/world_testing.hpp"

namespace tdsfake::world::testing {
namespace {

using scenario::closer;
using scenario::counter;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class verified {
public:
    explicit verified(const std::string& checks)
        : scenario_(loaded(
              "servers: {a: {}, b: {faults: [{at: connect, unused: allowed, do: {signal: up}}]}}\nverify: [" +
              checks + "]"
          )),
          it(scenario_,
             [this](const std::string& name) { return name == "up" ? up : std::optional<core::instant>(); }) {
        it.ready_at(10s);
    }

    void counts(counter what, core::instant now = 10s, const peer& who = {}, std::uint32_t server = 0) {
        it.count(what, server, &who, {}, now);
    }
    void reaches(stage at, std::uint64_t connection, core::instant now, std::string_view sql = {}) {
        const peer who{.connection = connection};
        it.reached({.stages = at, .who = &who, .read = {.sql = sql}, .now = now});
    }
    void closes(closer by, std::uint64_t connection, core::instant now) {
        it.closed(by, 0, {.connection = connection}, now);
    }
    std::vector<std::string> seen(std::uint64_t open = 0) {
        std::vector<std::string> all;
        std::vector<peer> whose(open);
        std::vector<open_connection> left;
        for (auto& one : whose) {
            left.push_back({0, &one});
            one.connection = left.size();
            one.since = core::instant(11s);
            one.line = 4;
        }
        for (const auto& line : it.judge(left))
            all.push_back(line.text + " | " + line.seen);
        return all;
    }

    std::optional<core::instant> up;

private:
    scenario::scenario scenario_;

public:
    expectations it;
};

TEST(Verify, CountsEachKind) {
    for (const auto what :
         {counter::connections,
          counter::prelogins,
          counter::logins,
          counter::accepted,
          counter::requests,
          counter::attentions,
          counter::abandoned,
          counter::attempts}) {
        const std::string name(scenario::name(what));
        verified v(name + ": 2");
        v.counts(what);
        EXPECT_THAT(v.seen(), ElementsAre(::testing::StartsWith(name + ": 2 | expected 2, seen 1: ")));
        v.counts(what == counter::logins ? counter::accepted : counter::logins); // another kind
        v.counts(what);
        EXPECT_THAT(v.seen(), IsEmpty()) << name;
        v.counts(what);
        EXPECT_THAT(v.seen(), ElementsAre(::testing::StartsWith(name + ": 2 | expected 2, seen 3: ")));
    }
}

TEST(Verify, RangesSayWhatWasExpected) {
    EXPECT_THAT(verified("logins: 2..4").seen(), ElementsAre("logins: 2..4 | expected 2 to 4, seen 0"));
    EXPECT_THAT(
        verified("logins: {at-least: 1}").seen(),
        ElementsAre(::testing::EndsWith("| expected at least 1, seen 0"))
    );
    verified most("logins: {at-most: 1}");
    EXPECT_THAT(most.seen(), IsEmpty());
    most.counts(counter::logins);
    most.counts(counter::logins);
    EXPECT_THAT(most.seen(), ElementsAre(::testing::HasSubstr("| expected at most 1, seen 2: ")));
}

TEST(Verify, CountsOnlyWhatIsMeant) {
    verified v("logins: {at-least: 1, at-most: 1, server: b, when: {user: ann}, since: 2s, until: 5s}");
    const peer ann{.login_read = true, .user = "ann"}, bob{.login_read = true, .user = "bob"};
    v.counts(counter::logins, 13s, ann, 0);     // the other server
    v.counts(counter::logins, 13s, bob, 1);     // another user
    v.counts(counter::logins, 11999ms, ann, 1); // too early
    v.counts(counter::logins, 15s, ann, 1);     // too late
    EXPECT_THAT(
        v.seen(),
        ElementsAre(::testing::EndsWith(
            "| expected 1, seen 0; nearest: a connect after 3000.0ms, user is `bob`; a connect after "
            "1999.0ms, "
            "it was outside `since` and `until`; a connect after 5000.0ms, it was outside `since` and `until`"
        ))
    );
    v.counts(counter::logins, 12s, ann, 1);
    EXPECT_THAT(v.seen(), IsEmpty());
}

TEST(Verify, CountsSinceASignal) {
    verified v("attempts: {since: up, at-most: 0}");
    v.counts(counter::attempts, 11s);
    v.up = 12s;
    EXPECT_THAT(v.seen(), IsEmpty());
    v.counts(counter::attempts, 12s);
    EXPECT_THAT(v.seen(), ElementsAre(::testing::EndsWith("| expected 0, seen 1: a connect after 2000.0ms")));
}

TEST(Verify, OpenIsCountedAtTheEnd) {
    EXPECT_THAT(verified("open: 0").seen(0), IsEmpty());
    EXPECT_THAT(
        verified("open: 0").seen(3),
        ElementsAre(
            "open: 0 | expected 0, seen 3: connection 1 after 1000.0ms (journal line 4); connection 2 "
            "after 1000.0ms (journal line 4); connection 3 after 1000.0ms (journal line 4)"
        )
    );
}

TEST(Verify, SpacingHasEveryGapInItsBounds) {
    verified v("spacing: {of: logins, at-least: 900ms, at-most: 2s}");
    for (const auto at : {10s, 11s, 13s})
        v.counts(counter::logins, at);
    EXPECT_THAT(v.seen(), IsEmpty());
    v.counts(counter::logins, 13500ms);
    v.counts(counter::logins, 16s);
    EXPECT_THAT(
        v.seen(),
        ElementsAre(
            ::testing::EndsWith("| seen gaps between logins: 1000.0ms, 2000.0ms, 500.0ms (!), 2500.0ms (!)")
        )
    );
}

TEST(Verify, SpacingTellsWhereEachWrongGapStands) {
    verified v("spacing: {of: attempts, at-least: 1s}");
    const std::vector<std::pair<core::instant, std::uint64_t>> attempts{
        {10s, 3}, {10100ms, 5}, {12s, 6}, {12200ms, 0}, {12300ms, 0}
    };
    for (const auto& [at, line] : attempts)
        v.it.count(counter::attempts, 0, nullptr, {}, at, line);
    EXPECT_THAT(
        v.seen(),
        ElementsAre(::testing::EndsWith("100.0ms (!) (journal lines 3 and 5), 1900.0ms, "
                                        "200.0ms (!) (journal line 6), 100.0ms (!)"))
    );
}

TEST(Verify, SpacingOfWhatMatches) {
    verified v("spacing: {of: logins, at-least: 1s, when: {user: ann}}");
    const peer ann{.login_read = true, .user = "ann"}, bob{.login_read = true, .user = "bob"};
    v.counts(counter::logins, 10s, ann);
    v.counts(counter::logins, 10100ms, bob);
    v.counts(counter::logins, 11s, ann);
    EXPECT_THAT(v.seen(), IsEmpty());
    v.counts(counter::logins, 11100ms, ann);
    EXPECT_THAT(v.seen(), ElementsAre(::testing::EndsWith("1000.0ms, 100.0ms (!)")));
}

TEST(Verify, AttemptsAreOfAddresses) {
    verified v("attempts: {at-most: 0, when: {to: 127.0.0.2}}, attempts: {at-most: 0, when: {from: 10.0.0.9}}"
    );
    const peer first{.from = "127.0.0.1:40000", .to = "127.0.0.2:1433"};
    v.counts(counter::attempts, 11s, first);
    EXPECT_THAT(
        v.seen(),
        ElementsAre(::testing::EndsWith("| expected 0, seen 1: a connect from 127.0.0.1:40000 after 1000.0ms")
        )
    );
}

TEST(Verify, AbandonedTellsWhoStayed) {
    verified v("abandoned: {at-least: 1, when: {connection: 2}}");
    v.it.came_close(counter::abandoned, 0, {.connection = 1}, "its login was answered", 11s, 7);
    v.it.came_close(counter::abandoned, 0, {.connection = 2}, "the server closed it", 12s, 9);
    EXPECT_THAT(
        v.seen(),
        ElementsAre(::testing::EndsWith(
            "| expected at least 1, seen 0; nearest: connection 2 after 2000.0ms (journal line 9), the "
            "server closed it; connection 1 after 1000.0ms (journal line 7), its login was answered, it is "
            "connection 1"
        ))
    );
}

TEST(Verify, SpacingThatGrows) {
    verified v("spacing: {of: attempts, growth: 2}");
    for (const auto at : {10s, 11s, 13s, 17s})
        v.counts(counter::attempts, at);
    EXPECT_THAT(v.seen(), IsEmpty());
    v.counts(counter::attempts, 20s);
    EXPECT_THAT(v.seen(), ElementsAre(::testing::HasSubstr("4000.0ms, 3000.0ms (!)")));
}

TEST(Verify, SpacingNeedsTwoEvents) {
    verified v("spacing: {of: logins, at-least: 1s}");
    v.counts(counter::logins);
    EXPECT_THAT(v.seen(), ElementsAre(::testing::EndsWith("| seen 1 logins: no gap to measure")));
}

TEST(Verify, SpacingShowsTwelveGaps) {
    verified v("spacing: {of: logins, at-least: 1h}");
    for (int i = 0; i < 14; ++i)
        v.counts(counter::logins, core::instant(10s) + i * core::duration(1s));
    EXPECT_THAT(v.seen(), ElementsAre(::testing::EndsWith("1000.0ms (!), …")));
}

TEST(Verify, ClosedByTheRightSideInTime) {
    verified v("closed: {by: client, of: prelogin, within: 5s}");
    v.reaches(stage::prelogin, 1, 20s);
    v.reaches(stage::connect, 2, 20s); // another stage: not meant
    v.closes(closer::server, 2, 21s);
    v.closes(closer::client, 1, 25s);
    EXPECT_THAT(v.seen(), IsEmpty());
    v.reaches(stage::prelogin, 3, 30s);
    v.closes(closer::client, 3, 35001ms);
    v.reaches(stage::prelogin, 4, 40s);
    v.closes(closer::server, 4, 41s);
    v.reaches(stage::prelogin, 5, 50s);
    EXPECT_THAT(
        v.seen(),
        ElementsAre(
            ::testing::EndsWith("| connection 3 was closed by the client after 5001.0ms; connection 4 was "
                                "closed by the server after 1000.0ms; connection 5 is still open")
        )
    );
}

TEST(Verify, ClosedCountsFromTheFirstTimeTheStageWasReached) {
    verified v("closed: {by: client, of: batch, within: 5s}");
    v.reaches(stage::batch, 1, 10s);
    v.reaches(stage::batch, 1, 19s);
    v.closes(closer::client, 1, 20s);
    EXPECT_THAT(v.seen(), ElementsAre(::testing::HasSubstr("after 10000.0ms")));
}

TEST(Verify, ClosedOfWhatMatches) {
    verified v("closed: {by: client, of: batch, when: {connection: 2, sql: /select/}}");
    v.reaches(stage::batch, 1, 11s, "SELECT 1");
    v.closes(closer::server, 1, 12s);
    EXPECT_THAT(
        v.seen(),
        ElementsAre(::testing::EndsWith("| no connection reached batch; nearest: connection 1 after "
                                        "1000.0ms: SELECT 1, it is connection 1"))
    );
    v.reaches(stage::batch, 2, 13s, "SELECT 2");
    EXPECT_THAT(v.seen(), ElementsAre(::testing::EndsWith("| connection 2 is still open")));
    v.closes(closer::client, 2, 14s);
    EXPECT_THAT(v.seen(), IsEmpty());
}

TEST(Verify, ClosedNeedsAConnection) {
    EXPECT_THAT(
        verified("closed: {by: client, of: login}").seen(),
        ElementsAre(::testing::EndsWith("| no connection reached login"))
    );
    EXPECT_THAT(
        verified("closed: {by: server}").seen(),
        ElementsAre(::testing::EndsWith("| no connection reached connect"))
    );
}

TEST(Verify, SeenAndNever) {
    verified v("seen: {at: [batch, rpc]}, never: {at: batch, when: {sql: /drop/}}");
    EXPECT_THAT(v.seen(), ElementsAre("seen: {at: [batch, rpc]} | seen none"));
    v.reaches(stage::rpc, 1, 11s);
    EXPECT_THAT(v.seen(), IsEmpty());
    v.reaches(stage::batch, 2, 12s, "DROP TABLE t");
    v.reaches(stage::batch, 2, 13s, "DROP TABLE u");
    EXPECT_THAT(
        v.seen(),
        ElementsAre(::testing::EndsWith(
            "| seen 2: connection 2 after 2000.0ms: DROP TABLE t; connection 2 after 3000.0ms: DROP TABLE u"
        ))
    );
}

TEST(Verify, TellsTheLineOfTheFile) {
    const auto s = loaded("verify:\n  - logins: 1\n  - accepted: 1\n");
    const expectations e(s, [](const std::string&) { return std::nullopt; });
    const auto unmet = e.judge({});
    ASSERT_EQ(unmet.size(), 2U);
    EXPECT_EQ(unmet[0].line, 3);
    EXPECT_EQ(unmet[1].line, 4);
}

} // namespace
} // namespace tdsfake::world::testing
