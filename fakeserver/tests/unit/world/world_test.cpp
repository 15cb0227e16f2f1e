// What connections share: timelines, signals, gates, targeted endings, draws.
#include "tests/unit/world/world_testing.hpp"

namespace tdsfake::world::testing {
namespace {

using scenario::closer;
using scenario::gate_mode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<connection_id> ended(world& w) {
    std::vector<connection_id> ids;
    for (const auto& e : w.take_effects()) {
        if (e.what == effect::kind::end_connection) ids.push_back(e.connection);
    }
    return ids;
}

TEST(World, AtReadyGatesOpenAndTimelinesRun) {
    world_of w("server: {gate: refuse, faults: [{at: start, do: [signal: a, wait: 2s, gate: drop, wait: 1s, "
               "gate: accept]}]}");
    w.it.ready(10s);
    EXPECT_THAT(w.news(), ElementsAre("gate mode=refuse", "step step=signal rule=2", "signal name=a"));
    EXPECT_TRUE(w.it.has_effects());
    ASSERT_EQ(w.it.take_effects().size(), 1U);
    EXPECT_EQ(w.it.next_deadline(), core::instant(12s));
    w.it.expired(11999ms);
    EXPECT_THAT(w.news(), IsEmpty());
    w.it.expired(12s);
    EXPECT_THAT(w.news(), ElementsAre("step step=gate rule=2", "gate mode=drop"));
    EXPECT_EQ(w.it.gate_of(0, 0).mode(), gate_mode::drop);
    EXPECT_EQ(w.it.next_deadline(), core::instant(13s));
    w.it.expired(13s);
    EXPECT_EQ(w.it.gate_of(0, 0).mode(), gate_mode::accept);
    EXPECT_FALSE(w.it.next_deadline());
}

TEST(World, EveryListAtStartIsATimelineOfItsOwn) {
    world_of w(
        "server: {faults: [{at: start, do: [wait: 2s, signal: b]}, {at: start, do: [wait: 1s, signal: a]}]}"
    );
    w.it.ready(0s);
    w.news();
    w.it.expired(5s);
    EXPECT_THAT(
        w.news(),
        ElementsAre("step step=signal rule=2", "signal name=a", "step step=signal rule=2", "signal name=b")
    ) << "in the order of their times";
}

TEST(World, AHoldLastsUntilTheSignalAndASignalStaysRaised) {
    world_of w("server: {faults: [{at: start, do: [hold: go, signal: went, hold: go, signal: again]}, "
               "{at: connect, unused: allowed, do: {signal: go}}]}");
    w.it.ready(0s);
    w.news();
    EXPECT_FALSE(w.it.next_deadline());
    w.it.signal("go", 7s);
    EXPECT_TRUE(w.it.raised("go") && w.it.raised("again"));
    EXPECT_EQ(w.news().front(), "signal name=go");
    w.it.signal("go", 8s);
    EXPECT_THAT(w.news(), IsEmpty()) << "it is up already";
}

TEST(World, WakesTheConnectionsThatHold) {
    world_of w("server: {}");
    member one{}, two{};
    w.it.opened(one);
    w.it.opened(two);
    w.it.hold(one.id, "go");
    w.it.hold(two.id, "other");
    w.it.signal("go", 1s);
    const auto effects = w.it.take_effects();
    ASSERT_EQ(effects.size(), 1U);
    EXPECT_EQ(effects[0].what, effect::kind::wake);
    EXPECT_EQ(effects[0].connection, one.id);
    EXPECT_EQ(effects[0].signal, "go");
    w.it.gone(two, closer::client, 2s);
    w.it.signal("other", 3s);
    EXPECT_THAT(w.it.take_effects(), IsEmpty()) << "it is gone";
    w.it.gone(one, closer::client, 4s);
}

TEST(World, ConnectionsAreNumberedPerServerAndUniqueOverAll) {
    world_of w("servers: {a: {}, b: {}}");
    member m1{}, m2{.server = 1}, m3{};
    for (auto* m : {&m1, &m2, &m3})
        w.it.opened(*m);
    EXPECT_EQ(m1.who.connection, 1U);
    EXPECT_EQ(m2.who.connection, 1U);
    EXPECT_EQ(m3.who.connection, 2U);
    EXPECT_TRUE(m1.id != m2.id && m2.id != m3.id && m1.id != m3.id);
    EXPECT_EQ(w.it.open_connections(), 3U);
    for (auto* m : {&m1, &m2, &m3})
        w.it.gone(*m, closer::client, 0s);
    w.it.gone(m1, closer::client, 0s); // twice is once
    EXPECT_EQ(w.it.open_connections(), 0U);
}

class Targets : public ::testing::Test {
protected:
    void perform(const std::string& step, connection_id origin) {
        world_of other("servers: {a: {faults: [{at: query, do: {" + step + "}}]}, b: {}}");
        w.it.perform(other.it.scenario().servers[0].faults[0].steps[0], 0, origin, 1s);
    }
    void SetUp() override {
        for (auto* m : {&one, &two, &three, &elsewhere})
            w.it.opened(*m);
        one.idle = true;
        two.who.login_read = true;
        two.who.user = "ann";
    }
    void TearDown() override {
        for (auto* m : {&one, &two, &three, &elsewhere})
            w.it.gone(*m, closer::server, 2s);
    }
    world_of w{"servers: {a: {}, b: {}}"};
    member one{}, two{}, three{}, elsewhere{.server = 1};
};

TEST_F(Targets, AllOfThisServerInTheOrderTheyCame) {
    perform("reset: all", two.id);
    EXPECT_THAT(ended(w.it), ElementsAre(one.id, two.id, three.id));
}
TEST_F(Targets, Others) {
    perform("reset: others", two.id);
    EXPECT_THAT(ended(w.it), ElementsAre(one.id, three.id));
}
TEST_F(Targets, Idle) {
    perform("close: idle", two.id);
    EXPECT_THAT(ended(w.it), ElementsAre(one.id));
}
TEST_F(Targets, When) {
    perform("reset: {which: all, when: {user: ann}}", one.id);
    EXPECT_THAT(ended(w.it), ElementsAre(two.id));
}
TEST_F(Targets, HowAndHowLong) {
    perform("vanish: {which: others, for: 30s}", one.id);
    const auto effects = w.it.take_effects();
    ASSERT_EQ(effects.size(), 2U);
    EXPECT_EQ(effects[0].how, scenario::ending::vanish);
    EXPECT_EQ(effects[0].heals_after, core::duration(30s));
}

TEST(Outlive, OnlyServerStepsGoOnAfterWhatWasWaitedFor) {
    world_of w("server: {faults: [{at: login, do: [reply, wait: 5s, signal: a, send: {hex: aa}, wait: 2s, "
               "gate: refuse]}]}");
    w.it.ready(0s);
    w.news();
    w.it.take_effects();
    const auto& steps = w.it.scenario().servers[0].faults[0].steps;
    w.it.outlive(0, 1, {.steps = std::span(steps).subspan(2), .until = 5s}, 3s);
    EXPECT_TRUE(w.it.has_effects()) << "the timer is to be set anew";
    EXPECT_EQ(w.it.next_deadline(), core::instant(5s));
    w.it.expired(5s);
    EXPECT_THAT(w.news(), ElementsAre("step step=signal rule=2", "signal name=a"));
    w.it.expired(7s);
    EXPECT_THAT(w.news(), ElementsAre("step step=gate rule=2", "gate mode=refuse"));
}

TEST(Outlive, WithoutServerStepsNothingIsKept) {
    world_of w("server: {faults: [{at: login, do: [reply, wait: 5s, send: {hex: aa}]}]}");
    w.it.ready(0s);
    w.it.take_effects();
    w.it.outlive(0, 1, {.steps = w.it.scenario().servers[0].faults[0].steps, .until = 5s}, 0s);
    EXPECT_FALSE(w.it.next_deadline());
    EXPECT_FALSE(w.it.has_effects());
}

TEST(Attempts, AreJournalledAndMoveTheGate) {
    world_of w("server: {gate: [refuse: {attempts: 1}, drop: {attempts: 1}, accept]}\nverify: [attempts: 3]");
    w.it.ready(0s);
    w.news();
    EXPECT_EQ(w.it.attempt(0, 0, "192.0.2.1:5", 1s).mode, gate_mode::refuse);
    EXPECT_THAT(w.news(), ElementsAre("attempt peer=192.0.2.1:5 outcome=refused", "gate mode=drop"));
    EXPECT_EQ(w.it.attempt(0, 0, "192.0.2.1:6", 2s, "192.0.2.9:1433").mode, gate_mode::drop);
    EXPECT_THAT(
        w.news(),
        ElementsAre("attempt peer=192.0.2.1:6 local=192.0.2.9:1433 outcome=dropped", "gate mode=accept")
    );
    EXPECT_EQ(w.it.attempt(0, 0, {}, 3s).mode, gate_mode::accept);
    EXPECT_THAT(w.news(), IsEmpty()) << "an accepted one is told as `connect`";
    EXPECT_THAT(w.it.judge(), IsEmpty());
}

TEST(Attempts, TheJournalSaysWhatBecameOfThem) {
    world_of w("server: {gate: [{slow: 600ms, attempts: 1}, {unreachable: admin-prohibited, attempts: 1}, "
               "backlog-full: {attempts: 1}, accept]}\nverify: [attempts: 4]");
    w.it.ready(0s);
    EXPECT_THAT(w.news(), ::testing::Contains("gate mode=slow late=600ms"));
    const auto slow = w.it.attempt(0, 0, "192.0.2.1:5", 1s);
    EXPECT_EQ(slow.mode, gate_mode::slow);
    EXPECT_EQ(slow.late, 600ms) << "of the phase it met, not of the next";
    EXPECT_THAT(
        w.news(),
        ElementsAre("attempt peer=192.0.2.1:5 outcome=delayed", "gate mode=unreachable what=admin-prohibited")
    );
    EXPECT_EQ(w.it.attempt(0, 0, "192.0.2.1:6", 2s).what, scenario::unreachable::admin_prohibited);
    EXPECT_THAT(
        w.news(), ElementsAre("attempt peer=192.0.2.1:6 outcome=unreachable", "gate mode=backlog-full")
    );
    w.it.attempted(0, gate_mode::refuse, "192.0.2.1:7", 2s);
    EXPECT_THAT(w.news(), ElementsAre("attempt peer=192.0.2.1:7 outcome=refused")) << "met an earlier phase";
    EXPECT_EQ(w.it.attempt(0, 0, "192.0.2.1:8", 3s).mode, gate_mode::backlog_full);
    EXPECT_THAT(w.news(), ElementsAre("attempt peer=192.0.2.1:8 outcome=dropped", "gate mode=accept"));
    EXPECT_THAT(w.it.judge(), IsEmpty());
}

TEST(Gates, AnAddressMayHaveItsOwn) {
    world_of w(
        "server: {listen: [127.0.0.1, {address: 127.0.0.2, gate: [drop: {for: 2s}, accept]}], gate: refuse}"
    );
    w.it.ready(0s);
    EXPECT_EQ(w.it.gate_of(0, 0).mode(), gate_mode::refuse);
    EXPECT_EQ(w.it.gate_of(0, 1).mode(), gate_mode::drop);
    EXPECT_EQ(w.it.next_deadline(), core::instant(2s));
    w.it.expired(2s);
    EXPECT_EQ(w.it.gate_of(0, 0).mode(), gate_mode::refuse);
    EXPECT_EQ(w.it.gate_of(0, 1).mode(), gate_mode::accept);
}

TEST(Judge, AFaultThatNeverFiredIsUnmetUnlessItMay) {
    world_of w("server:\n  faults:\n    - {at: [login, rpc], skip: 5, do: reset}\n"
               "    - {at: batch, unused: allowed, do: reset}\n");
    member m{};
    w.it.opened(m);
    const auto first = w.it.judge();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].text, "the fault at login fires");
    EXPECT_EQ(first[0].line, 4);
    EXPECT_EQ(first[0].seen, "it never fired: no event matched it");
    w.it.consider(m, {.stages = stage::login});
    w.it.consider(m, {.stages = stage::rpc});
    EXPECT_EQ(w.it.judge().at(0).seen, "it never fired: 2 events matched it");
    w.it.gone(m, closer::client, 0s);
}

TEST(Abandoned, IsAClientThatLeftBeforeItsLoginWasAnswered) {
    world_of w("verify: [abandoned: 1]");
    member left{}, served{}, ended_by_us{};
    for (auto* m : {&left, &served, &ended_by_us})
        w.it.opened(*m);
    served.login_answered = true;
    w.it.gone(served, closer::client, 0s);
    w.it.gone(ended_by_us, closer::server, 0s);
    EXPECT_EQ(w.it.judge().size(), 1U);
    w.it.gone(left, closer::client, 0s);
    EXPECT_THAT(w.it.judge(), IsEmpty());
}

TEST(Draw, IsAFunctionOfSeedStepConnectionAndCount) {
    const world_of w("server: {}", 7), same("server: {}", 7), other("server: {}", 8);
    const scenario::duration_range range{1s, 3s};
    const scenario::location step{.line = 4, .column = 9};
    const auto drawn = w.it.draw(range, step, 1, 1);
    EXPECT_EQ(drawn, same.it.draw(range, step, 1, 1));
    EXPECT_NE(drawn, other.it.draw(range, step, 1, 1));
    EXPECT_NE(drawn, w.it.draw(range, step, 2, 1));
    EXPECT_NE(drawn, w.it.draw(range, step, 1, 2));
    EXPECT_NE(drawn, w.it.draw(range, {.line = 5, .column = 9}, 1, 1));
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto d = w.it.draw(range, step, 1, i);
        EXPECT_TRUE(d >= 1s && d <= 3s);
    }
    EXPECT_EQ(w.it.draw({5s, 5s}, step, 1, 1), 5s);
}

} // namespace
} // namespace tdsfake::world::testing
