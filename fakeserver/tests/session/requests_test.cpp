// Requests and logins as a scenario has them: queries, logins, transactions, status bits; the fields of
// replies.
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::vector<tds::cell>> one{{std::int64_t{1}}};

// ------------------------------------------------------------------------------------------------ logins

const text two_logins{
    .server = "logins: [{user: ann, password: secret, databases: [orders, stock]}, {user: guest}]"
};

TEST(Logins, ARightOneIsAccepted) {
    conversation(two_logins).logs_in({.user = "Ann", .password = "secret", .database = "ORDERS"});
    conversation(two_logins).logs_in({.user = "ann", .password = "secret"});
    conversation(two_logins).logs_in({.user = "guest", .password = "whatever", .database = "any"});
}

TEST(Logins, AWrongUserOrPasswordIs18456AndFin) {
    for (const auto& who :
         {credentials{.user = "eve"}, {.user = "ann", .password = "Secret"}, {.user = "ann"}}) {
        conversation c(two_logins);
        c.connects().peer_sends(login(who)).expect_tokens({"error", "done"}).expect_end("FIN");
        EXPECT_EQ(
            c.last().all<tds::server_message>().at(0).message, "Login failed for user '" + who.user + "'."
        );
        c.expect_noted(kind::sent, "message=ERROR").expect_noted(kind::sent, "number=18456 state=1 class=14");
    }
}

TEST(Logins, AWrongDatabaseIs4060And18456InOneMessage) {
    conversation c(two_logins);
    c.connects()
        .peer_sends(login({.user = "ann", .password = "secret", .database = "payroll"}))
        .expect_tokens({"error", "error", "done"})
        .expect_end("FIN");
    const auto errors = c.last().all<tds::server_message>();
    EXPECT_EQ(errors.at(0).number, 4060);
    EXPECT_THAT(errors.at(0).message, HasSubstr("\"payroll\""));
    EXPECT_EQ(errors.at(1).number, 18456);
    EXPECT_EQ(errors.at(1).message, "Login failed for user 'ann'.");
}

// ------------------------------------------------------------------------------------------------ queries

const text canned{
    .server =
        "queries: ["
        "{match: SELECT  name  FROM t, columns: {id: int, name: nvarchar(10)}, rows: [[1, a], [null, "
        "null]]}, "
        "{match: '/^insert\\b/', affected: 3}, "
        "{match: [two, zwei], results: [{columns: {x: int}, rows: [[1]]}, {columns: {y: int}, rows: []}]}, "
        "{match: bad, error: 1205}, "
        "{match: SELECT 1, columns: {x: int}, rows: [[42]]}]"
};

TEST(Queries, TextMatchesWholeIgnoringCaseAndBlanks) {
    conversation c(canned);
    c.logs_in()
        .peer_sends(batch(" select NAME\n\tfrom T "))
        .expect_rows({{std::int64_t{1}, std::string("a")}, {std::monostate{}, std::monostate{}}});
    EXPECT_THAT(c.last().names(), ElementsAre("colmetadata", "row", "nbcrow", "done"));
    const auto columns = c.last().all<std::vector<tds::column>>().at(0);
    EXPECT_EQ(columns.at(0).name, "id");
    EXPECT_EQ(columns.at(1).name, "name");
    EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 2U);
    c.expect_noted(kind::sent, "message=result").expect_noted(kind::sent, "rows=2");
    c.peer_sends(batch("SELECT name FROM t WHERE 1 = 1")).expect_error(50000);
}

TEST(Queries, RegexMatchesAnywhereAndGivesCounts) {
    conversation c(canned);
    c.logs_in().peer_sends(batch("INSERT INTO t VALUES (1)")).expect_done(0x10);
    EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 3U);
    EXPECT_EQ(c.last().all<tds::done>().at(0).command, 0xc3);
    c.peer_sends(batch("x insert")).expect_error(50000);
}

TEST(Queries, SeveralResultsInOneAnswer) {
    conversation c(canned);
    c.logs_in().peer_sends(batch("zwei"));
    c.expect_tokens({"colmetadata", "row", "done", "colmetadata", "done"});
    EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x11) << "MORE and COUNT";
    EXPECT_EQ(c.last().all<tds::done>().at(1).status, 0x10);
    c.peer_sends(executesql("two"));
    c.expect_tokens(
        {"colmetadata", "row", "doneinproc", "colmetadata", "doneinproc", "returnstatus", "doneproc"}
    );
}

TEST(Queries, ErrorsOfBatchesAndProcedures) {
    conversation c(canned);
    c.logs_in().peer_sends(batch("bad")).expect_tokens({"error", "done"});
    EXPECT_EQ(c.last().all<tds::server_message>().at(0).number, 1205);
    EXPECT_EQ(c.last().all<tds::server_message>().at(0).severity, 13);
    EXPECT_EQ(c.last().all<tds::server_message>().at(0).server, "FAKE");
    c.peer_sends(executesql("bad")).expect_tokens({"error", "doneproc"}).expect_silence();
}

TEST(Queries, AnErrorAfterResultsComesAfterThem) {
    conversation c(
        text{.server = "queries: [{match: partly, columns: {n: int}, rows: [[1]], error: {number: 1205}}]"}
    );
    c.logs_in().peer_sends(batch("partly")).expect_tokens({"colmetadata", "row", "done", "error", "done"});
    EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x11) << "MORE and COUNT";
    EXPECT_EQ(c.last().all<tds::done>().at(1).status, 0x02) << "ERROR";
    c.peer_sends(executesql("partly"));
    c.expect_tokens({"colmetadata", "row", "doneinproc", "error", "doneproc"});
}

TEST(Queries, ComeBeforeTheBuiltInOnes) {
    conversation(canned).logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{42}}});
}

TEST(Queries, UnknownSqlIsAnErrorThatNamesIt) {
    conversation c;
    c.logs_in().peer_sends(batch("SELECT x FROM y")).expect_error(50000);
    EXPECT_EQ(
        c.last().all<tds::server_message>().at(0).message,
        "tdsfake has no answer for: SELECT x FROM y. Add it to `queries` of the scenario (journal line 7)."
    );
    c.peer_sends(procedure("sp_what")).expect_error(50000);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("procedure sp_what"));
    c.peer_sends(batch(std::string(5000, 'x'))).expect_error(50000);
    EXPECT_LT(c.last().all<tds::server_message>().at(0).message.size(), 600U);
}

TEST(BuiltIn, WhatDriversAskOnTheirOwn) {
    conversation c;
    c.logs_in({.user = "ann", .database = "orders"});
    const auto asks = [&](const std::string& sql, tds::cell value) {
        SCOPED_TRACE(sql);
        c.peer_sends(batch(sql)).expect_rows({{std::move(value)}});
    };
    asks("SELECT 1", std::int64_t{1});
    asks("select -5 as Five;", std::int64_t{-5});
    asks("SELECT @@SPID", std::int64_t{52});
    asks("SELECT @@TRANCOUNT", std::int64_t{0});
    asks("SELECT @@SERVERNAME", std::string("FAKE"));
    asks("SELECT DB_NAME()", std::string("orders"));
    asks("SELECT SUSER_SNAME()", std::string("ann"));
    asks("/* ping */ SELECT 1", std::int64_t{1});
    c.peer_sends(batch("SELECT @@VERSION"));
    c.expect_tokens({"colmetadata", "row", "done"});
    EXPECT_THAT(
        std::get<std::string>(c.last().all<std::vector<tds::cell>>().at(0).at(0)),
        HasSubstr("Microsoft SQL Server 2022 (tdsfake) - 16.0.4115.0")
    );
}

TEST(BuiltIn, ANumberTooLargeForAnIntIsANumericOfItsDigits) {
    conversation c;
    c.logs_in().peer_sends(batch("SELECT 2147483648"));
    c.expect_tokens({"colmetadata", "row", "done"});
    const auto columns = c.last().all<std::vector<tds::column>>().at(0);
    EXPECT_EQ(columns.at(0).type.id, tds::type_id::numeric);
    EXPECT_EQ(columns.at(0).type.precision, 10);
    EXPECT_EQ(columns.at(0).type.scale, 0);
}

// A database without tables, whatever is asked of it.
TEST(BuiltIn, TheCatalogIsEmpty) {
    conversation c;
    c.logs_in();
    const auto names = [&](const std::string& sql) {
        SCOPED_TRACE(sql);
        c.peer_sends(batch(sql)).expect_tokens({"colmetadata", "done"});
        std::string all;
        const auto columns = c.last().all<std::vector<tds::column>>();
        for (const auto& column : columns.at(0))
            all += (all.empty() ? "" : ",") + column.name;
        return all;
    };
    EXPECT_EQ(names("SELECT name FROM sys.tables ORDER BY name"), "name");
    EXPECT_EQ(
        names("select t.[TABLE_NAME], TABLE_SCHEMA as [the schema], len(x) n, 1 + 1 from "
              "[app].[INFORMATION_SCHEMA].[TABLES] t where TABLE_TYPE = 'BASE TABLE';"),
        "TABLE_NAME,the schema,n,"
    );
    EXPECT_EQ(names("SELECT TOP (5) * FROM INFORMATION_SCHEMA.COLUMNS"), "*");
    EXPECT_EQ(
        names("select distinct name, (select count(*) from sys.columns) as c from sys.objects"), "name,c"
    );
    c.peer_sends(batch("SELECT COUNT(*) FROM sys.tables WHERE name = 'x'")).expect_rows({{std::int64_t{0}}});
    c.peer_sends(batch("select count(*) as tables, count(x) from sys.tables"));
    c.expect_rows({{std::int64_t{0}, std::int64_t{0}}});
    for (const auto* other :
         {"SELECT name FROM sys.tables; DROP TABLE t",
          "SELECT name FROM mysys.tables",
          "SELECT name FROM sys.nothing_of_that_name",
          "SELECT name, FROM t, sys.tables",
          "SELECT"})
        c.peer_sends(batch(other)).expect_error(50000);
}

TEST(BuiltIn, AnRpcIsAnsweredInItsOwnForm) {
    conversation c;
    c.logs_in().peer_sends(executesql("SELECT 1")).expect_rows(one);
    EXPECT_THAT(
        c.last().names(), ElementsAre("colmetadata", "row", "doneinproc", "returnstatus", "doneproc")
    );
    c.peer_sends(executesql("SET NOCOUNT ON")).expect_tokens({"doneinproc", "returnstatus", "doneproc"});
}

TEST(SetUp, IsABareDoneAndNoQuery) {
    conversation c("at: query, do: {error: {number: 50001, message: a query}}");
    c.logs_in();
    for (const auto* const sql :
         {"SET NOCOUNT ON",
          "set transaction isolation level read committed",
          "IF @@TRANCOUNT > 0 ROLLBACK TRAN"}) {
        SCOPED_TRACE(sql);
        c.peer_sends(batch(sql)).expect_done(0);
    }
    c.peer_sends(batch("SELECT 1")).expect_error(50001);
    c.peer_sends(executesql("SELECT 1")).expect_error(50001);
}

TEST(SetUp, TransactionsInSqlHaveDescriptors) {
    conversation c;
    c.logs_in().peer_sends(batch("BEGIN TRAN")).expect_tokens({"envchange", "done"});
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).type, 8);
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).new_value, hex("01 00 00 00 00 00 00 00"));
    c.peer_sends(within(1, batch("SELECT @@TRANCOUNT"))).expect_rows(one);
    c.peer_sends(within(1, batch("IF @@TRANCOUNT > 0 COMMIT TRAN"))).expect_tokens({"envchange", "done"});
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).type, 9);
    EXPECT_EQ(c.last().all<tds::done>().at(0).command, 0xd5);
    c.peer_sends(executesql("BEGIN TRAN"))
        .expect_tokens({"envchange", "doneinproc", "returnstatus", "doneproc"});
    c.peer_sends(within(2, batch("ROLLBACK"))).expect_tokens({"envchange", "done"});
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).type, 10);
    c.peer_sends(batch("SELECT @@TRANCOUNT")).expect_rows({{std::int64_t{0}}});
}

TEST(Transactions, FieldsOfTheirAnswersCanBeOthers) {
    conversation c("at: transaction, do: {reply: {status: 0x21, command: 0xff}}");
    c.logs_in().peer_sends(begin_transaction()).expect_tokens({"envchange", "done"});
    EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x21);
    EXPECT_EQ(c.last().all<tds::done>().at(0).command, 0xff);
}

TEST(SetUp, UseChangesTheDatabase) {
    conversation c;
    c.logs_in().peer_sends(batch("USE [stock]")).expect_tokens({"envchange", "info", "done"});
    EXPECT_EQ(c.last().all<tds::server_message>().at(0).number, 5701);
    c.peer_sends(batch("SELECT DB_NAME()")).expect_rows({{std::string("stock")}});
}

TEST(Stages, BatchRpcTransactionRequestAndQueryMeanWhatTheySay) {
    const auto fired = [](const std::string& at, const core::bytes& message) {
        conversation c("at: " + at + ", do: {send: {hex: aa}}");
        c.logs_in().peer_sends(message);
        return c.me().unread == core::bytes{0xaa};
    };
    const auto select = batch("SELECT 1"), set = batch("SET NOCOUNT ON"), rpc = executesql("SELECT 1"),
               named = procedure("sp_who"), begin = begin_transaction(), bulk = bulk_load();
    EXPECT_TRUE(fired("batch", select) && fired("batch", set));
    EXPECT_FALSE(fired("batch", rpc) || fired("batch", begin) || fired("batch", bulk));
    EXPECT_TRUE(fired("rpc", rpc) && fired("rpc", named));
    EXPECT_FALSE(fired("rpc", select) || fired("rpc", begin));
    EXPECT_TRUE(fired("transaction", begin));
    EXPECT_FALSE(fired("transaction", select) || fired("transaction", batch("BEGIN TRAN")));
    EXPECT_TRUE(fired("query", select) && fired("query", rpc));
    EXPECT_FALSE(
        fired("query", set) || fired("query", named) || fired("query", begin) || fired("query", bulk)
    );
    for (const auto& any : {select, set, rpc, named, begin, bulk})
        EXPECT_TRUE(fired("request", any));
}

TEST(Bulk, IsAnsweredWithTheNumberOfItsRows) {
    conversation c;
    c.logs_in()
        .peer_sends(batch("INSERT BULK t (id int)"))
        .expect_done(0)
        .peer_sends(bulk_load())
        .expect_done(0x10);
    EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 2U);
    EXPECT_EQ(c.last().all<tds::done>().at(0).command, 0xf0);
    c.expect_noted(kind::received, "columns=id int rows=2");
}

TEST(Bulk, ThatIsMalformedIsAViolation) {
    conversation c;
    c.logs_in().peer_sends(packets(wire::bulk, hex("81 00 00"))).expect_end("FIN");
    c.expect_noted(kind::violation);
}

// ------------------------------------------------------------------------------------ status bits,
// transactions

TEST(StatusBits, ResetConnectionIsAcknowledgedFirst) {
    conversation c;
    c.logs_in().peer_sends(batch("SELECT 1", wire::reset));
    c.expect_tokens({"envchange", "colmetadata", "row", "done"});
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).type, 18);
    c.expect_noted(kind::received, "status=reset");
    EXPECT_EQ(core::bytes(c.last().payload.begin(), c.last().payload.begin() + 6), hex("e3 03 00 12 00 00"));
    c.peer_sends(executesql("SELECT 1", wire::reset));
    c.expect_tokens({"envchange", "colmetadata", "row", "doneinproc", "returnstatus", "doneproc"});
    c.peer_sends(batch("no such thing", wire::reset)).expect_tokens({"envchange", "error", "done"});
}

// MS-TDS 2.2.3.1.2: what a pool hands on is as new.
TEST(StatusBits, AResetUndoesWhatTheSessionDid) {
    for (const bool keeps_transaction : {false, true}) {
        conversation c;
        c.logs_in({.database = "orders"}).peer_sends(batch("USE tempdb"));
        c.expect_tokens({"envchange", "info", "done"});
        c.peer_sends(batch("BEGIN TRAN")).expect_tokens({"envchange", "done"});
        c.peer_sends(within(1, batch("SELECT @@TRANCOUNT"))).expect_rows({{std::int64_t{1}}});
        c.peer_sends(batch("SELECT @@TRANCOUNT", keeps_transaction ? wire::reset_skip_tran : wire::reset));
        c.expect_rows({{std::int64_t{keeps_transaction}}});
        c.peer_sends(within(keeps_transaction ? 1 : 0, batch("SELECT DB_NAME()")));
        c.expect_rows({{std::string("orders")}});
    }
}

// Also when a fault answers: the reset comes before everything.
TEST(StatusBits, AResetThatIsAnsweredByAFaultIsOne) {
    conversation c("at: query, when: {sql: bad}, do: {error: 1222}");
    c.logs_in({.database = "orders"}).peer_sends(batch("USE tempdb"));
    c.expect_tokens({"envchange", "info", "done"});
    c.peer_sends(batch("bad", wire::reset)).expect_error(1222);
    c.peer_sends(batch("SELECT DB_NAME()")).expect_rows({{std::string("orders")}});
}

TEST(StatusBits, AnIgnoredRequestGetsOneDoneWithError) {
    conversation("at: query, do: {error: {number: 50001, message: not this}}")
        .logs_in()
        .peer_sends(batch("SELECT 1", wire::ignore))
        .expect_done(0x02)
        .expect_silence()
        .expect_noted(kind::received, "status=ignore");
}

TEST(StatusBits, AnIgnoredRequestIsOfTheStageAttention) {
    conversation("at: attention, do: {send: {hex: aa}}")
        .logs_in()
        .peer_sends(batch("SELECT 1", wire::ignore))
        .expect_bytes(hex("aa"))
        .expect_silence();
}

TEST(Transactions, HandOutADescriptorAndTakeItBack) {
    conversation c;
    c.logs_in().peer_sends(begin_transaction());
    c.expect_bytes(hex("04 01 00 23 00 34 01 00  e3 0b 00 08 08 01 00 00 00 00 00 00 00 00"
                       "fd 00 00 d4 00 00 00 00 00 00 00 00 00"));
    c.peer_sends(within(1, batch("SELECT @@TRANCOUNT"))).expect_rows(one);
    c.peer_sends(commit());
    c.expect_bytes(hex("04 01 00 23 00 34 01 00  e3 0b 00 09 00 08 01 00 00 00 00 00 00 00"
                       "fd 00 00 d5 00 00 00 00 00 00 00 00 00"));
    c.peer_sends(batch("SELECT @@TRANCOUNT")).expect_rows({{std::int64_t{0}}});
    c.peer_sends(begin_transaction()).expect_tokens({"envchange", "done"});
    c.peer_sends(rollback()).expect_tokens({"envchange", "done"});
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).type, 10);
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(0).old_value, hex("02 00 00 00 00 00 00 00"));
    EXPECT_EQ(c.last().all<tds::done>().at(0).command, 0xd2);
}

TEST(Transactions, CommitCanBeginTheNext) {
    conversation c;
    c.logs_in().peer_sends(begin_transaction()).expect_tokens({"envchange", "done"});
    c.peer_sends(commit(true)).expect_tokens({"envchange", "envchange", "done"});
    EXPECT_EQ(c.last().all<tds::envchange_token>().at(1).new_value, hex("02 00 00 00 00 00 00 00"));
}

TEST(Transactions, DistributedOnesAreRefused) {
    conversation c;
    const auto headers = hex("16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 00 01 00 00 00");
    c.logs_in()
        .peer_sends(packets(wire::transaction, joined({headers, hex("00 00 00 00")})))
        .expect_error(50000);
}

// What pyodbc asks before its application does anything is no query of the application's.
TEST(Requests, DriversAskForTypesWithoutMeetingTheFaultsOfQueries) {
    conversation c("at: query, times: 1, do: {error: 1205}");
    c.logs_in();
    for (const auto* ask : {"sp_datatype_info_100 12,3", "exec sp_datatype_info 0"}) {
        c.peer_sends(batch(ask));
        EXPECT_GT(c.me().unread.size(), 1000U) << ask;
        c.me().unread.clear();
    }
    c.peer_sends(batch("SELECT 1")).expect_error(1205);
}

} // namespace
} // namespace tdsfake::session::testing
