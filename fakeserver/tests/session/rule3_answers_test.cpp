// Rule 3 of "How a list runs": the answer decides what follows; FIN after a failure.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

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
        .peer_sends(procedure("sp_what"))
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

} // namespace
} // namespace tdsfake::session::testing
