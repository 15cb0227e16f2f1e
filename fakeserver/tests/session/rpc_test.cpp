// Remote procedure calls: parameters in the journal, prepared statements, output parameters, several calls.
#include "tests/session/conversation.hpp"
#include "tests/session/rpc_messages.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const text orders{
    .server = "queries: ["
              "{match: 'SELECT name FROM t WHERE id = @id', columns: {name: nvarchar(30), id: int}, "
              "rows: [['order $@id of $user', $1]]}, "
              "{procedure: get_order, outputs: {name: first, '2': 7}, return: 3}, "
              "{procedure: /total/, columns: {n: int}, rows: [[5]], info: counted}, "
              "{match: boom, error: {number: 50001, class: 16, message: no $@id}}]"
};

std::vector<tds::returned> returned(const conversation& c) { return c.last().all<tds::returned>(); }

TEST(Rpc, ParametersAreInTheJournal) {
    conversation c(orders);
    c.logs_in().peer_sends(rpc({call(
        10,
        {nvarchar_parameter("", "SELECT name FROM t WHERE id = @id"),
         nvarchar_parameter("", "@id int, @x nvarchar(9)"),
         int_parameter("@id", 42),
         nvarchar_parameter("@x", "it's")}
    )}));
    c.expect_rows({{std::string("order 42 of sa"), std::int64_t{42}}});
    c.expect_noted(
        kind::received,
        "procedure=sp_executesql sql=SELECT name FROM t WHERE id = @id declaration=@id int, @x nvarchar(9) "
        "parameters=@id int = 42, @x nvarchar(4000) = N'it''s'"
    );
}

TEST(Rpc, PreparedStatementsAreFoundByTheirHandle) {
    conversation c(orders);
    c.logs_in().peer_sends(rpc({call(
        11,
        {null_int_parameter("", by_reference),
         nvarchar_parameter("", "@id int"),
         nvarchar_parameter("", "SELECT name FROM t WHERE id = @id"),
         int_parameter("", 1)}
    )}));
    c.expect_tokens({"colmetadata", "doneinproc", "returnstatus", "returnvalue", "doneproc"});
    EXPECT_EQ(returned(c).at(0).value, tds::cell(std::int64_t{1}));
    EXPECT_EQ(returned(c).at(0).ordinal, 0);
    c.peer_sends(rpc({call("sp_execute", {int_parameter("", 1), int_parameter("", 7)})}));
    c.expect_rows({{std::string("order 7 of sa"), std::int64_t{7}}});
    c.expect_noted(
        kind::received, "procedure=sp_execute sql=SELECT name FROM t WHERE id = @id declaration=@id int"
    );
    c.expect_noted(kind::received, "handle=1 parameters=@id int = 7");
    c.peer_sends(rpc({call(15, {int_parameter("", 1)})})).expect_tokens({"returnstatus", "doneproc"});
    c.peer_sends(rpc({call(12, {int_parameter("", 1), int_parameter("", 7)})})).expect_error(8179);
    c.peer_sends(rpc({call(15, {int_parameter("", 1)})})).expect_error(8179);
}

TEST(Rpc, PrepexecGivesRowsAndTheHandle) {
    conversation c(orders);
    const auto prepexec = [](std::int32_t id) {
        return call(
            13,
            {null_int_parameter("", by_reference),
             nvarchar_parameter("", "@id int"),
             nvarchar_parameter("", "SELECT name FROM t WHERE id = @id"),
             int_parameter("@id", id)}
        );
    };
    c.logs_in().peer_sends(rpc({prepexec(1)}));
    c.expect_tokens({"colmetadata", "row", "doneinproc", "returnstatus", "returnvalue", "doneproc"});
    c.peer_sends(rpc({prepexec(2)}));
    c.expect_tokens({"colmetadata", "row", "doneinproc", "returnstatus", "returnvalue", "doneproc"});
    EXPECT_EQ(returned(c).at(0).value, tds::cell(std::int64_t{2})) << "a handle of its own";
}

TEST(Rpc, AResetConnectionForgetsWhatWasPrepared) {
    conversation c(orders);
    c.logs_in().peer_sends(rpc({call(
        13,
        {null_int_parameter("", by_reference), nvarchar_parameter("", ""), nvarchar_parameter("", "SELECT 1")}
    )}));
    c.expect_tokens({"colmetadata", "row", "doneinproc", "returnstatus", "returnvalue", "doneproc"});
    c.peer_sends(rpc({call(12, {int_parameter("", 1)})})).expect_rows({{std::int64_t{1}}});
    c.peer_sends(rpc({call(12, {int_parameter("", 1)})}, wire::reset)).expect_error(8179);
}

TEST(Rpc, OutputParametersAndReturnStatus) {
    conversation c(orders);
    c.logs_in().peer_sends(rpc({call(
        "dbo.get_order",
        {nvarchar_parameter("@name", "in", by_reference),
         null_int_parameter("@count", by_reference),
         int_parameter("@kept", 9, by_reference),
         int_parameter("@in", 1)}
    )}));
    c.expect_tokens({"returnstatus", "returnvalue", "returnvalue", "returnvalue", "doneproc"});
    EXPECT_THAT(c.last().all<std::int32_t>(), ElementsAre(3));
    const auto values = returned(c);
    EXPECT_EQ(values.at(0).name, "@name");
    EXPECT_EQ(values.at(0).value, tds::cell(std::string("first")));
    EXPECT_EQ(tds::name(values.at(0).type), "nvarchar(4000)");
    EXPECT_EQ(values.at(1).value, tds::cell(std::int64_t{7}));
    EXPECT_EQ(values.at(1).ordinal, 1);
    EXPECT_EQ(values.at(2).value, tds::cell(std::int64_t{9})) << "what the procedure leaves alone comes back";
}

TEST(Rpc, AnOutputThatIsNoneOfItsTypeIsAnError) {
    conversation c(text{.server = "queries: [{procedure: p, outputs: {n: many}}]"});
    c.logs_in().peer_sends(rpc({call("p", {null_int_parameter("@n", by_reference)})})).expect_error(8114);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("'many'"));
}

TEST(Rpc, SeveralCallsOfOneMessage) {
    conversation c(orders);
    c.logs_in().peer_sends(rpc({call("order_total", {}), call("no_such", {}), call("get_order", {})}));
    c.expect_tokens(
        {"info",
         "colmetadata",
         "row",
         "doneinproc",
         "returnstatus",
         "doneproc",
         "error",
         "doneproc",
         "returnstatus",
         "doneproc"}
    );
    const auto ends = c.last().all<tds::done>();
    EXPECT_EQ(ends.at(1).status, 0x81) << "MORE, one of several";
    EXPECT_EQ(ends.at(2).status, 0x83) << "and an error";
    EXPECT_EQ(ends.at(3).status, 0x00);
    c.expect_noted(kind::received, "calls=3");
}

TEST(Rpc, AnUnknownTypeIs8009) {
    conversation c(orders);
    core::bytes bad = hex("00 00 99 01");
    c.logs_in().peer_sends(rpc({call("get_order", {bad})})).expect_error(8009);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("Data type 0x99 is unknown"));
    c.expect_noted(kind::received, "unreadable-parameter=1 unknown-type=153");
}

TEST(Rpc, AValueThatIsNoneOfItsTypeIsAViolation) {
    const auto intn = [](const char* value) {
        return rpc({call("get_order", {hex("00 00 26 04"), hex(value)})});
    };
    conversation c(orders);
    c.logs_in().peer_sends(intn("04 01 00 00 00")).expect_tokens({"returnstatus", "doneproc"});
    c.expect_count(kind::violation, 0);
    c.peer_sends(intn("03 01 00 00"))
        .expect_end("FIN")
        .expect_count(kind::violation, 1)
        .expect_noted(kind::violation, "reason=RPC: ")
        .expect_noted(kind::violation, "error=17836 hexdump=")
        .expect_noted(kind::closed, "by=server how=FIN");
}

TEST(Rpc, CursorsAreRefused) {
    conversation c(orders);
    c.logs_in()
        .peer_sends(rpc({call(2, {null_int_parameter("", by_reference), nvarchar_parameter("", "SELECT 1")})})
        )
        .expect_error(16937);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("default result set"));
}

TEST(Rpc, MessagesOfAQueryKnowItsParameters) {
    conversation c(orders);
    c.logs_in().peer_sends(rpc(
        {call(10, {nvarchar_parameter("", "boom"), nvarchar_parameter("", "@id int"), int_parameter("", 5)})}
    ));
    c.expect_error(50001);
    EXPECT_EQ(c.last().all<tds::server_message>().at(0).message, "no 5");
}

TEST(Rpc, ProceduresThatToolsAskAreKnown) {
    conversation c;
    c.logs_in()
        .peer_sends(procedure("sys.sp_tables"))
        .expect_tokens({"colmetadata", "doneinproc", "returnstatus", "doneproc"});
    EXPECT_EQ(c.last().all<std::vector<tds::column>>().at(0).size(), 5U);
    c.peer_sends(procedure("sp_datatype_info_100"));
    EXPECT_EQ(c.me().unread.size() > 1000, true);
    c.me().unread.clear();
    c.peer_sends(procedure("sp_reset_connection")).expect_tokens({"doneinproc", "returnstatus", "doneproc"});
    c.plays_once();
}

} // namespace
} // namespace tdsfake::session::testing
