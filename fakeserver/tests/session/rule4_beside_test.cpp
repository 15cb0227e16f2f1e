// Rules 4 and 5 of "How a list runs": after the answer it runs beside; endings come after the bytes.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

const std::vector<std::vector<tds::cell>> one{{std::int64_t{1}}};

TEST(Rule4, TheRestRunsBesideTheConversation) {
    conversation("at: login, do: [reply, wait: 5s, reset]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one)
        .after(4999ms)
        .expect_silence()
        .after(1ms)
        .expect_end("RST")
        .expect_noted(kind::closed, "by=server how=RST reached=logged-in");
}

TEST(Rule4, TwoListsRunBesideEachOther) {
    conversation(
        "at: login, do: [reply, wait: 5s, send: {hex: aa}]",
        "at: query, do: [reply, wait: 1s, send: {hex: bb}]"
    )
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one)
        .after(1s)
        .expect_bytes(hex("bb"))
        .after(4s)
        .expect_bytes(hex("aa"))
        .after(1h)
        .expect_silence();
}

TEST(Rule4, ServerStepsOutliveTheConnection) {
    conversation("at: login, do: [reply, wait: 5s, signal: late, reset, gate: refuse]")
        .logs_in()
        .peer_closes()
        .after(4999ms)
        .expect_count(kind::signal, 0)
        .after(1ms)
        .expect_noted(kind::signal, "name=late")
        .expect_noted(kind::gate, "mode=refuse")
        .expect_count(kind::closed, 1);
}

TEST(Rule4, TheWaitThatWasUnderWayIsNotStartedAnew) {
    conversation("at: login, do: [wait: 5s, wait: 2s, signal: late]")
        .connects()
        .peer_sends(login())
        .after(4s)
        .peer_resets()
        .after(2999ms)
        .expect_count(kind::signal, 0)
        .after(1ms)
        .expect_count(kind::signal, 1);
}

TEST(Rule4, TheHoldThatWasUnderWayIsStillHeld) {
    conversation("at: login, do: [hold: go, gate: refuse]", "at: query, do: {signal: go}")
        .connects()
        .peer_sends(login())
        .peer_closes()
        .after(1h)
        .expect_count(kind::gate, 1) // the one of the start
        .raises("go")
        .expect_count(kind::gate, 2);
}

TEST(Rule4, AnEndingOfItsOwnLetsTheServerStepsGoOn) {
    conversation("at: login, do: [reset, wait: 2s, gate: refuse, wait: 3s, gate: accept]")
        .connects()
        .peer_sends(login())
        .expect_end("RST")
        .after(2s)
        .expect_noted(kind::gate, "mode=refuse")
        .expect_count(kind::gate, 2)
        .after(3s)
        .expect_count(kind::gate, 3);
}

TEST(Rule4, StepsOfTheConnectionDoNotOutliveIt) {
    conversation("at: login, do: [reply, wait: 5s, send: {hex: aa}]")
        .logs_in()
        .peer_closes()
        .expect_end("FIN")
        .after(5s)
        .expect_count(kind::sent, 2);
}

TEST(Rule5, EndingsFollowWhatWasSentBefore) {
    for (const std::string how : {"close", "reset", "half-close", "vanish"}) {
        SCOPED_TRACE(how);
        rig on(loaded({.faults = {"at: query, do: [reply, " + how + "]"}}));
        on.connect();
        on.receive(0, joined({prelogin(), login()}));
        actions wanted;
        on.at(0).link->received(batch("SELECT 1"), on.now(), wanted);
        ASSERT_EQ(wanted.size(), 2U);
        EXPECT_EQ(wanted[0].what, action::kind::send);
        EXPECT_NE(wanted[1].what, action::kind::send);
    }
}

} // namespace
} // namespace tdsfake::session::testing
