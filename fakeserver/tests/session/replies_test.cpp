// `reply` with fields, and the shapes beside sending steps.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;

core::bytes option(const conversation& c, tds::prelogin_token token) {
    const auto* found = c.last_prelogin().find(token);
    EXPECT_NE(found, nullptr);
    return found != nullptr ? found->data : core::bytes{};
}

// ------------------------------------------------------------------------------------------------ PRELOGIN

struct prelogin_case {
    std::string said;
    tds::prelogin_token token;
    core::bytes data;
};

TEST(ReplyToPrelogin, EveryField) {
    using token = tds::prelogin_token;
    for (const auto& [said, what, data] : std::vector<prelogin_case>{
             {"version: 11.0.2100.60", token::version, hex("0b 00 08 34 00 3c")},
             {"version: 0x1000", token::version, hex("10 00")},
             {"encryption: required", token::encryption, hex("03")},
             {"encryption: 0x42", token::encryption, hex("42")},
             {"instance: wrong", token::instance, hex("01")},
             {"thread-id: 0x01020304", token::thread_id, hex("01 02 03 04")},
             {"mars: on", token::mars, hex("01")},
             {"trace-id: 0xabcd", token::trace_id, hex("ab cd")},
             {"fedauth-required: on", token::fedauth_required, hex("01")},
             {"nonce: 0xff", token::nonce, hex("ff")},
         }) {
        SCOPED_TRACE(said);
        conversation c("at: prelogin, do: {reply: {" + said + "}}");
        c.connects().peer_sends(prelogin()).expect_prelogin();
        EXPECT_EQ(option(c, what), data);
        c.expect_silence().peer_sends(login()).expect_logged_in();
    }
}

TEST(ReplyToPrelogin, NoneLeavesAnOptionOut) {
    for (const std::string field : {"version", "encryption", "instance", "thread-id", "mars"}) {
        SCOPED_TRACE(field);
        conversation c("at: prelogin, do: {reply: {" + field + ": none}}");
        c.connects().peer_sends(prelogin()).expect_prelogin();
        EXPECT_EQ(c.last_prelogin().options.size(), 4U);
    }
}

TEST(ReplyToPrelogin, OffsetsAndLengthsCanLie) {
    conversation("at: prelogin, do: {reply: {encryption: {value: on, offset: 1000, length: 9}}}")
        .connects()
        .peer_sends(prelogin())
        .expect_bytes(hex("04 01 00 2b 00 00 01 00"
                          "00 00 1a 00 06  01 03 e8 00 09  02 00 21 00 01  03 00 22 00 00  04 00 22 00 01  ff"
                          "10 00 10 13 00 00  01  00  00"));
}

// ------------------------------------------------------------------------------------------------ login

TEST(ReplyToLogin, EveryField) {
    const auto answered = [](const std::string& said) {
        auto c = std::make_unique<conversation>("at: login, do: {reply: {" + said + "}}");
        c->connects().peer_sends(login());
        return c;
    };
    const auto ack = [](conversation& c) { return c.last().all<tds::loginack>().at(0); };

    auto c = answered("tds: 7.1");
    c->expect_logged_in();
    EXPECT_EQ(ack(*c).tds_version, 0x07010000U);
    c = answered("tds: 0x99000099");
    c->expect_logged_in();
    EXPECT_EQ(ack(*c).tds_version, 0x99000099U);
    c = answered("program: Other SQL");
    c->expect_logged_in();
    EXPECT_EQ(ack(*c).program_name, "Other SQL");
    c = answered("version: 9.0.5000");
    c->expect_logged_in();
    EXPECT_EQ(ack(*c).version, (std::array<std::uint8_t, 4>{9, 0, 0x13, 0x88}));
    c = answered("database: other");
    c->expect_logged_in();
    EXPECT_EQ(c->last().all<tds::server_message>().at(0).message, "Changed database context to 'other'.");
    c = answered("language: Deutsch");
    c->expect_logged_in();
    EXPECT_EQ(c->last().all<tds::server_message>().at(1).message, "Changed language setting to Deutsch.");
    c = answered("collation: 0x0102030405");
    c->expect_logged_in();
    EXPECT_EQ(c->last().all<tds::envchange_token>().at(1).new_value, hex("01 02 03 04 05"));
    c = answered("packet-size: 512");
    c->expect_logged_in();
    EXPECT_EQ(c->last().all<tds::envchange_token>().at(3).new_value.size(), 6U) << "512 in UTF-16";
    c = answered("failover-partner: node2");
    c->expect_tokens(
        {"envchange", "info", "envchange", "envchange", "info", "loginack", "envchange", "envchange", "done"}
    );
    EXPECT_EQ(c->last().all<tds::envchange_token>().back().type, 13);
}

TEST(ReplyToLogin, NoneLeavesFieldsOut) {
    conversation(
        "at: login, do: {reply: {database: none, language: none, collation: none, packet-size: none}}"
    )
        .connects()
        .peer_sends(login())
        .expect_tokens({"loginack", "done"});
}

TEST(ReplyToLogin, WithoutLoginackNobodyIsLoggedIn) {
    conversation(text{
                     .faults =
                         {"at: login, do: {reply: {loginack: none}}",
                          "at: idle, after: 1s, unused: allowed, do: reset"},
                     .verify = "[accepted: 0, logins: 1]"
                 })
        .connects()
        .peer_sends(login())
        .expect_tokens({"envchange", "info", "envchange", "envchange", "info", "envchange", "done"})
        .after(1h)
        .expect_silence()
        .expect_unmet();
}

// ------------------------------------------------------------------------------------------------ results

TEST(ReplyToRequests, AffectedAndStatus) {
    conversation c(
        "at: query, do: {reply: {affected: 7, status: 0x21}}", "at: attention, do: {reply: {status: 2}}"
    );
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 7U);
    EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x21);
    c.peer_sends(attention()).expect_done(2);
}

// ------------------------------------------------------------------------------------------------ shapes

TEST(Shapes, CutSendsNothingFromThereOn) {
    conversation c("at: query, do: {reply: healthy, cut: row+2}");
    c.logs_in().peer_sends(batch("SELECT 1"));
    c.expect_bytes(hex("04 01 00 25 00 34 01 00  81 01 00 00 00 00 00 20 00 38 00  d1 01"));
    c.after(1h).expect_silence().expect_noted(kind::sent, "cut=21"); // bytes that left
}

TEST(Shapes, ACutLoginAnswerIsNoLogin) {
    conversation(text{.faults = {"at: login, do: {reply: healthy, cut: -1}"}, .verify = "[accepted: 0]"})
        .connects()
        .peer_sends(login())
        .expect_unmet();
}

TEST(Shapes, ACutAtAPositionThatIsNotThereLeavesTheLoginWhole) {
    conversation(text{.faults = {"at: login, do: {reply: healthy, cut: row.99}"}, .verify = "[accepted: 1]"})
        .connects()
        .peer_sends(login())
        .expect_unmet({"they never did: cut: this answer of 369 bytes has no position row.99 (journal line 6)"
        });
}

TEST(Shapes, SegmentsEndWhereTheyAreToldAndPause) {
    conversation c("at: query, do: {reply: healthy, segments: [8, 2s, done]}");
    c.logs_in().peer_sends(batch("SELECT 1"));
    EXPECT_EQ(c.me().unread.size(), 8U);
    c.after(1999ms);
    EXPECT_EQ(c.me().unread.size(), 8U);
    c.after(1ms).expect_rows({{std::int64_t{1}}});
    std::vector<std::size_t> sizes;
    for (const auto& s : c.me().segments)
        sizes.push_back(s.size());
    EXPECT_THAT(sizes, ElementsAre(8, 16, 13));
    EXPECT_EQ(c.me().segments.back().front(), 0xfd);
}

TEST(Shapes, PaceIsSoManyBytesEvery) {
    conversation c("at: query, do: {reply: healthy, pace: {bytes: 20, every: 3s}}");
    c.logs_in().peer_sends(batch("SELECT 1"));
    EXPECT_EQ(c.me().unread.size(), 20U);
    c.after(2999ms);
    EXPECT_EQ(c.me().unread.size(), 20U);
    c.after(1ms).expect_rows({{std::int64_t{1}}});
}

TEST(Shapes, RequestsQueueBehindAPacedAnswer) {
    conversation("at: query, times: 1, do: {reply: healthy, pace: {bytes: 21, every: 1s}}")
        .logs_in()
        .peer_sends(joined({batch("SELECT 1"), batch("SELECT 2")}))
        .after(999ms)
        .after(1ms)
        .expect_rows({{std::int64_t{1}}})
        .expect_rows({{std::int64_t{2}}});
}

TEST(Shapes, APositionThatIsNotThereIsToldAndLeftOut) {
    conversation("at: query, do: {reply: healthy, segments: [row.5]}")
        .logs_in()
        .peer_sends(batch("SELECT 1"))
        .expect_rows({{std::int64_t{1}}})
        .expect_noted(kind::notice, "segments: this answer of 37 bytes has no position row.5");
}

TEST(Shapes, SendTakesThemToo) {
    conversation("at: connect, do: {send: {hex: 01 02 03 04}, cut: 3, segments: [1, 1s]}")
        .connects()
        .expect_bytes(hex("01"))
        .expect_silence()
        .after(1s)
        .expect_bytes(hex("02 03"))
        .expect_silence();
}

TEST(Draws, AreTheSameForTheSameSeedAndOtherForAnother) {
    const auto when = [](std::uint64_t seed) {
        auto changed = *loaded({.faults = {"at: connect, do: [wait: 1s..100s, send: {hex: aa}]"}});
        changed.seed = seed;
        rig on(std::make_shared<const scenario::scenario>(std::move(changed)));
        std::vector<std::int64_t> times;
        for (int i = 0; i < 4; ++i) {
            on.connect();
            times.push_back(on.at(on.peers() - 1).timers.begin()->second.count());
        }
        return times;
    };
    const auto first = when(7);
    EXPECT_EQ(first, when(7));
    EXPECT_NE(first, when(8));
    EXPECT_NE(first[0], first[1]) << "connections draw their own";
    for (const auto t : first) {
        EXPECT_GE(t, core::duration(1s).count());
        EXPECT_LE(t, core::duration(100s).count());
    }
}

} // namespace
} // namespace tdsfake::session::testing
