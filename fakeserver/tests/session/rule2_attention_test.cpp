// Rule 2 of "How a list runs": the healthy reply to ATTENTION cancels the list.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

constexpr std::uint16_t ends_with_error = 0x02;
constexpr std::uint16_t acknowledges_attention = 0x20;
const std::vector<std::vector<tds::cell>> one{{std::int64_t{1}}};

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

TEST(Rule2, AnAnswerThatClosesDoesSoAfterAnAcknowledgementByAList) {
    conversation(
        "at: query, do: {error: {number: 50000, class: 20, message: fatal}, pace: {bytes: 40, every: 1s}}",
        "at: attention, do: reply"
    )
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .after(500ms)
        .peer_sends(attention())
        .expect_tokens({"error", "done"})
        .expect_done(acknowledges_attention)
        .expect_end("FIN");
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

} // namespace
} // namespace tdsfake::session::testing
