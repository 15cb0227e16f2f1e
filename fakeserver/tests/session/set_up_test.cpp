// Which texts are set-up, and what becomes of those that only begin so: nothing of an application's is
// answered unseen.
#include "session/set_up.hpp"
#include "tests/session/conversation.hpp"

#include <gmock/gmock.h>

namespace tdsfake::session::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SetUp, IsWhatDriversAndPoolersSend) {
    for (const std::string_view sql : {
             "",
             " ; ",
             "-- hi",
             "/* ping */",
             "SET NOCOUNT ON",
             "set ansi_nulls, quoted_identifier on",
             "SET STATISTICS IO, TIME ON",
             "SET IDENTITY_INSERT [dbo].[t] ON",
             "SET LOCK_TIMEOUT -1 SET DATEFORMAT ymd",
             "SET LANGUAGE us_english",
             "SET @n = (SELECT 1)",
             "set transaction isolation level repeatable read",
             "SET ARITHABORT ON;SET CONCAT_NULL_YIELDS_NULL ON;SET TEXTSIZE 2147483647;",
             "set ansi_padding on\nset implicit_transactions off\nset transaction isolation level read "
             "committed",
             "SET XACT_ABORT ON; BEGIN TRAN",
             "BEGIN TRANSACTION abc;",
             "begin distributed tran",
             "COMMIT",
             "COMMIT WORK",
             "IF @@TRANCOUNT > 0 COMMIT TRAN",
             "IF @@TRANCOUNT = 0 BEGIN TRAN",
             "IF @@TRANCOUNT <> 0 ROLLBACK",
             "if @@trancount>0 rollback",
             "ROLLBACK TRAN one",
             "SAVE TRANSACTION one",
             "USE [a b]",
             "DECLARE @n int = (SELECT 1), @t TABLE (a int)",
             "INSERT BULK [t] ([a] int) WITH (TABLOCK)",
             "exec sp_reset_connection",
             "sp_datatype_info_100 12,3",
             "EXEC sys.sp_datatype_info -9",
         }) {
        EXPECT_TRUE(is_set_up(sql)) << sql << " leaves: " << split_set_up(sql).rest;
    }
}

TEST(SetUp, EndsWhereSomethingElseBegins) {
    const std::vector<std::pair<std::string_view, std::string_view>> cases{
        {"SELECT 1", "SELECT 1"},
        {"SET NOCOUNT ON; SELECT * FROM orders", "SELECT * FROM orders"},
        {"SET NOCOUNT ON SELECT 1", "SELECT 1"},
        {"SET NOCOUNT ON;\n-- the row\nINSERT INTO t VALUES (1); SELECT SCOPE_IDENTITY()",
         "INSERT INTO t VALUES (1); SELECT SCOPE_IDENTITY()"},
        {"BEGIN TRAN; DELETE t; COMMIT", "DELETE t; COMMIT"},
        {"BEGIN TRAN UPDATE t SET a = 1", "UPDATE t SET a = 1"},
        {"USE master; DELETE zz", "DELETE zz"},
        {"DECLARE @n int; SELECT @n", "SELECT @n"},
        {"DECLARE @n int = 5 SELECT @n", "SELECT @n"},
        {"DECLARE c CURSOR FOR SELECT 1", "DECLARE c CURSOR FOR SELECT 1"},
        {"SET garbage", "SET garbage"},
        {"SET TRANSACTION ISOLATION LEVEL none", "SET TRANSACTION ISOLATION LEVEL none"},
        {"commitments_proc 5", "commitments_proc 5"},
        {"rollback_log", "rollback_log"},
        {"exec sp_reset_password 1", "exec sp_reset_password 1"},
        {"IF @@TRANCOUNT > 0 SELECT 1", "IF @@TRANCOUNT > 0 SELECT 1"},
        {"BEGIN TRY SELECT 1 END TRY", "BEGIN TRY SELECT 1 END TRY"},
        {"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"},
        {"SET NOCOUNT ON; SET 'open", "SET 'open"},
    };
    for (const auto& [sql, rest] : cases)
        EXPECT_EQ(split_set_up(sql).rest, rest) << sql;
    EXPECT_THAT(
        split_set_up("SET XACT_ABORT ON ; /* and */ BEGIN TRAN; SELECT 1").statements,
        ElementsAre("SET XACT_ABORT ON", "BEGIN TRAN")
    );
}

TEST(SetUp, BeforeAQueryLeavesTheQueryVisible) {
    conversation c(text{
        .faults = {"at: query, when: {sql: /orders/}, do: {error: 1205}"},
        .server = "queries: [{match: SELECT a FROM t, columns: {a: int}, rows: [[7]]}]"
    });
    c.logs_in();
    c.peer_sends(batch("SET NOCOUNT ON; INSERT INTO orders VALUES (1)")).expect_error(1205);
    c.peer_sends(batch("SET NOCOUNT ON; SELECT a FROM t")).expect_rows({{std::int64_t{7}}});
    c.peer_sends(batch("USE stock; SELECT a FROM t")).expect_rows({{std::int64_t{7}}});
    c.peer_sends(batch("SELECT DB_NAME()")).expect_rows({{std::string("stock")}});
    c.peer_sends(batch("SET NOCOUNT ON; DELETE t")).expect_error(50000);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("SET NOCOUNT ON; DELETE t"));
    c.peer_sends(batch("SET XACT_ABORT ON; BEGIN TRAN; SELECT a FROM t"))
        .expect_tokens({"envchange", "colmetadata", "row", "done"});
    c.peer_sends(within(1, batch("-- nothing"))).expect_done(0);
}

} // namespace
} // namespace tdsfake::session::testing
