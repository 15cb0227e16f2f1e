// Rule 1 of "How a list runs": only time takes time; messages queue, ATTENTION, FIN and RST do not.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

constexpr std::uint16_t ends_with_error = 0x02;
constexpr std::uint16_t acknowledges_attention = 0x20;
const std::vector<std::vector<tds::cell>> one{{std::int64_t{1}}};

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

} // namespace
} // namespace tdsfake::session::testing
