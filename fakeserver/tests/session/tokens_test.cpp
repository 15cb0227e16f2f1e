// `tokens`: answers spelled out.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;

TEST(Tokens, AreSentAsTheyAre) {
    conversation c("at: query, times: 1, do: {tokens: [{info: hello}, {colmetadata: {id: int}}, {row: [7]}, "
                   "{nbcrow: [null]}, "
                   "{order: [1]}, {returnstatus: 3}, {done: {status: [more, count], count: 2}}, done]}");
    c.logs_in().peer_sends(batch("SELECT 1"));
    c.expect_tokens({"info", "colmetadata", "row", "nbcrow", "order", "returnstatus", "done", "done"});
    EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x11);
    c.expect_noted(kind::sent, "message=tokens")
        .expect_noted(kind::sent, "tokens=info colmetadata row nbcrow order returnstatus done done");
    // and the next as usual
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Tokens, WithALoginackAreALogin) {
    conversation c("at: login, do: {tokens: [loginack, done]}");
    c.connects()
        .peer_sends(prelogin())
        .expect_prelogin()
        .peer_sends(login())
        .expect_tokens({"loginack", "done"});
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Tokens, WithAnErrorInItsPlaceEndTheConnection) {
    conversation c("at: login, do: {tokens: [{error: 18456}, {done: {status: error}}]}");
    c.connects()
        .peer_sends(prelogin())
        .expect_prelogin()
        .peer_sends(login())
        .expect_tokens({"error", "done"})
        .expect_end("FIN");
    conversation stays("at: login, do: [{tokens: [{error: 18456}, {done: {status: error}}]}, stay]");
    stays.connects()
        .peer_sends(prelogin())
        .expect_prelogin()
        .peer_sends(login())
        .expect_tokens({"error", "done"})
        .expect_silence();
}

TEST(Tokens, OfClass20EndTheConnection) {
    conversation c("at: query, do: {tokens: [{error: {number: 50000, class: 20, message: over}}, done]}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_tokens({"error", "done"}).expect_end("FIN");
    conversation mild("at: query, do: {tokens: [{error: {number: 50000, class: 19, message: on}}, done]}");
    mild.logs_in().peer_sends(batch("SELECT 1")).expect_tokens({"error", "done"}).expect_silence();
}

TEST(Tokens, TakeShapes) {
    conversation c("at: query, do: [{tokens: [{info: hello}, {raw: 01 02 03 04}, done], cut: raw+2}, reset]");
    c.logs_in().peer_sends(batch("SELECT 1"));
    const auto& unread = c.me().unread;
    ASSERT_GE(unread.size(), 2U);
    EXPECT_EQ(core::bytes(unread.end() - 2, unread.end()), hex("01 02"));
    c.me().unread.clear();
    c.expect_end("RST");
}

} // namespace
} // namespace tdsfake::session::testing
