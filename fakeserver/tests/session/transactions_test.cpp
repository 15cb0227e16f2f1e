// Transactions: those of the transaction manager's requests and those of SQL are one and the same.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::HasSubstr;

constexpr int begun = 8, committed = 9, rolled_back = 10; // ENVCHANGE

const std::string victim = "queries: [{match: bad, error: 1205}, {match: insert, affected: 1}]";

// Its requests belong to the transaction that the server has told it of last.
class client {
public:
    explicit client(const text& t = {}) : story(t) { story.logs_in(); }

    conversation& sends(const core::bytes& request) {
        for (const auto& change : story.last().all<tds::envchange_token>()) {
            if (change.type == begun) open_ = change.new_value.front();
            if (change.type == committed || change.type == rolled_back) open_ = 0;
        }
        return story.peer_sends(within(open_, request));
    }
    void expect_change(int type, std::string_view opened, std::string_view ended) {
        const auto changes = story.last().all<tds::envchange_token>();
        ASSERT_EQ(changes.size(), 1U);
        EXPECT_EQ(changes.at(0).type, type);
        EXPECT_EQ(changes.at(0).new_value, hex(opened));
        EXPECT_EQ(changes.at(0).old_value, hex(ended));
    }
    void expect_count(std::int64_t count) { sends(batch("SELECT @@TRANCOUNT")).expect_rows({{count}}); }

    conversation story;

private:
    std::uint64_t open_ = 0;
};

constexpr std::string_view first = "01 00 00 00 00 00 00 00", second = "02 00 00 00 00 00 00 00";

TEST(Transactions, AnEndWithoutABeginIsAnErrorAndTheConnectionStays) {
    client c;
    const auto refused = [&](const core::bytes& request, std::int32_t number, std::string_view verb) {
        c.sends(request).expect_error(number);
        const auto error = c.story.last().all<tds::server_message>().at(0);
        EXPECT_EQ(error.severity, 16);
        EXPECT_EQ(error.state, 1);
        EXPECT_EQ(
            error.message,
            "The " + std::string(verb) + " TRANSACTION request has no corresponding BEGIN TRANSACTION."
        );
        EXPECT_EQ(error.server, "FAKE");
        EXPECT_TRUE(c.story.last().all<tds::envchange_token>().empty());
    };
    refused(commit(), 3902, "COMMIT");
    c.story.expect_noted(kind::sent, "message=ERROR")
        .expect_noted(kind::sent, "number=3902 state=1 class=16");
    refused(rollback(), 3903, "ROLLBACK");
    refused(commit(true), 3902, "COMMIT");
    refused(batch("COMMIT"), 3902, "COMMIT");
    refused(batch("rollback transaction"), 3903, "ROLLBACK");
    refused(executesql("COMMIT TRAN"), 3902, "COMMIT");
    c.expect_count(0);
}

TEST(Transactions, AnEndThatAsksFirstIsNoError) {
    client c;
    for (const auto* sql :
         {"IF @@TRANCOUNT > 0 COMMIT TRAN", "if @@trancount>0 rollback", "IF @@TRANCOUNT <> 0 ROLLBACK WORK"
         }) {
        SCOPED_TRACE(sql);
        c.sends(batch(sql)).expect_done(0);
        c.sends(begin_transaction()).expect_tokens({"envchange", "done"});
        c.sends(batch(sql)).expect_tokens({"envchange", "done"});
    }
    c.sends(batch("IF @@TRANCOUNT = 0 BEGIN TRAN")).expect_tokens({"envchange", "done"});
    c.sends(batch("IF @@TRANCOUNT = 0 BEGIN TRAN")).expect_done(0);
    c.expect_count(1);
    // FreeTDS goes on to the next so.
    c.sends(batch("IF @@TRANCOUNT > 0 COMMIT BEGIN TRANSACTION"));
    c.story.expect_tokens({"envchange", "envchange", "done"});
    c.expect_count(1);
}

TEST(Transactions, NestAndOnlyTheLastCommitTells) {
    for (const bool in_sql : {false, true}) {
        client c;
        const auto begins = in_sql ? batch("BEGIN TRAN") : begin_transaction();
        const auto commits = in_sql ? batch("COMMIT") : commit();
        c.sends(begins).expect_tokens({"envchange", "done"});
        c.expect_change(begun, first, "");
        c.sends(begins).expect_done(0);
        EXPECT_EQ(c.story.last().all<tds::done>().at(0).command, 0xd4);
        c.expect_count(2);
        c.sends(commits).expect_done(0);
        EXPECT_EQ(c.story.last().all<tds::done>().at(0).command, 0xd5);
        c.expect_count(1);
        c.sends(commits).expect_tokens({"envchange", "done"});
        c.expect_change(committed, "", first);
        c.story.expect_noted(kind::sent, "transaction=commit");
        c.expect_count(0);
        c.sends(commits).expect_error(3902);
    }
}

TEST(Transactions, RollbackEndsAllThatAreNested) {
    client c;
    c.sends(begin_transaction()).expect_tokens({"envchange", "done"});
    c.sends(batch("begin tran inner_one")).expect_done(0);
    c.sends(rollback()).expect_tokens({"envchange", "done"});
    c.expect_change(rolled_back, "", first);
    c.expect_count(0);
    c.sends(rollback()).expect_error(3903);
    c.sends(batch("BEGIN TRAN")).expect_tokens({"envchange", "done"});
    c.expect_change(begun, second, "");
}

TEST(Transactions, ASavepointIsNoEnd) {
    client c;
    c.sends(batch("SAVE TRAN here")).expect_error(628);
    c.sends(batch("BEGIN TRAN outer_one")).expect_tokens({"envchange", "done"});
    c.sends(batch("SAVE TRAN here")).expect_done(0);
    c.sends(batch("save transaction [and there]")).expect_done(0);
    c.sends(batch("ROLLBACK TRAN [and there];")).expect_done(0);
    c.sends(batch("ROLLBACK TRAN here")).expect_done(0);
    c.sends(batch("ROLLBACK TRAN [and there]")).expect_error(6401);
    EXPECT_EQ(
        c.story.last().all<tds::server_message>().at(0).message,
        "Cannot roll back and there. No transaction or savepoint of that name was found."
    );
    c.expect_count(1);
    c.sends(batch("ROLLBACK TRAN outer_one")).expect_tokens({"envchange", "done"});
    c.expect_count(0);
}

TEST(Transactions, ADeadlocksVictimIsRolledBack) {
    for (const auto& bad : {batch("bad"), executesql("bad")}) {
        client c(text{.server = victim});
        c.sends(begin_transaction()).expect_tokens({"envchange", "done"});
        c.sends(begin_transaction()).expect_done(0);
        c.sends(bad).expect_tokens({"error", "envchange", bad == batch("bad") ? "done" : "doneproc"});
        c.expect_change(rolled_back, "", first);
        c.story.expect_noted(kind::sent, "number=1205").expect_noted(kind::sent, "transaction=rollback");
        c.expect_count(0);
        c.sends(bad).expect_tokens({"error", bad == batch("bad") ? "done" : "doneproc"});
        c.sends(commit()).expect_error(3902);
    }
}

TEST(Transactions, AFaultsDeadlockRollsBackToo) {
    client c(text{.faults = {"at: query, times: 1, do: {error: 1205}"}});
    c.sends(begin_transaction()).expect_tokens({"envchange", "done"});
    c.sends(batch("SELECT 1")).expect_tokens({"error", "envchange", "done"});
    c.expect_change(rolled_back, "", first);
    EXPECT_THAT(c.story.last().all<tds::server_message>().at(0).message, HasSubstr("(Process ID 52)"));
    c.story.expect_noted(kind::sent, "transaction=rollback");
    c.expect_count(0);
}

TEST(Transactions, AnotherErrorLeavesThemOpen) {
    client c(text{.faults = {"at: query, times: 1, do: {error: 1222}"}});
    c.sends(begin_transaction()).expect_tokens({"envchange", "done"});
    c.sends(batch("SELECT 1")).expect_tokens({"error", "done"});
    c.expect_count(1);
}

TEST(Transactions, TheVictimIsNamedByItsSession) {
    conversation c("at: query, do: {error: 1205}");
    c.logs_in().logs_in().peer_sends(batch("SELECT 1")).expect_error(1205);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("(Process ID 53)"));
}

// tiberius stopped reading at the first ERROR, missed the ENVCHANGE behind it, and its next request failed.
TEST(Transactions, ARequestHasToBelongToTheOpenOne) {
    client c(text{.server = victim});
    c.sends(begin_transaction()).expect_tokens({"envchange", "done"});
    c.story.peer_sends(batch("insert")).expect_error(3989);
    c.story.peer_sends(executesql("insert")).expect_error(3989);
    c.story.peer_sends(within(0x1f, batch("insert"))).expect_error(3971);
    EXPECT_EQ(
        c.story.last().all<tds::server_message>().at(0).message,
        "The server failed to resume the transaction. Desc:1f."
    );
    c.story.peer_sends(within(1, batch("bad"))).expect_tokens({"error", "envchange", "done"});
    c.story.peer_sends(within(1, batch("insert"))).expect_error(3971);
    c.story.peer_sends(batch("insert")).expect_done(0x10);
}

TEST(Transactions, RequestsOfOlderClientsSayNothingOfThem) {
    conversation c(text{.server = victim});
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(login({.version = 0x71000001})).speaks(tds::tds_version::v7_1).expect_logged_in();
    c.peer_sends(batch("BEGIN TRAN", 0, layout::narrow)).expect_tokens({"envchange", "done"});
    c.peer_sends(batch("insert", 0, layout::narrow)).expect_done(0x10);
    c.peer_sends(batch("COMMIT", 0, layout::narrow)).expect_tokens({"envchange", "done"});
}

TEST(Transactions, ImplicitOnesBeginWithTheFirstStatement) {
    client c(text{.server = victim});
    c.sends(batch("set implicit_transactions on")).expect_done(0);
    c.expect_count(0);
    c.sends(batch("COMMIT")).expect_error(3902);
    c.sends(batch("insert")).expect_tokens({"envchange", "done"});
    c.expect_change(begun, first, "");
    c.sends(batch("insert")).expect_done(0x10);
    c.sends(batch("IF @@TRANCOUNT > 0 COMMIT TRAN")).expect_tokens({"envchange", "done"});
    c.expect_change(committed, "", first);
    c.sends(batch("BEGIN TRAN")).expect_tokens({"envchange", "done"});
    c.expect_count(2);
    c.sends(batch("ROLLBACK")).expect_tokens({"envchange", "done"});
    c.sends(batch("set implicit_transactions off")).expect_done(0);
    c.sends(batch("insert")).expect_done(0x10);
}

TEST(Transactions, AnIsolationLevelThatDoesNotExistIsAViolation) {
    client c;
    const auto headers = hex("16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 00 01 00 00 00");
    c.sends(packets(wire::transaction, joined({headers, hex("05 00 06 00")})));
    c.story.expect_end("FIN").expect_noted(
        kind::violation, "a field holds a value that MS-TDS does not allow"
    );
}

} // namespace
} // namespace tdsfake::session::testing
