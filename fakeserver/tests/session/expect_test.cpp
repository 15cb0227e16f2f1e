// `expect`: the next message is for the list.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

const std::string two_answers = "at: query, times: 1, do: [{error: 1205}, {expect: query}, {error: 1222}]";

TEST(Expect, TheNextMessageIsAnsweredByTheList) {
    conversation c(two_answers);
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.after(1h).expect_silence();
    c.peer_sends(batch("SELECT 1")).expect_error(1222).expect_unmet({});
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Expect, WithoutIt) {
    conversation c("at: query, times: 1, do: [{error: 1205}]");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Expect, NoRuleSeesIt) {
    conversation c(
        "at: query, times: 1, do: [{error: 1205}, {expect: query}, reply]",
        "at: query, skip: 0, "
        "unused: allowed, do: reset"
    );
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(batch("SELECT 1")).expect_end("RST");
}

TEST(Expect, VerifySeesIt) {
    conversation c(text{
        .faults = {"at: query, times: 1, do: [{error: 1205}, {expect: batch}, reply]"},
        .verify = "[requests: 2, seen: {at: batch, when: {sql: SELECT 2}}]"
    });
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.peer_sends(batch("SELECT 2")).expect_rows({{std::int64_t{2}}}).expect_unmet({});
}

TEST(Expect, AnotherMessageIsUnmetAndTreatedAsUsual) {
    conversation c("at: query, times: 1, do: [{error: 1205}, {expect: rpc}, {error: 1222}]");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.expect_unmet({"connection 1: SQL batch came (journal line 10)"});
    c.peer_sends(executesql("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.expect_noted(kind::notice, "unmet: expect: rpc: SQL batch came");
}

TEST(Expect, WhatDoesNotMatchSaysWhy) {
    conversation c("at: query, times: 1, do: [{error: 1205}, {expect: {at: query, when: {sql: SELECT 2, "
                   "status: reset}}}]");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.peer_sends(batch("SELECT 3")).expect_rows({{std::int64_t{3}}});
    c.expect_unmet({"connection 1: SQL batch came (journal line 10), sql is `SELECT 3`, there is no status"});
}

TEST(Expect, WhatDoesNotComeInTime) {
    conversation c("at: login, do: [reply, {expect: {at: request, within: 5s}}, reset]");
    c.logs_in().after(4999ms).expect_unmet({"connection 1: nothing came after journal line 7"});
    c.after(1ms).expect_unmet({"connection 1: nothing came in time"}).expect_silence();
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Expect, WhatComesInTime) {
    conversation c("at: login, do: [reply, {expect: {at: request, within: 5s}}, reset]");
    c.logs_in().after(4999ms).peer_sends(batch("SELECT 1")).expect_end("RST").expect_unmet({});
}

TEST(Expect, TheConnectionEndsFirst) {
    conversation c("at: login, do: [reply, {expect: request}, {signal: seen}]");
    c.logs_in().peer_closes().expect_end("FIN");
    c.expect_unmet({"connection 1: the connection ended before it came"}).expect_count(kind::signal, 0);
}

TEST(Expect, AConversationSpelledOutByteByByte) {
    conversation c(
        "at: connect, do: [{expect: prelogin}, {send: {hex: aa}}, {expect: {at: login, when: {user: sa}}}, "
        "{send: {hex: bb cc}}, {expect: query}, {send: {hex: dd}}, close]"
    );
    c.connects().expect_silence().peer_sends(prelogin()).expect_bytes(hex("aa"));
    c.peer_sends(login()).expect_bytes(hex("bb cc"));
    c.peer_sends(prelogin()).expect_end("FIN"); // out of place, as always
}

TEST(Expect, TheHealthyReplyOfEach) {
    conversation c(
        "at: connect, do: [{expect: prelogin}, reply, {expect: login}, reply, {expect: query}, reset]"
    );
    c.logs_in().peer_sends(batch("SELECT 1")).expect_end("RST");
}

TEST(Expect, WithoutAnAnswerTheHealthyReplyFollows) {
    conversation c("at: query, times: 1, do: [{error: 1205}, {expect: query}, {signal: seen}]");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}}).expect_noted(kind::signal, "name=seen");
}

TEST(Expect, AttentionToAnUnansweredQuery) {
    conversation c("at: query, times: 1, do: [{expect: attention}, {wait: 5s}, reply]");
    c.logs_in().peer_sends(batch("SELECT 1")).after(1s).expect_silence();
    c.peer_sends(attention()).expect_silence().after(5s);
    c.expect_done(0x02).expect_done(0x20);
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Expect, WhatWasReadWhileTheListWasBusyIsTheNext) {
    conversation c("at: query, times: 1, do: [{wait: 5s}, {error: 1205}, {expect: query}, {error: 1222}]");
    c.logs_in().peer_sends(joined({batch("SELECT 1"), batch("SELECT 1")})).expect_silence();
    c.after(5s).expect_error(1205).expect_error(1222).expect_silence();
}

TEST(Expect, TheEndedExpectationFirstAnswersItsOwnMessage) {
    conversation c("at: query, times: 1, do: [{expect: attention}, reset]");
    c.logs_in().peer_sends(joined({batch("SELECT 1"), batch("SELECT 2")}));
    c.expect_rows({{std::int64_t{1}}}).expect_rows({{std::int64_t{2}}});
}

} // namespace
} // namespace tdsfake::session::testing
