// Faults in the middle of an incoming message: `after: SIZE`.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

std::string sql_of(std::size_t size) { return "SELECT 1" + std::string(size, ' '); }

// The front of a batch of 3 packets of 1000 bytes.
core::bytes front(std::size_t size) {
    auto all = packets(wire::batch, batch(sql_of(1300)), 1000);
    all.resize(size);
    return all;
}

TEST(Parts, AResetInTheMiddle) {
    conversation c("at: batch, after: 1500, do: reset");
    c.logs_in().peer_sends(front(1000)).expect_silence();
    c.peer_sends(front(1000 + 8 + 507)).expect_end("RST"); // the second packet has begun, 992 + 507 are here
}

// Two packets of a bulk load, the second of which never ends.
const core::bytes& load() {
    static const auto all = packets(wire::bulk, core::bytes(3000, 0x00), 1024);
    return all;
}
core::bytes load_until(std::size_t size) {
    return {load().begin(), load().begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(Parts, JustBefore) {
    conversation c("at: bulk, after: 2KiB, do: reset");
    c.logs_in().peer_sends(load_until(2048 + 2 * 8 + 7)).expect_silence(); // headers do not count
    c.peer_sends(hex("00")).expect_end("RST");
}

TEST(Parts, AMessageThatNeverGetsThatLongIsServed) {
    conversation c("at: request, after: 64KiB, unused: allowed, do: reset");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Parts, OnlyThatStage) {
    conversation c(
        "at: rpc, after: 20, times: 1, do: reset", "at: bulk, after: 20, unused: allowed, do: reset"
    );
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(executesql("SELECT 1")).expect_end("RST");
}

TEST(Parts, ALoginHalfRead) {
    conversation c("at: login, after: 40, do: close");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    auto half = login();
    half.resize(8 + 40);
    c.peer_sends(half).expect_end("FIN").expect_unmet({});
}

TEST(Parts, APreloginByItsFirstByte) {
    conversation c("at: prelogin, after: 1, do: reset");
    auto some = prelogin();
    some.resize(8);
    c.connects().peer_sends(some).expect_silence().peer_sends(hex("00")).expect_end("RST");
}

TEST(Parts, WithoutAnAnswerTheWholeMessageIsAnswered) {
    conversation c("at: batch, after: 10, do: {signal: seen}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.expect_noted(kind::signal, "name=seen");
}

TEST(Parts, AWaitKeepsTheWholeMessageWaiting) {
    conversation c("at: batch, after: 10, do: {wait: 5s}");
    c.logs_in().peer_sends(batch("SELECT 1")).after(4999ms).expect_silence();
    c.after(1ms).expect_rows({{std::int64_t{1}}});
}

TEST(Parts, AnEarlyErrorIsTheAnswer) {
    conversation c("at: bulk, after: 1KiB, do: {error: 1205}", "at: bulk, unused: allowed, do: reset");
    c.logs_in().peer_sends(load_until(1500)).expect_error(1205).after(1h).expect_silence();
}

TEST(Parts, TheRestOfAnAnsweredMessageIsReadAndForgotten) {
    conversation c(text{
        .faults = {"at: batch, after: 1KiB, do: {error: 1205}", "at: batch, when: {sql: /xyz/}, do: reset"},
        .verify = "[requests: 2]"
    });
    const auto whole = batch("SELECT 1 -- xyz" + std::string(2000, ' '));
    c.logs_in();
    c.peer_sends({whole.begin(), whole.begin() + 1200}).expect_error(1205);
    c.peer_sends({whole.begin() + 1200, whole.end()}).expect_silence();
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.expect_unmet(
        {"it never fired: no event matched it; nearest: connection 1 after 0.0ms (journal line 10): "
         "SELECT 1, sql is `SELECT 1`"}
    );
}

// A client that has read the error gives the load up in the middle of a row.
TEST(Parts, TheRestOfAnAnsweredMessageNeedNotMakeSense) {
    conversation c("at: bulk, after: 16, do: {error: 1205}");
    c.logs_in()
        .peer_sends(packets(wire::bulk, core::bytes(100, 0x00), 4096))
        .expect_error(1205)
        .expect_count(kind::violation, 0);
    c.expect_noted(kind::received, "undecoded=").peer_sends(batch("SELECT 1"));
    c.expect_rows({{std::int64_t{1}}});
}

TEST(Parts, AnAnswerThatComesWhenTheMessageIsWhole) {
    conversation c("at: batch, after: 10, times: 1, do: [{wait: 5s}, {error: 1205}]");
    c.logs_in().peer_sends(batch("SELECT 1")).after(5s).expect_error(1205).expect_silence();
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Parts, AnIgnoredMessageGetsNoAnswer) {
    conversation c("at: batch, after: 10, times: 1, do: ignore");
    c.logs_in().peer_sends(batch("SELECT 1")).after(1h).expect_silence();
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Parts, EachSizeOnceForEachMessage) {
    conversation c(
        "at: batch, after: 1000, do: {signal: go}",
        "at: batch, after: 10, do: {wait: 1s}",
        "at: batch, after: 20, times: 1, do: {wait: 2s}"
    );
    c.logs_in().peer_sends(batch("SELECT 1")).after(2s).expect_rows({{std::int64_t{1}}});
    c.peer_sends(batch(sql_of(1000))).after(1s).expect_rows({{std::int64_t{1}}});
    c.expect_count(kind::signal, 1).expect_count(kind::fault, 4);
}

TEST(Parts, CancelledByAttention) {
    conversation c("at: bulk, after: 1KiB, do: [{wait: 1h}, reset]");
    c.logs_in().peer_sends(load_until(2048)).after(1s).expect_silence();
    c.peer_sends(attention()).expect_done(0x02).expect_done(0x20).after(2h).expect_silence();
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

} // namespace
} // namespace tdsfake::session::testing
