// Results of every kind: types, generated rows, messages, values of the request, fields of the reply.
#include "tests/session/conversation.hpp"
#include "tests/session/rpc_messages.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

text queries(const std::string& list) { return {.server = "queries: [" + list + "]"}; }

using cells = std::vector<tds::cell>;

TEST(Results, OfManyTypes) {
    conversation c(queries(
        "{match: all, columns: {a: bit not null, b: 'decimal(18,4)', c: datetime2(7), d: varbinary(max), "
        "e: uniqueidentifier, f: sql_variant, g: xml}, "
        "rows: [[1, -123.45, '2024-01-02 03:04:05.1234567', 0x0102, "
        "6F9619FF-8B86-D011-B42D-00C04FC964FF, 'date: 2024-01-02', <a/>], "
        "[0, null, null, null, null, null, null]]}"
    ));
    const std::vector<cells> rows{
        {std::int64_t{1},
         std::string("-123.4500"),
         std::string("2024-01-02 03:04:05.1234567"),
         std::string("0x0102"),
         std::string("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
         std::string("date: 2024-01-02"),
         std::string("<a/>")},
        {std::int64_t{0}, {}, {}, {}, {}, {}, {}}
    };
    c.logs_in().peer_sends(batch("all")).expect_rows(rows);
    EXPECT_THAT(c.last().names(), ElementsAre("colmetadata", "row", "nbcrow", "done"));
}

TEST(Results, AnOlderClientGetsWhatItKnows) {
    conversation c(queries("{match: all, columns: {a: date, b: nvarchar(max)}, rows: [[2024-01-02, x]]}"));
    c.speaks(tds::tds_version::v7_1).logs_in({.version = 0x71000001});
    c.peer_sends(batch("all", 0, layout::narrow))
        .expect_rows({{std::string("2024-01-02"), std::string("x")}});
    const auto columns = c.last().all<std::vector<tds::column>>().at(0);
    EXPECT_EQ(tds::name(columns.at(0).type), "nvarchar(10)");
    EXPECT_EQ(tds::name(columns.at(1).type), "ntext");
}

TEST(Results, PrintAndRaiserrorComeBeforeThem) {
    conversation c(queries(
        "{match: p, info: [hello, {number: 50001, class: 5, state: 2, message: to $user on $connection}], "
        "columns: {n: int}, rows: [[1]]}, {match: q, info: alone}"
    ));
    c.logs_in().peer_sends(batch("p")).expect_tokens({"info", "info", "colmetadata", "row", "done"});
    const auto messages = c.last().all<tds::server_message>();
    EXPECT_EQ(messages.at(0).number, 0);
    EXPECT_EQ(messages.at(0).severity, 0);
    EXPECT_EQ(messages.at(0).message, "hello");
    EXPECT_EQ(messages.at(1).number, 50001);
    EXPECT_EQ(messages.at(1).severity, 5);
    EXPECT_EQ(messages.at(1).state, 2);
    EXPECT_EQ(messages.at(1).message, "to sa on 1");
    c.peer_sends(batch("q")).expect_tokens({"info", "done"});
}

TEST(Results, OfStatementsThatChangeRowsAndThatReadThem) {
    conversation c(
        queries("{match: both, results: [{affected: 3}, {columns: {n: int}, rows: [[1]]}, {affected: 4}]}")
    );
    c.logs_in().peer_sends(batch("both")).expect_tokens({"done", "colmetadata", "row", "done", "done"});
    const auto ends = c.last().all<tds::done>();
    EXPECT_EQ(ends.at(0).status, 0x11);
    EXPECT_EQ(ends.at(0).row_count, 3U);
    EXPECT_EQ(ends.at(2).status, 0x10);
    EXPECT_EQ(ends.at(2).row_count, 4U);
}

TEST(Results, OfFmtonlyAreColumnsAlone) {
    conversation c(queries("{match: select * from t, columns: {id: int, n: nvarchar(9)}, rows: [[1, a]]}"));
    c.logs_in().peer_sends(batch("SET FMTONLY ON select * from t SET FMTONLY OFF"));
    c.expect_tokens({"colmetadata", "done"});
    EXPECT_EQ(c.last().all<std::vector<tds::column>>().at(0).size(), 2U);
    c.peer_sends(batch("set fmtonly on; select * from u; set fmtonly off;")).expect_error(50000);
}

TEST(Results, KnowTheRequest) {
    conversation c(queries("{match: /^echo/, columns: {a: 'nvarchar(100)', b: nvarchar(3)}, "
                           "rows: [['$user/$database/$app/$host/$connection/$sql', '$user$user']]}, "
                           "{match: number, columns: {n: int}, rows: [[$user]]}, "
                           "{match: nothing, columns: {n: int}, rows: [[$@missing]]}"));
    c.logs_in({.database = "stock"}).peer_sends(batch("echo 1"));
    c.expect_rows({{std::string("sa/stock/story/box/1/echo 1"), std::string("sas")}});
    c.peer_sends(batch("number")).expect_error(8114);
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, HasSubstr("the value 'sa' for 'n'"));
    c.peer_sends(batch("nothing")).expect_rows({{tds::cell()}});
}

TEST(Generated, FewRowsComeAtOnce) {
    conversation c(queries(
        "{match: few, columns: {id: int, t: nvarchar(30), v: varchar(4), d: 'decimal(3,1)', k: tinyint}, "
        "rows: {count: 11, values: [$row, 'row $row!', $row$row, $row, 7]}}"
    ));
    c.logs_in().peer_sends(batch("few"));
    std::vector<cells> rows;
    for (int i = 1; i <= 11; ++i) {
        const auto n = std::to_string(i);
        rows.push_back({std::int64_t{i}, "row " + n + "!", (n + n).substr(0, 4), n + ".0", std::int64_t{7}});
    }
    c.expect_rows(rows);
    EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 11U);
    c.expect_noted(kind::sent, "message=result").expect_noted(kind::sent, "rows=11");
}

TEST(Generated, ValuesFollowTheTypesWhereNoneAreGiven) {
    conversation c(queries(
        "{match: usual, columns: {a: bigint, b: nvarchar(100), c: varchar(3), d: date, e: bit, f: float, "
        "g: varbinary(8), h: xml}, rows: {count: 2}}"
    ));
    const auto row = [](const std::string& n) {
        return cells{
            std::int64_t{n == "1" ? 1 : 2},
            "row " + n,
            n,
            std::string("2024-01-02"),
            std::int64_t{n == "1" ? 1 : 0},
            n,
            std::string("0x2A"),
            "<row>" + n + "</row>"
        };
    };
    c.logs_in().peer_sends(batch("usual")).expect_rows({row("1"), row("2")});
}

TEST(Generated, NumbersBeginAgainWhereTheirTypeEnds) {
    conversation c(queries("{match: wraps, columns: {a: tinyint not null, d: 'decimal(2,0)'}, rows: {count: "
                           "300, values: [$row, $row]}}"));
    c.logs_in().peer_sends(batch("wraps"));
    std::vector<cells> rows;
    for (int i = 1; i <= 300; ++i)
        rows.push_back({std::int64_t{i % 256}, std::to_string(i % 100)});
    c.expect_rows(rows);
}

TEST(Generated, ARowMadeFromTheOneBeforeIsLikeOneMadeAnew) {
    conversation c(queries("{match: cut, columns: {k: tinyint not null, n: nvarchar(6), v: varchar(4), b: "
                           "bigint}, rows: {count: 1200, values: [$row, 'row $row', 'x$row!', $row]}}"));
    c.logs_in().peer_sends(batch("cut"));
    std::vector<cells> rows;
    for (int i = 1; i <= 1200; ++i) {
        const auto n = std::to_string(i);
        rows.push_back(
            {std::int64_t{i % 256}, ("row " + n).substr(0, 6), ("x" + n + "!").substr(0, 4), std::int64_t{i}}
        );
    }
    c.expect_rows(rows);
}

TEST(Generated, NullsAreCompressed) {
    conversation c(queries("{match: nulls, columns: {a: nvarchar(5), b: nvarchar(5), c: int}, rows: {count: "
                           "2, values: [null, null, $row]}}"));
    c.logs_in()
        .peer_sends(batch("nulls"))
        .expect_rows({{{}, {}, std::int64_t{1}}, {{}, {}, std::int64_t{2}}});
    EXPECT_THAT(c.last().names(), ElementsAre("colmetadata", "nbcrow", "nbcrow", "done"));
}

TEST(Generated, ManyRowsKeepTheirOrderAndTheirCount) {
    conversation c(queries("{match: many, columns: {id: int not null, t: nvarchar(20)}, rows: {count: 20000}}"
    ));
    c.plays_once().logs_in().peer_sends(batch("many"));
    std::vector<std::string> names(20'002, "row");
    names.front() = "colmetadata";
    names.back() = "done";
    c.expect_tokens(names);
    const auto rows = c.last().all<cells>();
    ASSERT_EQ(rows.size(), 20'000U);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(rows[i].at(0), tds::cell(static_cast<std::int64_t>(i + 1)));
        ASSERT_EQ(rows[i].at(1), tds::cell("row " + std::to_string(i + 1)));
    }
    EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 20'000U);
}

TEST(Generated, RowsCanBeCutLikeOthers) {
    conversation c(text{
        .faults = {"at: query, times: 1, do: [{reply: healthy, cut: row.3}, reset]"},
        .server = "queries: [{match: few, columns: {id: int not null}, rows: {count: 5}}]"
    });
    c.logs_in().peer_sends(batch("few"));
    // header, COLMETADATA of one INT without a name's letters, two rows of five bytes
    EXPECT_EQ(c.me().unread.size(), 8U + 3 + 4 + 2 + 1 + 1 + 2 * 2 + 2 * 5);
    c.me().unread.clear();
    c.expect_end("RST");
}

TEST(Reply, FieldsOfResults) {
    const auto list = std::string(
        "{match: rows, columns: {n: int}, rows: [[1]]}, {procedure: p, outputs: {a: 1}, return: 1}"
    );
    const auto changed = [&](const std::string& fields) {
        return text{
            .faults = {"at: request, do: {reply: {" + fields + "}}"}, .server = "queries: [" + list + "]"
        };
    };
    {
        conversation c(changed("affected: 9, status: 0x21, command: 0xc5"));
        c.logs_in().peer_sends(batch("rows")).expect_tokens({"colmetadata", "row", "done"});
        EXPECT_EQ(c.last().all<tds::done>().at(0).row_count, 9U);
        EXPECT_EQ(c.last().all<tds::done>().at(0).status, 0x21);
        EXPECT_EQ(c.last().all<tds::done>().at(0).command, 0xc5);
    }
    {
        conversation c(changed("return: 77, outputs: none"));
        c.logs_in().peer_sends(rpc({call("p", {null_int_parameter("@a", by_reference)})}));
        c.expect_tokens({"returnstatus", "doneproc"});
        EXPECT_THAT(c.last().all<std::int32_t>(), ElementsAre(77));
    }
    {
        conversation c(changed("return: none"));
        c.logs_in().peer_sends(rpc({call("p", {null_int_parameter("@a", by_reference)})}));
        c.expect_tokens({"returnvalue", "doneproc"});
    }
    {
        conversation c(changed("columns: 2, collation: 0x0102030405"));
        c.logs_in().peer_sends(batch("rows"));
        EXPECT_EQ(c.me().unread.at(9), 2) << "the count lies";
        c.me().unread.clear();
        c.plays_once();
    }
    {
        conversation c(changed("done: none"));
        c.logs_in().peer_sends(batch("rows")).expect_tokens({"colmetadata", "row"});
    }
}

} // namespace
} // namespace tdsfake::session::testing
