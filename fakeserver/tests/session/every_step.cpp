#include "tests/session/every_step.hpp"

#include "core/hex.hpp"

#include <algorithm>

namespace tdsfake::session::testing {

namespace {

constexpr core::duration long_after = std::chrono::hours(2);

std::vector<std::string> closings(rig& of, std::size_t who) {
    std::vector<std::string> found;
    for (const auto& event : of.events()) {
        if (event.what == journal::kind::closed && event.connection == who + 1)
            found.push_back(fields_of(event));
    }
    return found;
}

std::unique_ptr<rig> after_steps(const replay& of, std::size_t steps) {
    auto fresh = std::make_unique<rig>(of.owner, of.opts);
    for (std::size_t i = 0; i < steps; ++i)
        play(*fresh, of.script[i]);
    return fresh;
}

// What others do, signals and time go on; then nothing is left to wait for.
void go_on(rig& on, const replay& of, std::size_t from, std::size_t without) {
    for (std::size_t i = from; i < of.script.size(); ++i) {
        const auto& next = of.script[i];
        const bool of_the_dead = next.who == without && next.what != input::kind::signal &&
                                 next.what != input::kind::time && next.what != input::kind::connect;
        if (!of_the_dead) play(on, next);
    }
    on.advance_to(on.now() + long_after);
}

void expect_over(rig& on, std::size_t who, const std::string& how_it_closed) {
    auto& p = on.at(who);
    EXPECT_THAT(p.misdeeds, ::testing::IsEmpty());
    const auto noted = closings(on, who);
    ASSERT_EQ(noted.size(), 1U) << "`closed` in the journal";
    EXPECT_TRUE(noted.front().starts_with(how_it_closed)) << noted.front();
}

} // namespace

void same_byte_by_byte(const replay& of, rig& whole) {
    SCOPED_TRACE("replayed with the client's bytes one at a time");
    rig slow(of.owner, of.opts);
    for (const auto& next : of.script)
        play(slow, next, true);
    for (std::size_t i = 0; i < whole.peers(); ++i) {
        EXPECT_EQ(core::to_hex(slow.at(i).everything), core::to_hex(whole.at(i).everything));
        EXPECT_EQ(slow.at(i).ended, whole.at(i).ended);
        EXPECT_EQ(slow.at(i).half_closed, whole.at(i).half_closed);
        EXPECT_EQ(slow.at(i).vanished, whole.at(i).vanished);
        EXPECT_THAT(slow.at(i).misdeeds, ::testing::IsEmpty());
    }
}

void fails_at_every_step(const replay& of) {
    for (std::size_t steps = 1; steps <= of.script.size(); ++steps) {
        for (const bool fin : {true, false}) {
            SCOPED_TRACE(
                std::string(fin ? "FIN" : "RST") + " of the client after step " + std::to_string(steps) +
                " of " + std::to_string(of.script.size())
            );
            const auto who = of.script[steps - 1].who;
            const auto on = after_steps(of, steps);
            auto& p = on->at(who);
            const bool gone_before = !closings(*on, who).empty();
            const auto came = p.everything.size();
            if (fin) {
                on->fin(who);
            } else {
                on->rst(who);
            }
            const bool in_the_dark = p.vanished && !p.heals_after; // no FIN gets there, and none comes back
            if (!fin || !(of.handles_client_close || in_the_dark)) {
                EXPECT_TRUE(p.link->over());
                EXPECT_EQ(p.everything.size(), came) << "an answer to a client that has left";
                EXPECT_TRUE(gone_before || p.ended == (fin ? "FIN" : "")) << p.ended;
                p.silent_from_here = true;
            }
            go_on(*on, of, steps, who);
            expect_over(*on, who, gone_before ? "by=" : fin ? "by=client how=FIN" : "by=client how=RST");
        }
    }
}

void cancelled_at_every_step(const replay& of) {
    for (std::size_t steps = 1; steps <= of.script.size(); ++steps) {
        SCOPED_TRACE(
            "reset by the world after step " + std::to_string(steps) + " of " +
            std::to_string(of.script.size())
        );
        const auto on = after_steps(of, steps);
        std::vector<bool> gone_before;
        for (std::size_t i = 0; i < on->peers(); ++i)
            gone_before.push_back(!closings(*on, i).empty());
        on->raise(std::string(cancel_signal));
        for (std::size_t i = 0; i < on->peers(); ++i) {
            if (gone_before[i]) continue;
            EXPECT_EQ(on->at(i).ended, "RST") << "connection " << i + 1;
            on->at(i).silent_from_here = true;
        }
        EXPECT_EQ(on->the_world().open_connections(), 0U);
        const auto before = on->peers();
        go_on(*on, of, steps, of.script[steps - 1].who);
        for (std::size_t i = 0; i < before; ++i)
            expect_over(*on, i, gone_before[i] ? "by=" : "by=server how=RST");
    }
}

} // namespace tdsfake::session::testing
