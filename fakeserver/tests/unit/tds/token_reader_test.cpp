#include "tds/tokens/token_reader.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;

constexpr tds_version versions[] = {
    tds_version::v7_0,
    tds_version::v7_1,
    tds_version::v7_1r1,
    tds_version::v7_2,
    tds_version::v7_3a,
    tds_version::v7_3b,
    tds_version::v7_4,
    tds_version::v8_0
};

std::vector<column> three_columns() {
    std::vector<column> columns(3);
    columns[0].name = "id";
    columns[0].type = {.id = type_id::int_};
    columns[0].nullable = false;
    columns[1].name = "n";
    columns[1].type = {.id = type_id::int_};
    columns[2].name = "text";
    columns[2].type.length = 300;
    return columns;
}

// One of every token that can be written.
answer everything(tds_version version) {
    const auto columns = three_columns();
    token_writer tokens(version);
    tokens.envchange_text(envchange::database, "db", "master");
    tokens.envchange_bytes(envchange::collation, latin1_general, {});
    tokens.routing("node2", 1433);
    server_message message;
    message.number = 18456;
    message.severity = 14;
    message.message = "Login failed for user 'ä'.";
    message.server = "FAKE";
    message.procedure = "p";
    message.line = 77;
    tokens.error(message);
    tokens.info(message);
    loginack ack;
    ack.tds_version = to_loginack_version(version);
    tokens.login_ack(ack);
    tokens.feature_ext_ack({{0x0a, hex("01")}});
    tokens.col_metadata(columns);
    tokens.row(columns, std::vector<datum>{hex("01 00 00 00"), hex("ff ff ff ff"), hex("78 00")});
    tokens.row(columns, std::vector<datum>{hex("02 00 00 00"), {}, {}});
    tokens.return_status(-6);
    return_value output{.ordinal = 2};
    output.column.name = "@p";
    output.column.type = {.id = type_id::decimal, .precision = 9, .scale = 2};
    output.value = hex("00 39 30 00 00");
    tokens.return_value(output);
    tokens.done_in_proc({done_status::count | done_status::more, 0xc1, 2});
    tokens.done_proc({0, 0xe0, 0});
    tokens.done({});
    return tokens.take();
}

TEST(TokenReader, ReadsBackEveryTokenInEveryVersion) {
    for (const auto version : versions) {
        const auto written = everything(version);
        const auto parsed = parse_tokens(written.payload, version);
        ASSERT_TRUE(parsed.has_value()) << name(version) << ": " << parsed.error().message();
        const auto& tokens = parsed.value();
        ASSERT_EQ(tokens.size(), written.marks.size());
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            EXPECT_EQ(tokens[i].token, written.payload[written.marks[i].offset]) << i;
        }
        const auto& database = std::get<envchange_token>(tokens[0].value);
        EXPECT_EQ(database.type, 1);
        EXPECT_EQ(database.new_value, testing::utf16("db"));
        EXPECT_EQ(database.old_value, testing::utf16("master"));
        EXPECT_EQ(std::get<envchange_token>(tokens[1].value).new_value, hex("09 04 d0 00 34"));
        EXPECT_EQ(
            std::get<envchange_token>(tokens[2].value).new_value,
            hex("00 99 05 05 00 6e 00 6f 00 64 00 65 00 32 00")
        );
        const auto& error = std::get<server_message>(tokens[3].value);
        EXPECT_EQ(error.number, 18456);
        EXPECT_EQ(error.severity, 14);
        EXPECT_EQ(error.message, "Login failed for user 'ä'.");
        EXPECT_EQ(error.server, "FAKE");
        EXPECT_EQ(error.procedure, "p");
        EXPECT_EQ(error.line, 77U);
        const auto& ack = std::get<loginack>(tokens[5].value);
        EXPECT_EQ(ack.tds_version, to_loginack_version(version));
        EXPECT_EQ(ack.program_name, loginack().program_name);
        EXPECT_EQ(ack.version, loginack().version);
        const auto& columns = std::get<std::vector<column>>(tokens[7].value);
        ASSERT_EQ(columns.size(), 3U);
        EXPECT_EQ(name(columns[0].type), "int");
        EXPECT_FALSE(columns[0].nullable);
        EXPECT_TRUE(columns[1].nullable);
        EXPECT_EQ(columns[2].name, "text");
        EXPECT_EQ(name(columns[2].type), "nvarchar(300)");
        EXPECT_EQ(
            std::get<std::vector<cell>>(tokens[8].value),
            (std::vector<cell>{std::int64_t{1}, std::int64_t{-1}, "x"})
        );
        EXPECT_EQ(std::get<std::vector<cell>>(tokens[9].value), (std::vector<cell>{std::int64_t{2}, {}, {}}));
        EXPECT_EQ(std::get<std::int32_t>(tokens[10].value), -6);
        const auto& output = std::get<returned>(tokens[11].value);
        EXPECT_EQ(output.ordinal, 2);
        EXPECT_EQ(output.name, "@p");
        EXPECT_EQ(name(output.type), "decimal(9,2)");
        EXPECT_EQ(output.value, cell("-123.45"));
        const auto& counted = std::get<done>(tokens[12].value);
        EXPECT_EQ(counted.status, 0x11);
        EXPECT_EQ(counted.command, 0xc1);
        EXPECT_EQ(counted.row_count, 2U);
    }
}

TEST(TokenReader, ReadsTheBatchReplyOfTheSpecification) {
    const auto parsed = parse_tokens(
        hex("81 01 00 00 00 00 00 20 00 A7 03 00 09 04 D0 00 34 03 62 00 61 00 72 00"
            "D1 03 00 66 6F 6F FD 10 00 C1 00 01 00 00 00 00 00 00 00"),
        tds_version::v7_2
    );
    ASSERT_TRUE(parsed.has_value());
    ASSERT_EQ(parsed.value().size(), 3U);
    EXPECT_EQ(std::get<std::vector<cell>>(parsed.value()[1].value), std::vector<cell>{"foo"});
}

TEST(TokenReader, ReadsNothing) { EXPECT_TRUE(parse_tokens({}, tds_version::v7_4).value().empty()); }

TEST(TokenReader, RejectsEveryTruncationInsideAToken) {
    for (const auto version : versions) {
        const auto written = everything(version);
        std::set<std::size_t> borders;
        for (const auto& mark : written.marks)
            borders.insert(mark.offset);
        testing::expect_truncations_fail(
            written.payload,
            [version](core::byte_view payload) { return parse_tokens(payload, version); },
            borders
        );
    }
}

TEST(TokenReader, SurvivesEveryByteChanged) {
    testing::survives_every_byte_changed(everything(tds_version::v7_4).payload, [](core::byte_view payload) {
        return parse_tokens(payload, tds_version::v7_4);
    });
}

struct bad {
    std::string_view name;
    std::string_view wire;
    wire_errc expected;
};
class TokenReaderRejects : public ::testing::TestWithParam<bad> {};
TEST_P(TokenReaderRejects, Payload) {
    EXPECT_EQ(parse_tokens(hex(GetParam().wire), tds_version::v7_4).error(), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Table,
    TokenReaderRejects,
    ::testing::Values(
        bad{"UnknownToken", "99", wire_errc::bad_value},
        bad{"RowWithoutColumns", "d1 00", wire_errc::bad_value},
        bad{"RowAfterNoMetadata", "81 ff ff d1 00", wire_errc::bad_value},
        bad{"LengthLargerThanFields", "e3 04 00 12 00 00 00", wire_errc::bad_length},
        bad{"LengthSmallerThanFields", "e3 02 00 12 00 00", wire_errc::bad_length},
        bad{"LengthPastEnd", "e3 ff ff 12 00 00", wire_errc::truncated},
        bad{"TextPastToken", "aa 08 00 01 00 00 00 01 0e ff ff", wire_errc::bad_length},
        bad{"ColumnOfNoType", "81 01 00 00 00 00 00 00 00 99 00", wire_errc::bad_value},
        bad{"ColumnOfNull", "81 01 00 00 00 00 00 00 00 1f 00", wire_errc::bad_value},
        bad{"DecimalOfTooManyDigits", "81 01 00 00 00 00 00 00 00 6a 11 27 00 00", wire_errc::bad_value},
        bad{"TimeOfTooManyDigits", "81 01 00 00 00 00 00 00 00 29 08 00", wire_errc::bad_value},
        bad{"ManyColumns", "81 fe ff 00 00 00 00 00 00 38 00", wire_errc::truncated},
        bad{"FeatureLengthHuge", "ae 0a ff ff ff ff 01 ff", wire_errc::truncated},
        bad{"SessionStateHuge", "e4 ff ff ff ff 00", wire_errc::truncated}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

} // namespace
} // namespace tdsfake::tds
