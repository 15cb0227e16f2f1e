// What `when` asks of messages and of what came before, and the stage `smp`.
#include "scenario/reader/message_fields.hpp"
#include "tests/session/conversation.hpp"
#include "tests/session/smp_messages.hpp"

#include <map>
#include <set>

namespace tdsfake::session::testing {
namespace {

using journal::kind;

TEST(Conditions, AProcedureByItsNameOrTheLastPartOfIt) {
    conversation c("at: rpc, when: {procedure: get_orders}, do: {error: 1205}");
    c.logs_in().peer_sends(procedure("dbo.get_orders")).expect_error(1205);
    c.peer_sends(executesql("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Conditions, AWellKnownProcedureByItsName) {
    conversation c("at: request, when: {procedure: SP_EXECUTESQL}, do: {error: 1205}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(executesql("SELECT 1")).expect_error(1205);
}

TEST(Conditions, AResetOfTheConnection) {
    conversation c("at: request, when: {status: reset}, do: {error: 1205}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(batch("SELECT 1", wire::reset)).expect_error(1205);
}

TEST(Conditions, ARequestGivenUp) {
    conversation c("at: attention, when: {status: ignore}, do: reset");
    c.logs_in().peer_sends(attention()).expect_done(0x20);
    c.peer_sends(batch("SELECT 1", wire::ignore)).expect_end("RST");
}

TEST(Conditions, WhatCameBeforeOnThisConnection) {
    conversation c("at: query, when: {seen: attention}, do: {error: 1205}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(attention()).expect_done(0x20).peer_sends(batch("SELECT 1")).expect_error(1205);
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Conditions, TheEventItselfIsNotEarlier) {
    conversation c("at: query, when: {seen: query}, do: {error: 1205}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(batch("SELECT 1")).expect_error(1205);
}

TEST(Conditions, AddressesWithAndWithoutTheirPorts) {
    conversation c("at: connect, when: {from: \"127.0.0.1:50002\", to: 127.0.0.1}, do: reset");
    c.connects().expect_silence().connects().expect_end("RST");
    conversation other("at: connect, when: {to: 127.0.0.2}, unused: allowed, do: reset");
    other.connects().expect_silence();
}

TEST(Conditions, FieldsOfTheLogin) {
    conversation c(
        "at: login, when: {fields: {packet-size: 512..600, options: [fODBC, fChar], language: none}}, "
        "do: {error: 1205}",
        "at: login, when: {fields: {packet-size: 4096, language: french}}, do: {error: 1222}"
    );
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(login({.packet_size = 512})).expect_error(1205).expect_end("FIN");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(login({.language = "french"})).expect_error(1222).expect_end("FIN");
    c.logs_in();
}

TEST(Conditions, FieldsOfACall) {
    conversation c(text{
        .faults = {"at: rpc, when: {fields: {procedure: sp_executesql, sql: /select 2/}}, do: {error: 1205}"},
        .verify = "[requests: {at-least: 1, at-most: 1, when: {fields: {packets: 1, sql: SELECT 2}}}, "
                  "never: {at: rpc, when: {fields: {calls: 2..}}}]"
    });
    c.logs_in().peer_sends(executesql("SELECT 1")).expect_rows({{std::int64_t{1}}});
    c.peer_sends(executesql("SELECT 2")).expect_error(1205).expect_unmet({});
}

TEST(Conditions, FieldsOfThePrelogin) {
    conversation c("at: prelogin, when: {fields: {encryption: not-supported, mars: false}}, do: reset");
    c.connects().peer_sends(prelogin(0x00)).expect_prelogin();
    c.connects().peer_sends(prelogin(0x02)).expect_end("RST");
}

TEST(Conditions, OneSessionOfMars) {
    conversation c("at: query, when: {session: 1..}, do: {error: 1205}");
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 0)));
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with(data_of(taken(c), 1), done_with_error));
    c.expect_noted(kind::received, "sql=SELECT 1 session=1");
}

TEST(Conditions, WithoutMarsThereIsNoSession) {
    conversation c("at: query, when: {session: 0..}, unused: allowed, do: {error: 1205}");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Smp, EveryControlPacketIsAnEvent) {
    conversation c(text{
        .verify = "[seen: {at: smp, when: {flag: syn, session: 3}}, seen: {at: smp, when: {flag: ack}}, "
                  "seen: {at: smp, when: {flag: fin, fields: {window: 9}}}]"
    });
    with_mars(c).peer_sends(joined({smp(syn, 3, 0, 4), smp(ack, 3, 0, 8)})).peer_sends(smp(fin, 3, 0, 9));
    c.expect_noted(kind::received, "message=SMP flag=SYN window=4 session=3");
    c.expect_noted(kind::received, "message=SMP flag=ACK sequence=0 window=8 session=3");
    EXPECT_EQ(taken(c).size(), 1U);
    c.expect_unmet({});
}

TEST(Smp, ALateFin) {
    conversation c("at: smp, when: {flag: fin}, do: {wait: 1s}");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(fin, 0, 0, 4)).expect_silence();
    c.after(999ms).expect_silence().after(1ms);
    const auto all = taken(c);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].what, fin);
}

TEST(Smp, AFinThatIsNeverAnswered) {
    conversation c("at: smp, when: {flag: fin, session: 0}, do: ignore");
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(fin, 0, 0, 4)).after(1h).expect_silence();
    c.peer_sends(smp(fin, 1, 0, 4));
    EXPECT_EQ(taken(c).size(), 1U);
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1"))).expect_end("FIN"); // it has ended with a FIN
}

TEST(Smp, TheRestOfAListRunsOnAfterTheFin) {
    conversation c("at: smp, when: {flag: fin}, do: [reply, wait: 1s, reset]");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(fin, 0, 0, 4));
    EXPECT_EQ(taken(c).size(), 1U);
    c.peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 0))) << "the number is free again";
    c.after(1s).expect_end("RST");
}

TEST(Smp, AListAtSynKeepsTheSessionsRequestsWaiting) {
    conversation c("at: smp, when: {flag: syn, session: 1}, do: {wait: 1s}");
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1"))).expect_silence();
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 0)));
    c.after(1s);
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 1)));
}

// The language's table of the journal's fields, held against the journal.
TEST(Fields, TheLoaderKnowsAllThatTheJournalHas) {
    conversation c;
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(ack, 0, 0, 100)}));
    std::uint32_t sequence = 0;
    for (const auto& request :
         {batch("SELECT 1", wire::reset),
          executesql("SELECT 1"),
          begin_transaction(),
          bulk_load(),
          attention()})
        c.peer_sends(smp(data, 0, ++sequence, 100, request));
    c.plays_once();
    const std::map<std::string, scenario::stage> stages{
        {"PRELOGIN", scenario::stage::prelogin},
        {"LOGIN7", scenario::stage::login},
        {"SMP", scenario::stage::smp},
        {"ATTENTION", scenario::stage::attention},
        {"SQL batch", scenario::stage::batch},
        {"RPC", scenario::stage::rpc},
        {"bulk load", scenario::stage::bulk},
        {"transaction manager request", scenario::stage::transaction}
    };
    std::set<std::string> met;
    for (const auto& event : c.world().events()) {
        if (event.what != kind::received) continue;
        const auto message = journal::to_text(*event.find("message"));
        const auto at = stages.find(message);
        ASSERT_NE(at, stages.end()) << message;
        met.insert(message);
        const auto known = scenario::reader::fields_at(at->second);
        for (const auto& field : event.fields) {
            if (field.name == "password") continue; // not to be asked for
            EXPECT_THAT(known, ::testing::Contains(field.name)) << message;
        }
    }
    EXPECT_EQ(met.size(), stages.size()) << ::testing::PrintToString(met);
}

} // namespace
} // namespace tdsfake::session::testing
