// What is left of a list when its connection is over: told with the end of the connection, and counted.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using namespace std::chrono_literals;
using journal::kind;

void expect_cut_short(conversation& c, std::uint64_t times) {
    EXPECT_EQ(c.world().the_world().rules_of(0).course_of(0).cut_short, times);
}

TEST(Unfinished, AClientThatLeavesDuringAWait) {
    conversation c("at: login, do: {wait: 20s}");
    c.connects().peer_sends(login()).after(5s).peer_closes().expect_end("FIN");
    c.expect_noted(kind::closed, "by=client how=FIN reached=login unfinished=line 4: wait");
    expect_cut_short(c, 1);
}

TEST(Unfinished, StepsBehindAWait) {
    conversation c("at: login, do: [reply, wait: 5s, stop-reading, reset]");
    c.logs_in().peer_closes().expect_end("FIN");
    c.expect_noted(kind::closed, "unfinished=line 4: wait, stop-reading, reset");
    expect_cut_short(c, 1);
}

TEST(Unfinished, AHoldForASignalThatNeverCame) {
    conversation c("at: prelogin, do: [hold: go, close]", "at: bulk, unused: allowed, do: {signal: go}");
    c.connects().peer_sends(prelogin()).peer_resets();
    c.expect_noted(kind::closed, "by=client how=RST reached=prelogin unfinished=line 4: hold, close");
    expect_cut_short(c, 1);
}

TEST(Unfinished, AnAnswerUnderWay) {
    conversation c("at: query, do: [{reply: healthy, segments: [8, 2s, done]}]");
    c.logs_in().peer_sends(batch("SELECT 1")).after(1s).peer_closes();
    c.expect_noted(kind::closed, "unfinished=line 4: reply");
    expect_cut_short(c, 1);
}

TEST(Unfinished, EndedByAnotherConnectionsList) {
    conversation c("at: login, when: {connection: 1}, do: {wait: 9s}", "at: login, do: {reset: others}");
    c.connects().peer_sends(login()).connects().peer_sends(login());
    c.as(1).expect_end("RST").expect_noted(
        kind::closed, "by=server how=RST reached=login unfinished=line 4: wait"
    );
    expect_cut_short(c, 1);
}

// What the list itself brings about is its end, and what goes on without the connection is not over.
TEST(Unfinished, NotWhatCameToItsEnd) {
    for (const auto* steps :
         {"reset",
          "[wait: 1s, close]",
          "[reply, wait: 5s, signal: up]",
          "[{error: 18456}, wait: 1s]",
          "stall",
          "ignore",
          "vanish",
          "[reply, half-close]"}) {
        conversation c("at: login, unused: allowed, do: " + std::string(steps));
        c.connects().peer_sends(login()).after(2s);
        if (c.me().ended.empty()) c.peer_closes();
        expect_cut_short(c, 0);
        EXPECT_EQ(c.world().events().back().fields.back().name == "unfinished", false) << steps;
    }
}

} // namespace
} // namespace tdsfake::session::testing
