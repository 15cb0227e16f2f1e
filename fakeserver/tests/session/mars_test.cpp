// MARS: several sessions on one connection, told in the bytes of SMP (MC-SMP 2.2, 3.1).
#include "core/hex.hpp"
#include "tests/session/conversation.hpp"
#include "tests/session/smp_messages.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

TEST(Mars, ASessionIsOpenedAskedAndAnswered) {
    conversation c;
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).expect_silence();
    c.expect_noted(kind::received, "message=SMP flag=SYN window=4 session=0");
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    const auto all = taken(c);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].what, data);
    EXPECT_EQ(all[0].session, 0);
    EXPECT_EQ(all[0].sequence, 1U);
    EXPECT_EQ(all[0].window, 5U) << "one packet was read, four more may come";
    EXPECT_TRUE(ends_with_result_of_one(all[0].payload));
}

TEST(Mars, NotAskedForItIsNotAgreed) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    EXPECT_EQ(c.last_prelogin().mars(), 0);
    c.peer_sends(login()).expect_logged_in().peer_sends(smp(syn, 0, 0, 4)).expect_end("FIN");
}

TEST(Mars, AServerWithoutItSaysSo) {
    conversation c({.server = "identity: {mars: off}"});
    c.connects().peer_sends(prelogin_with_mars()).expect_prelogin();
    EXPECT_EQ(c.last_prelogin().mars(), 0);
    c.peer_sends(login()).expect_logged_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Mars, TheAnswerOfOneSessionDoesNotWaitForAnother) {
    conversation c("at: query, when: {sql: SELECT 2}, do: {wait: 5s}");
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 2")));
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    auto all = taken(c);
    EXPECT_TRUE(ends_with_result_of_one(data_of(all, 1)));
    EXPECT_TRUE(data_of(all, 0).empty());
    c.after(5s);
    all = taken(c);
    EXPECT_FALSE(data_of(all, 0).empty());
    EXPECT_TRUE(data_of(all, 1).empty());
}

TEST(Mars, WithinASessionRequestsQueue) {
    conversation c("at: query, when: {sql: SELECT 2}, do: {wait: 5s}");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 2"))).peer_sends(smp(data, 0, 2, 4, batch("SELECT 1")));
    EXPECT_TRUE(data_of(taken(c), 0).empty());
    c.after(5s);
    const auto all = taken(c);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(ends_with_result_of_one(all[1].payload));
}

TEST(Mars, AnAnswerLongerThanTheWindowWaitsForIt) {
    const std::string note(2000, 'x');
    conversation c(
        {.server = "queries: [{match: long, columns: {a: nvarchar(4000)}, rows: [[" + note + "]]}]"}
    );
    with_mars(c, 512).peer_sends(smp(syn, 3, 0, 2)).peer_sends(smp(data, 3, 1, 4, batch("long")));
    auto all = taken(c);
    ASSERT_EQ(all.size(), 4U) << "four packets, whatever the answer has";
    EXPECT_EQ(all.back().sequence, 4U);
    c.peer_sends(smp(ack, 3, 1, 5));
    auto more = taken(c);
    ASSERT_EQ(more.size(), 1U);
    EXPECT_EQ(more[0].sequence, 5U);
    EXPECT_FALSE(ends_with(more[0].payload, "fd 10 00 c1 00 01 00 00 00 00 00 00 00"));
    c.peer_sends(smp(ack, 3, 1, 4)).expect_end("FIN"); // a window never goes back
}

TEST(Mars, OneSessionWithoutAWindowDoesNotHoldUpAnother) {
    const std::string note(2000, 'x');
    conversation c(
        {.server = "queries: [{match: long, columns: {a: nvarchar(4000)}, rows: [[" + note + "]]}]"}
    );
    with_mars(c, 512).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("long")));
    EXPECT_EQ(taken(c).size(), 4U);
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 1)));
    c.peer_sends(smp(ack, 0, 1, 100));
    const auto rest = data_of(taken(c), 0);
    EXPECT_TRUE(ends_with(rest, "fd 10 00 c1 00 01 00 00 00 00 00 00 00")) << core::hexdump(rest);
}

TEST(Mars, AnAckComesWhenHalfTheWindowWasUsedAndNothingElseTold) {
    conversation c("at: request, do: ignore");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    c.expect_silence().peer_sends(smp(data, 0, 2, 4, batch("SELECT 1")));
    const auto all = taken(c);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].what, ack);
    EXPECT_EQ(all[0].sequence, 0U);
    EXPECT_EQ(all[0].window, 6U);
}

TEST(Mars, AttentionOnOneSessionLeavesTheOthersAlone) {
    conversation c("at: query, do: {wait: 30s}");
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1"))).peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    c.after(1s).peer_sends(smp(data, 1, 2, 4, attention()));
    auto all = taken(c);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].session, 1);
    EXPECT_TRUE(ends_with(all[0].payload, done_with_error));
    EXPECT_TRUE(ends_with(all[1].payload, done_attention));
    c.after(29s);
    all = taken(c);
    EXPECT_TRUE(ends_with_result_of_one(data_of(all, 0)));
    EXPECT_TRUE(data_of(all, 1).empty());
}

TEST(Mars, SessionsEndInAnyOrderAndTheirNumbersCanBeUsedAgain) {
    conversation c;
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_EQ(taken(c).size(), 1U);
    c.peer_sends(smp(fin, 0, 1, 4));
    const auto all = taken(c);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].what, fin);
    EXPECT_EQ(all[0].sequence, 1U);
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 1)));
    c.peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 0)));
}

TEST(Mars, ASessionThatEndsTakesItsRunningRequestAlong) {
    conversation c("at: query, do: {wait: 5s}");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    c.peer_sends(smp(fin, 0, 1, 4));
    EXPECT_EQ(taken(c).size(), 1U);
    c.after(1h).expect_silence();
}

TEST(Mars, StallIsTheSessionsOwn) {
    conversation c("at: query, times: 1, do: stall");
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1"))).expect_silence();
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 1)));
}

struct misstep {
    std::string name;
    core::bytes bytes;
    std::string why;
};
void PrintTo(const misstep& m, std::ostream* out) { *out << m.name; }

class MarsViolation : public ::testing::TestWithParam<misstep> {};

TEST_P(MarsViolation, EndsTheConnectionAndIsTold) {
    conversation c;
    with_mars(c).peer_sends(smp(syn, 5, 0, 4)).peer_sends(GetParam().bytes).expect_end("FIN");
    bool told = false;
    for (const auto& event : c.world().events()) {
        told = told ||
               (event.what == kind::violation && fields_of(event).find(GetParam().why) != std::string::npos);
    }
    EXPECT_TRUE(told) << GetParam().why;
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    MarsViolation,
    ::testing::Values(
        misstep{"SecondSyn", smp(syn, 5, 0, 4), "a session of this number is open"},
        misstep{"UnknownSession", smp(data, 6, 1, 4, batch("SELECT 1")), "no session of this number is open"},
        misstep{"FinOfUnknown", smp(fin, 6, 0, 4), "no session of this number is open"},
        misstep{"SequenceSkipped", smp(data, 5, 2, 4, batch("SELECT 1")), "is not the next one"},
        misstep{"SequenceRepeated", smp(data, 5, 0, 4, batch("SELECT 1")), "is not the next one"},
        misstep{"WindowGoesBack", smp(ack, 5, 0, 3), "the window goes back"},
        misstep{"NoSmp", batch("SELECT 1 AS enough_bytes"), "no packet of it"},
        misstep{"TwoFlags", smp(syn | fin, 9, 0, 4), "no packet of it"},
        misstep{"TooLong", hex("53 08 05 00 ff ff ff 7f 01 00 00 00 04 00 00 00"), "too long"},
        misstep{
            "NoTdsInside",
            smp(data, 5, 1, 4, hex("48 45 4c 4c 4f 21 21 21")),
            "packet header: a type that MS-TDS does not have at this point"
        }
    ),
    [](const auto& of) { return of.param.name; }
);

} // namespace
} // namespace tdsfake::session::testing
