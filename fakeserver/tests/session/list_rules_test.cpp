// "How a list runs", rules 1 to 5 of the scenario language, one by one.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

constexpr std::uint16_t ends_with_error = 0x02;
constexpr std::uint16_t acknowledges_attention = 0x20;
const std::vector<std::vector<tds::cell>> one{{std::int64_t{1}}};

// ------------------------------------------------- 1: only time takes time; messages queue, others do not

TEST(Rule1, AWaitDelaysTheHealthyReplyByExactlyItsTime) {
    conversation("at: login, do: {wait: 5s}")
        .connects()
        .peer_sends(prelogin())
        .expect_prelogin()
        .peer_sends(login())
        .after(4999ms)
        .expect_silence()
        .after(1ms)
        .expect_logged_in()
        .peer_closes()
        .expect_end("FIN");
}

TEST(Rule1, AWaitCountsFromWhenTheBytesWereRead) {
    conversation c("at: query, do: {wait: 2s}");
    c.logs_in().logs_in();
    c.as(1).peer_sends(batch("SELECT 1")).after(1s);
    c.as(2).peer_sends(batch("SELECT 1")).after(1s);
    c.expect_silence().as(1).expect_rows(one);
    c.after(1s).as(2).expect_rows(one);
}

TEST(Rule1, WaitsInARowAddUp) {
    conversation("at: query, do: [wait: 1s, wait: 2s]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .after(2999ms)
        .expect_silence()
        .after(1ms)
        .expect_rows(one);
}

TEST(Rule1, AHoldLastsUntilTheSignal) {
    conversation("at: login, do: {hold: go}", "at: batch, do: {signal: go}")
        .connects()
        .peer_sends(login())
        .after(24h)
        .expect_silence()
        .raises("go")
        .expect_logged_in();
}

TEST(Rule1, AHoldForASignalThatIsUpTakesNoTime) {
    conversation("at: login, do: {hold: go}", "at: connect, do: {signal: go}")
        .connects()
        .peer_sends(login())
        .expect_logged_in();
}

TEST(Rule1, AWaitAfterAHoldCountsFromTheSignal) {
    conversation("at: login, do: [hold: go, wait: 2s]", "at: batch, do: {signal: go}")
        .connects()
        .peer_sends(login())
        .after(10s)
        .raises("go")
        .after(1999ms)
        .expect_silence()
        .after(1ms)
        .expect_logged_in();
}

TEST(Rule1, OneConnectionsSignalReleasesAnother) {
    conversation c(
        "at: login, when: {user: ann}, do: {hold: go}", "at: login, when: {user: bob}, do: {signal: go}"
    );
    c.connects().peer_sends(login({.user = "ann"})).expect_silence();
    c.connects().peer_sends(login({.user = "bob"})).expect_logged_in();
    c.as(1).expect_logged_in().expect_noted(kind::signal, "name=go");
}

TEST(Rule1, PipelinedRequestsQueueAndAreAnsweredInOrder) {
    conversation("at: query, times: 1, do: {wait: 5s}")
        .logs_in()
        .peer_sends(joined({batch("SELECT 1"), batch("SELECT 2"), batch("SET NOCOUNT ON")}))
        .expect_count(kind::received, 5)
        .after(1s)
        .peer_sends(batch("SELECT 3"))
        .expect_silence()
        .after(4s)
        .expect_rows(one)
        .expect_rows({{std::int64_t{2}}})
        .expect_done(0)
        .expect_rows({{std::int64_t{3}}})
        .expect_silence();
}

TEST(Rule1, AQueuedRequestKeepsTheChoiceMadeWhenItWasRead) {
    // `until: over`: what is read before the signal is refused, though it is answered after it.
    conversation(
        "at: query, when: {sql: slow}, do: {wait: 5s}",
        "at: query, until: over, do: {error: {number: 50001, message: early}}"
    )
        .logs_in()
        .peer_sends(joined({batch("slow"), batch("SELECT 1")}))
        .raises("over")
        .peer_sends(batch("SELECT 1"))
        .after(5s)
        .expect_error(50000)
        .expect_error(50001)
        .expect_rows(one);
}

TEST(Rule1, MessagesQueueFromTheVeryConnectOn) {
    conversation("at: connect, do: {wait: 3s}")
        .connects()
        .peer_sends(joined({prelogin(), login()}))
        .expect_silence()
        .after(3s)
        .expect_prelogin()
        .expect_logged_in();
}

TEST(Rule1, AttentionFinAndRstNeverQueue) {
    conversation("at: query, do: {wait: 30s}")
        .logs_in()
        .peer_sends(joined({batch("SELECT 1"), attention()}))
        .expect_done(ends_with_error)
        .expect_done(acknowledges_attention);
    conversation("at: query, do: {wait: 30s}")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .peer_closes()
        .expect_end("FIN")
        .expect_noted(kind::closed, "by=client how=FIN reached=logged-in");
    conversation("at: query, do: {wait: 30s}")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .peer_resets()
        .expect_end("")
        .expect_noted(kind::closed, "by=client how=RST reached=logged-in");
}

// --------------------------------------------------------- 2: the healthy reply to ATTENTION cancels the
// list

TEST(Rule2, AttentionCancelsTheRunningListAndTwoMessagesCome) {
    conversation("at: query, do: [wait: 5s, reset]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .after(1s)
        .peer_sends(attention())
        .expect_done(ends_with_error)
        .expect_done(acknowledges_attention)
        .after(1h)
        .expect_silence()
        .peer_sends(batch("SET NOCOUNT ON"))
        .expect_done(0);
}

TEST(Rule2, TheTwoMessagesByteByByte) {
    conversation("at: query, do: {wait: 5s}")
        .logs_in()
        .peer_sends(joined({batch("SELECT 1"), attention()}))
        .expect_bytes(hex("04 01 00 15 00 34 01 00  fd 02 00 00 00 00 00 00 00 00 00 00 00"
                          "04 01 00 15 00 34 01 00  fd 20 00 00 00 00 00 00 00 00 00 00 00"))
        .expect_silence();
}

TEST(Rule2, AttentionCancelsAHeldListToo) {
    conversation("at: query, do: [hold: go, reset]", "at: transaction, do: {signal: go}")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .peer_sends(attention())
        .expect_done(ends_with_error)
        .expect_done(acknowledges_attention)
        .raises("go")
        .expect_silence();
}

TEST(Rule2, WithNothingRunningOnlyTheAcknowledgementComes) {
    conversation()
        .logs_in()
        .peer_sends(attention())
        .expect_done(acknowledges_attention)
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one)
        .peer_sends(attention())
        .expect_done(acknowledges_attention)
        .expect_silence();
}

TEST(Rule2, AfterIgnoreTheRequestIsStillUnanswered) {
    conversation("at: query, times: 1, do: ignore")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .after(1h)
        .expect_silence()
        .peer_sends(attention())
        .expect_done(ends_with_error)
        .expect_done(acknowledges_attention)
        .peer_sends(attention())
        .expect_done(acknowledges_attention)
        .expect_silence();
}

TEST(Rule2, AnAnswerUnderWayIsCompletedFirst) {
    conversation c("at: query, do: [{reply: healthy, pace: {bytes: 10, every: 1s}}, reset]");
    c.logs_in().peer_sends(batch("SELECT 1")).after(1s);
    EXPECT_EQ(c.me().unread.size(), 20U);
    c.peer_sends(attention())
        .expect_rows(one)
        .expect_done(acknowledges_attention)
        .after(1h)
        .expect_silence(); // the list was cancelled: no reset
}

TEST(Rule2, CancellingGoesOnWithWhatWasQueued) {
    conversation("at: query, when: {sql: slow}, do: {wait: 30s}")
        .logs_in()
        .peer_sends(joined({batch("slow"), batch("SELECT 1")}))
        .peer_sends(attention())
        .expect_done(ends_with_error)
        .expect_done(acknowledges_attention)
        .expect_rows(one)
        .expect_silence();
}

TEST(Rule2, AFaultAtAttentionWithoutReplyLetsTheListRunOn) {
    conversation("at: query, do: {wait: 5s}", "at: attention, do: ignore")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .after(1s)
        .peer_sends(attention())
        .expect_silence()
        .after(4s)
        .expect_rows(one)
        .after(1h)
        .expect_silence();
}

TEST(Rule2, AWaitAtAttentionDelaysTheAcknowledgement) {
    conversation("at: query, times: 1, do: {wait: 30s}", "at: attention, do: {wait: 2s}")
        .logs_in()
        .peer_sends(joined({batch("SELECT 1"), attention()}))
        .after(1999ms)
        .expect_silence()
        .after(1ms)
        .expect_done(ends_with_error)
        .expect_done(acknowledges_attention);
}

TEST(Rule2, TheListsBesideTheConversationAreNotCancelled) {
    conversation("at: login, do: [reply, wait: 5s, reset]")
        .logs_in()
        .peer_sends(attention())
        .expect_done(acknowledges_attention)
        .after(5s)
        .expect_end("RST");
}

// --------------------------------------------------- 3: the answer decides what follows; FIN after a failure

TEST(Rule3, AListThatDoesNotAnswerIsFollowedByTheHealthyReply) {
    conversation("at: prelogin, do: {signal: seen}", "at: login, do: [wait: 1s, gate: refuse]")
        .connects()
        .peer_sends(prelogin())
        .expect_prelogin()
        .peer_sends(login())
        .after(1s)
        .expect_logged_in()
        .expect_noted(kind::gate, "mode=refuse")
        .expect_count(kind::fault, 2);
}

TEST(Rule3, AListThatAnswersIsNotFollowedByAnother) {
    conversation("at: query, do: {send: {hex: de ad}}", "at: rpc, do: [reply, reply]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_bytes(hex("de ad"))
        .expect_silence()
        .peer_sends(procedure("sp_who"))
        .expect_error(50000)
        .expect_error(50000)
        .expect_silence();
}

TEST(Rule3, AFailedLoginIsFollowedByFin) {
    conversation("at: login, times: 1, do: {error: 18456}")
        .connects()
        .peer_sends(login())
        .expect_bytes(joined(
            {hex("04 01 00 64 00 34 01 00 aa 4c 00 18 48 00 00 01 0e 1b 00"),
             hex("4c 00 6f 00 67 00 69 00 6e 00 20 00 66 00 61 00 69 00 6c 00 65 00 64 00 20 00 66 00 6f 00 "
                 "72 00"),
             hex("20 00 75 00 73 00 65 00 72 00 20 00 27 00 73 00 61 00 27 00 2e 00"),
             hex("04 46 00 41 00 4b 00 45 00 00 01 00 00 00 fd 02 00 00 00 00 00 00 00 00 00 00 00")}
        ))
        .expect_end("FIN")
        .expect_noted(kind::closed, "by=server how=FIN reached=login");
}

TEST(Rule3, AnyErrorAtLoginIsAFailedLogin) {
    conversation("at: login, do: {error: {number: 50005, class: 10, message: mild}}")
        .connects()
        .peer_sends(login())
        .expect_error(50005)
        .expect_end("FIN");
}

TEST(Rule3, TheFinComesAtTheEndOfTheList) {
    conversation("at: login, do: [error: 18456, wait: 3s]")
        .connects()
        .peer_sends(login())
        .expect_error(18456)
        .after(2999ms)
        .expect_silence()
        .after(1ms)
        .expect_end("FIN");
}

TEST(Rule3, StayKeepsTheConnectionOpen) {
    conversation("at: login, do: [error: 18456, stay]", "at: query, do: [error: 596, stay]")
        .connects()
        .peer_sends(login())
        .expect_error(18456)
        .after(1h)
        .expect_silence();
    conversation("at: query, do: [error: 596, stay]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_error(596)
        .peer_sends(batch("SELECT 1"))
        .expect_error(596)
        .expect_silence();
}

TEST(Rule3, Class20AndUpIsFollowedByFinAndMarkedAsSevere) {
    conversation c("at: query, do: {error: {number: 50020, class: 20, message: severe}}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(50020);
    EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x102);
    c.expect_end("FIN");
}

TEST(Rule3, Class19KeepsTheConnection) {
    conversation("at: query, do: {error: {number: 50019, class: 19, message: hard}}")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_error(50019)
        .after(1h)
        .expect_silence();
}

TEST(Rule3, AnErrorAtPreloginIsNoFailedLogin) {
    conversation("at: prelogin, do: {error: {number: 50001, message: early}}")
        .connects()
        .peer_sends(prelogin())
        .expect_error(50001)
        .after(1h)
        .expect_silence()
        .peer_sends(login())
        .expect_logged_in();
}

// --------------------------------------------------------------- 4: after the answer the list runs beside

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

// ------------------------------------------------------------------------- 5: endings come after the bytes

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
