// Endings: of the connection itself, by targets, of the client; silence, idleness.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

const std::vector<std::vector<tds::cell>> one{{std::int64_t{1}}};

// ------------------------------------------------------------------------------------------------ stall

TEST(Stall, IsSilenceFromHereOn) {
    conversation("at: prelogin, do: stall")
        .connects()
        .peer_sends(prelogin())
        .after(1h)
        .peer_sends(login())
        .peer_sends(batch("SELECT 1"))
        .peer_sends(attention())
        .after(1h)
        .expect_silence()
        .expect_count(kind::received, 4)
        .expect_count(kind::sent, 0);
}

TEST(Stall, LeavesFaultsFiring) {
    conversation("at: login, do: stall", "at: query, do: {error: {number: 50001, message: still here}}")
        .connects()
        .peer_sends(login())
        .peer_sends(batch("SET NOCOUNT ON"))
        .expect_silence()
        .peer_sends(batch("SELECT 1"))
        .expect_error(50001);
}

TEST(Stall, LeavesTheRestOfItsListRunning) {
    conversation("at: login, do: [stall, wait: 5s, reset]")
        .connects()
        .peer_sends(login())
        .after(4999ms)
        .expect_silence()
        .after(1ms)
        .expect_end("RST");
}

TEST(Stall, EndsWithTheClient) {
    conversation("at: connect, do: stall")
        .connects()
        .peer_sends(prelogin())
        .peer_closes()
        .expect_end("FIN")
        .expect_noted(kind::closed, "by=client how=FIN reached=prelogin");
}

TEST(Stall, DoesNotEvenCloseOnBrokenInput) {
    conversation("at: connect, do: stall")
        .connects()
        .peer_sends(hex("47 45 54 20 2f 20 48 54 54 50"))
        .after(1h)
        .peer_sends(prelogin())
        .expect_silence()
        .expect_count(kind::violation, 1);
}

TEST(Ignore, IsSilenceForOneMessage) {
    conversation("at: query, times: 1, do: ignore")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_silence()
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one);
}

TEST(Ignore, LetsTheClientSendItsLoginAgain) {
    conversation("at: [prelogin, login], per: connection, times: 2, do: ignore")
        .connects()
        .peer_sends(prelogin())
        .peer_sends(login())
        .expect_silence()
        .peer_sends(login())
        .expect_logged_in();
}

// ------------------------------------------------------------------------------------------------ idle

TEST(Idle, FiresAfterItsTimeWithoutReading) {
    conversation("at: idle, after: 60s, do: reset")
        .logs_in()
        .after(59999ms)
        .expect_silence()
        .after(1ms)
        .expect_end("RST")
        .expect_noted(kind::fault, "stage=idle");
}

TEST(Idle, NeedsALogin) {
    conversation("at: idle, after: 1s, do: reset")
        .connects()
        .peer_sends(prelogin())
        .expect_prelogin()
        .after(1h)
        .expect_silence();
}

TEST(Idle, IsOncePerSpell) {
    conversation("at: idle, after: 2s, do: {send: {hex: aa}}")
        .logs_in()
        .after(1h)
        .expect_bytes(hex("aa"))
        .expect_silence()
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one)
        .after(1999ms)
        .expect_silence()
        .after(1ms)
        .expect_bytes(hex("aa"))
        .after(1h)
        .expect_silence();
}

TEST(Idle, IsResetByReadingEvenPartOfAMessage) {
    const auto request = batch("SELECT 1");
    conversation("at: idle, after: 2s, do: {send: {hex: aa}}")
        .logs_in()
        .after(1s)
        .peer_sends({request.begin(), request.begin() + 5})
        .after(1999ms)
        .expect_silence()
        .after(1ms)
        .expect_bytes(hex("aa"))
        .peer_sends({request.begin() + 5, request.end()})
        .expect_rows(one);
}

TEST(Idle, SeveralTimesInOneSpell) {
    conversation(
        "at: idle, after: 3s, do: {send: {hex: cc}}",
        "at: idle, after: 1s, do: {send: {hex: aa}}",
        "at: idle, after: 2s, times: 1, do: {send: {hex: bb}}"
    )
        .logs_in()
        .after(1s)
        .expect_bytes(hex("aa"))
        .after(1s)
        .expect_bytes(hex("bb"))
        .after(1s)
        .expect_bytes(hex("cc"))
        .after(1h)
        .expect_silence()
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one)
        .after(1h)
        .expect_bytes(hex("aa cc"));
}

TEST(Idle, IsNotWhileARequestIsServed) {
    conversation("at: idle, after: 1s, do: {send: {hex: aa}}", "at: query, do: {wait: 10s}")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .after(9999ms)
        .expect_silence()
        .after(1ms)
        .expect_rows(one)
        .after(999ms)
        .expect_silence()
        .after(1ms)
        .expect_bytes(hex("aa"));
}

TEST(Idle, ARequestReadWhileAnIdleListWaitsIsServedAfterIt) {
    conversation("at: idle, after: 1s, times: 1, do: {wait: 5s}")
        .logs_in()
        .after(2s)
        .peer_sends(batch("SELECT 1"))
        .after(3999ms)
        .expect_silence()
        .after(1ms)
        .expect_rows(one);
}

TEST(Idle, IsNotAfterTheClientHasLeft) {
    conversation("at: client-close, do: [wait: 1s, wait: 10s]", "at: idle, after: 2s, do: {send: {hex: aa}}")
        .logs_in()
        .peer_closes()
        .after(10999ms)
        .expect_silence()
        .after(1ms)
        .expect_end("FIN");
}

// ---------------------------------------------------------------------------------- the connection's own

TEST(HalfClose, SendsNothingAnyMoreAndReadsOn) {
    conversation("at: query, times: 1, do: [reply, half-close]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_rows(one)
        .expect_half_closed()
        .peer_sends(batch("SELECT 1"))
        .peer_sends(attention())
        .expect_half_closed()
        .expect_count(kind::received, 5)
        .expect_count(kind::sent, 3) // and the journal does not say otherwise
        .peer_closes()
        .expect_noted(kind::closed, "by=client how=FIN reached=logged-in");
}

TEST(HalfClose, WithoutAReplyIsNotFollowedByOne) {
    for (const std::string at : {"connect", "prelogin", "login"}) {
        SCOPED_TRACE(at);
        conversation c("at: " + at + ", do: half-close");
        c.connects().peer_sends(joined({prelogin(), login()}));
        if (at == "login") c.expect_prelogin();
        c.expect_half_closed()
            .expect_count(kind::sent, at == "login" ? 1 : 0)
            .expect_count(kind::received, 2);
    }
}

TEST(HalfClose, CanBeFollowedByAReset) {
    conversation("at: login, do: [half-close, wait: 5s, reset]")
        .connects()
        .peer_sends(login())
        .expect_half_closed()
        .after(5s)
        .expect_end("RST");
}

TEST(Vanish, IsFollowedByNoReply) {
    conversation("at: query, do: vanish")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_vanished()
        .after(1h)
        .expect_vanished()
        .expect_count(kind::sent, 2);
}

TEST(Vanish, ThatHealsIsFollowedByTheReplyWithoutDelay) {
    conversation c("at: query, do: {vanish: {for: 30s}}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows(one).expect_vanished();
    EXPECT_EQ(c.me().heals_after, core::duration(30s));
}

// ----------------------------------------------------------------------------------------- targeted endings

TEST(Targets, AllEndsEveryConnectionAlsoTheOneItRunsOn) {
    conversation c("at: query, do: {reset: all}");
    c.logs_in().connects().peer_sends(prelogin()).expect_prelogin().logs_in();
    c.peer_sends(batch("SELECT 1"));
    c.as(1).expect_end("RST").as(2).expect_end("RST");
    c.as(3).expect_rows(one).expect_end("RST"); // the list did not answer: the healthy reply first
}

TEST(Targets, OthersSparesTheOneItRunsOn) {
    conversation c("at: query, do: {close: others}");
    c.logs_in().logs_in().peer_sends(batch("SELECT 1")).expect_rows(one).expect_silence();
    c.as(1).expect_end("FIN").expect_noted(kind::closed, "by=server how=FIN reached=logged-in");
}

TEST(Targets, IdleAreTheLoggedInWithNothingRunning) {
    conversation c("at: query, when: {sql: slow}, do: {wait: 30s}", "at: query, do: {reset: idle}");
    c.logs_in();                                                // 1: idle
    c.connects().peer_sends(prelogin()).expect_prelogin();      // 2: not logged in
    c.logs_in().peer_sends(batch("slow"));                      // 3: busy
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows(one); // 4: says so
    c.expect_silence().as(1).expect_end("RST").as(2).expect_silence().as(3).expect_silence();
}

TEST(Targets, WhenChooses) {
    conversation c("at: query, do: {reset: {which: all, when: {user: ann}}}");
    c.logs_in({.user = "Ann"}).logs_in({.user = "bob"}).peer_sends(batch("SELECT 1")).expect_rows(one);
    c.expect_silence().as(1).expect_end("RST");
}

TEST(Targets, ATimelineEndsConnectionsAndTurnsTheGate) {
    conversation c("at: start, do: [wait: 10s, reset: all, gate: refuse, wait: 5s, gate: accept]");
    c.logs_in().after(9999ms).expect_silence().after(1ms).expect_end("RST");
    c.expect_noted(kind::gate, "mode=refuse").after(5s).expect_count(kind::gate, 3);
}

TEST(Targets, AVanishedConnectionCanBeReset) {
    conversation("at: query, do: [vanish, wait: 10s, reset]")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_vanished()
        .after(10s)
        .expect_end("RST");
}

// ------------------------------------------------------------------------------------------- the client's
// FIN

TEST(ClientClose, IsAnsweredByFin) {
    conversation().connects().peer_closes().expect_end("FIN").expect_noted(
        kind::closed, "by=client how=FIN reached=connect"
    );
}

TEST(ClientClose, CanBeAnsweredByAReset) {
    conversation("at: client-close, do: reset")
        .logs_in()
        .peer_closes()
        .expect_end("RST")
        .expect_noted(kind::closed, "by=client how=FIN");
}

TEST(ClientClose, CanBeDelayedAndSentTo) {
    conversation("at: client-close, do: [send: {hex: aa}, wait: 5s, close]")
        .logs_in()
        .peer_closes()
        .expect_bytes(hex("aa"))
        .after(4999ms)
        .expect_silence()
        .after(1ms)
        .expect_end("FIN")
        .expect_count(kind::closed, 1);
}

TEST(ClientClose, CanBeLeftUnanswered) {
    conversation("at: client-close, do: stall")
        .logs_in()
        .peer_closes()
        .after(1h)
        .expect_silence()
        .expect_noted(kind::closed, "by=client how=FIN")
        .peer_resets()
        .expect_count(kind::closed, 1);
}

TEST(ClientClose, KeepsTheCountsOfItsConnection) {
    conversation("at: [login, client-close], per: connection, times: 1, do: {signal: go}")
        .logs_in()
        .peer_closes()
        .expect_end("FIN")
        .expect_count(kind::fault, 1);
}

TEST(ClientClose, IsAStageThatVerifyCanCount) {
    conversation(text{.verify = "[closed: {by: client, of: client-close}, seen: {at: client-close}]"})
        .logs_in()
        .peer_closes()
        .expect_unmet();
}

TEST(ClientClose, InTheMiddleOfAMessageIsToldWithItsBytes) {
    const auto request = batch("SELECT 1");
    conversation()
        .logs_in()
        .peer_sends({request.begin(), request.begin() + 20})
        .peer_closes()
        .expect_end("FIN")
        .expect_noted(kind::violation, "reason=the client closed in the middle of a message")
        .expect_count(kind::closed, 1);
}

TEST(ClientClose, AfterAnEndingOfOursChangesNothing) {
    conversation("at: login, do: close")
        .connects()
        .peer_sends(login())
        .expect_end("FIN")
        .peer_closes()
        .expect_noted(kind::closed, "by=server how=FIN reached=login")
        .expect_count(kind::closed, 1);
}

} // namespace
} // namespace tdsfake::session::testing
