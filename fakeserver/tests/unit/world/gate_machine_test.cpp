#include "tests/unit/world/world_testing.hpp"

#include <set>

namespace tdsfake::world::testing {
namespace {

using scenario::gate_mode;

// The gate of `gate: …`, with the signals a test raises.
struct gate {
    explicit gate(const std::string& phases)
        : machine(phases_of(phases), [this](const std::string& name) { return up.contains(name); }) {
        machine.start(0s);
    }
    static scenario::gate phases_of(const std::string& phases) {
        return loaded(
                   "server: {gate: " + phases +
                   ", faults: [{at: connect, unused: allowed, do: [signal: one, signal: two]}]}"
        )
            .servers.at(0)
            .gate;
    }
    std::set<std::string> up;
    gate_machine machine;
};

TEST(Gate, AModeStays) {
    gate g("drop");
    EXPECT_EQ(g.machine.mode(), gate_mode::drop);
    EXPECT_FALSE(g.machine.deadline());
    EXPECT_FALSE(g.machine.expired(1000h));
    EXPECT_FALSE(g.machine.attempted(0s));
    EXPECT_FALSE(g.machine.counting());
}

TEST(Gate, APhaseEndsAfterItsTime) {
    gate g("[refuse: {for: 3s}, drop: {for: 2s}, accept]");
    EXPECT_EQ(g.machine.mode(), gate_mode::refuse);
    EXPECT_EQ(g.machine.deadline(), core::instant(3s));
    EXPECT_FALSE(g.machine.expired(2999ms));
    EXPECT_TRUE(g.machine.expired(3s));
    EXPECT_EQ(g.machine.mode(), gate_mode::drop);
    EXPECT_EQ(g.machine.deadline(), core::instant(5s));
    EXPECT_TRUE(g.machine.expired(5500ms)) << "late";
    EXPECT_EQ(g.machine.mode(), gate_mode::accept);
    EXPECT_FALSE(g.machine.deadline());
    EXPECT_FALSE(g.machine.expired(100s));
}

TEST(Gate, APhaseAfterALateOneIsNotShorterThanSaid) {
    gate g("[refuse: {for: 3s}, drop: {for: 2s}, accept]");
    EXPECT_TRUE(g.machine.expired(4s));
    EXPECT_EQ(g.machine.deadline(), core::instant(6s));
}

TEST(Gate, EveryModeTakesEveryEnd) {
    gate g(
        "[{slow: 600ms, for: 3s}, {unreachable: net, attempts: 2}, backlog-full: {until: one}, {unreachable: "
        "port, for: 1s}, slow: 2s]"
    );
    EXPECT_EQ(g.machine.mode(), gate_mode::slow);
    EXPECT_EQ(g.machine.phase().late, 600ms);
    EXPECT_FALSE(g.machine.attempted(2s));
    EXPECT_TRUE(g.machine.expired(3s));
    EXPECT_EQ(g.machine.mode(), gate_mode::unreachable);
    EXPECT_EQ(g.machine.phase().what, scenario::unreachable::net);
    EXPECT_TRUE(g.machine.counting());
    EXPECT_FALSE(g.machine.attempted(4s));
    EXPECT_TRUE(g.machine.attempted(4s));
    EXPECT_EQ(g.machine.mode(), gate_mode::backlog_full);
    EXPECT_FALSE(g.machine.expired(100s));
    g.up.insert("one");
    EXPECT_TRUE(g.machine.raised("one", 100s));
    EXPECT_EQ(g.machine.mode(), gate_mode::unreachable);
    EXPECT_EQ(g.machine.phase().what, scenario::unreachable::port);
    EXPECT_TRUE(g.machine.expired(101s));
    EXPECT_EQ(g.machine.mode(), gate_mode::slow);
    EXPECT_EQ(g.machine.phase().late, 2s);
    EXPECT_FALSE(g.machine.deadline());
}

TEST(Gate, APhaseEndsWithItsSignal) {
    gate g("[refuse: {until: one}, accept]");
    EXPECT_FALSE(g.machine.raised("two", 1s));
    EXPECT_EQ(g.machine.mode(), gate_mode::refuse);
    EXPECT_TRUE(g.machine.raised("one", 1s));
    EXPECT_EQ(g.machine.mode(), gate_mode::accept);
    EXPECT_FALSE(g.machine.raised("one", 2s));
}

TEST(Gate, ASignalThatIsUpEndsAPhaseBeforeItBegins) {
    gate g("[refuse: {for: 1s}, drop: {until: one}, refuse: {until: two}, accept]");
    g.up = {"one", "two"};
    EXPECT_TRUE(g.machine.expired(1s));
    EXPECT_EQ(g.machine.mode(), gate_mode::accept);
}

TEST(Gate, ASignalSkipsOnlyPhasesThatWaitForIt) {
    gate g("[refuse: {for: 1s}, drop: {until: one}, refuse: {until: two}, accept]");
    g.up = {"one"};
    EXPECT_TRUE(g.machine.expired(1s));
    EXPECT_EQ(g.machine.mode(), gate_mode::refuse);
    EXPECT_FALSE(g.machine.deadline());
}

TEST(Gate, APhaseEndsAfterSoManyConnects) {
    gate g("[refuse: {attempts: 2}, drop: {attempts: 1}, accept]");
    EXPECT_TRUE(g.machine.counting());
    EXPECT_FALSE(g.machine.attempted(0s));
    EXPECT_EQ(g.machine.mode(), gate_mode::refuse);
    EXPECT_TRUE(g.machine.attempted(0s));
    EXPECT_EQ(g.machine.mode(), gate_mode::drop);
    EXPECT_TRUE(g.machine.attempted(0s)) << "the phase counts its own";
    EXPECT_EQ(g.machine.mode(), gate_mode::accept);
    EXPECT_FALSE(g.machine.counting());
}

TEST(Gate, AStepReplacesWhatRemains) {
    gate g("[refuse: {for: 3s}, accept]");
    g.machine.replace(gate::phases_of("[drop: {for: 1s}, refuse]"), 2s);
    EXPECT_EQ(g.machine.mode(), gate_mode::drop);
    EXPECT_EQ(g.machine.deadline(), core::instant(3s)) << "counted from the step";
    EXPECT_TRUE(g.machine.expired(3s));
    EXPECT_EQ(g.machine.mode(), gate_mode::refuse);
    EXPECT_FALSE(g.machine.expired(100s));
}

} // namespace
} // namespace tdsfake::world::testing
