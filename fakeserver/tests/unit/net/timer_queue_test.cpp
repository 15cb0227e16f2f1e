// On a real clock, and yet without timing: what is due in the past fires at once, in order; what is due in an
// hour does not.
#include "net/timer_queue.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tdsfake::net {
namespace {

using namespace std::chrono_literals;
using fired = std::vector<std::pair<owner_id, std::uint32_t>>;

class TimerQueue : public ::testing::Test {
protected:
    // Runs until `count` timers have fired, or nothing is left that could.
    void run(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        io.restart(); // it stops when it runs out of work
        while (seen.size() < count && io.run_one_until(deadline) > 0) {}
    }

    boost::asio::io_context io;
    clock time;
    fired seen;
    std::function<void(owner_id, std::uint32_t)> then;
    timer_queue timers{io, time, [this](owner_id owner, std::uint32_t timer) {
                           seen.emplace_back(owner, timer);
                           if (then) then(owner, timer);
                       }};
};

TEST_F(TimerQueue, FiresInTheOrderOfTime) {
    const auto now = time.now();
    timers.start(1, 7, now + 3ms);
    timers.start(2, 7, now + 1ms);
    timers.start(1, 8, now + 2ms);
    run(3);
    EXPECT_EQ(seen, (fired{{2, 7}, {1, 8}, {1, 7}}));
    EXPECT_GE(time.now(), now + 3ms) << "never early";
}

TEST_F(TimerQueue, WhatIsPastIsDueAtOnce) {
    timers.start(1, 1, core::instant(-1s));
    timers.start(1, 2, core::instant(0));
    run(2);
    EXPECT_EQ(seen, (fired{{1, 1}, {1, 2}}));
}

TEST_F(TimerQueue, AnEarlierTimerStartedLaterFiresFirst) {
    timers.start(1, 1, time.now() + 1h);
    timers.start(1, 2, time.now());
    run(1);
    EXPECT_EQ(seen, (fired{{1, 2}}));
}

TEST_F(TimerQueue, AStoppedTimerNeverFires) {
    const auto now = time.now();
    timers.start(1, 1, now);
    timers.start(1, 2, now);
    timers.start(2, 1, now);
    timers.stop(1, 1);
    timers.stop(1, 99); // never started
    timers.stop(3, 1);
    run(2);
    EXPECT_EQ(seen, (fired{{1, 2}, {2, 1}}));
}

TEST_F(TimerQueue, StopsAllOfOneOwner) {
    const auto now = time.now();
    for (const std::uint32_t timer : {1U, 2U, 0xffffffffU})
        timers.start(5, timer, now);
    timers.start(4, 9, now);
    timers.start(6, 9, now);
    timers.stop_all(5);
    run(2);
    EXPECT_EQ(seen, (fired{{4, 9}, {6, 9}}));
}

TEST_F(TimerQueue, AHandlerMayStartAndStop) {
    const auto now = time.now();
    timers.start(1, 1, now);
    timers.start(1, 2, now);
    then = [&](owner_id, std::uint32_t timer) {
        if (timer != 1) return;
        timers.stop(1, 2);
        timers.start(1, 3, time.now());
    };
    run(2);
    EXPECT_EQ(seen, (fired{{1, 1}, {1, 3}}));
}

TEST_F(TimerQueue, GoesOnAfterItWasEmpty) {
    timers.start(1, 1, time.now());
    run(1);
    timers.start(1, 2, time.now());
    run(2);
    EXPECT_EQ(seen, (fired{{1, 1}, {1, 2}}));
}

} // namespace
} // namespace tdsfake::net
