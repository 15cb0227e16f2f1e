#include "tds/packet.hpp"
#include "tds/tokens/token_writer.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using testing::hex;
using testing::joined;
using testing::utf16;

core::bytes packet(token_writer& tokens) {
    core::bytes wire;
    encode_packets(wire, packet_type::tabular_result, tokens.take().payload, default_packet_size, 0x33);
    return wire;
}

server_message fake_message(std::int32_t number, int state, int severity, std::string text) {
    server_message message;
    message.number = number;
    message.state = static_cast<std::uint8_t>(state);
    message.severity = static_cast<std::uint8_t>(severity);
    message.message = std::move(text);
    message.server = "FAKE";
    return message;
}

// Fact sheet 4.3: accepted by all six clients.
TEST(TokenWriter, WritesTheLoginResponseThatClientsAccept) {
    token_writer tokens(tds_version::v7_4);
    tokens.envchange_text(envchange::database, "master", "master");
    tokens.info(fake_message(5701, 2, 10, "Changed database context to 'master'."));
    tokens.envchange_bytes(envchange::collation, latin1_general, {});
    tokens.envchange_text(envchange::language, "us_english", "");
    tokens.info(fake_message(5703, 1, 0, "Changed language setting to us_english."));
    loginack ack;
    ack.tds_version = to_loginack_version(tds_version::v7_4);
    tokens.login_ack(ack);
    tokens.envchange_text(envchange::packet_size, "4096", "4096");
    tokens.done({});
    const auto wire = packet(tokens);
    EXPECT_EQ(wire.size(), 369U);
    EXPECT_EQ(
        wire,
        joined({
            hex("04 01 01 71 00 33 01 00"
                "E3 1B 00 01 06 6D 00 61 00 73 00 74 00 65 00 72 00 06 6D 00 61 00 73 00 74 00 65 00 72 00"
                "AB 60 00 45 16 00 00 02 00 25 00"),
            utf16("Changed database context to 'master'."),
            hex("04 46 00 41 00 4B 00 45 00 00 01 00 00 00"
                "E3 08 00 07 05 09 04 D0 00 34 00"
                "E3 17 00 02 0A 75 00 73 00 5F 00 65 00 6E 00 67 00 6C 00 69 00 73 00 68 00 00"
                "AB 64 00 47 16 00 00 01 00 27 00"),
            utf16("Changed language setting to us_english."),
            hex("04 46 00 41 00 4B 00 45 00 00 01 00 00 00"
                "AD 36 00 01 74 00 00 04 16 4D 00 69 00 63 00 72 00 6F 00 73 00 6F 00 66 00 74 00 20 00 53 "
                "00 51 00"
                "4C 00 20 00 53 00 65 00 72 00 76 00 65 00 72 00 00 00 00 00 10 00 10 13"
                "E3 13 00 04 04 34 00 30 00 39 00 36 00 04 34 00 30 00 39 00 36 00"
                "FD 00 00 00 00 00 00 00 00 00 00 00 00"),
        })
    );
}

// Fact sheet 4.4.
TEST(TokenWriter, WritesTheLoginFailureThatClientsReport) {
    token_writer tokens(tds_version::v7_4);
    tokens.error(fake_message(18456, 1, 14, "Login failed for user 'sa'."));
    tokens.done({done_status::error, 0, 0});
    EXPECT_EQ(
        packet(tokens),
        hex("04 01 00 64 00 33 01 00"
            "AA 4C 00 18 48 00 00 01 0E 1B 00 4C 00 6F 00 67 00 69 00 6E 00 20 00 66 00 61 00 69 00 6C 00 65 "
            "00 64 00"
            "20 00 66 00 6F 00 72 00 20 00 75 00 73 00 65 00 72 00 20 00 27 00 73 00 61 00 27 00 2E 00"
            "04 46 00 41 00 4B 00 45 00 00 01 00 00 00"
            "FD 02 00 00 00 00 00 00 00 00 00 00 00")
    );
}

// MS-TDS 4.6 as the fact sheet quotes it in 6: SELECT 'foo' AS 'bar'.
TEST(TokenWriter, WritesTheBatchReplyOfTheSpecification) {
    std::vector<column> columns(1);
    columns[0].name = "bar";
    columns[0].type = {.id = type_id::varchar, .length = 3};
    columns[0].nullable = false;
    token_writer tokens(tds_version::v7_2);
    tokens.col_metadata(columns);
    tokens.row(columns, std::vector<datum>{hex("66 6f 6f")});
    tokens.done({done_status::count, 0xc1, 1});
    EXPECT_EQ(
        tokens.take().payload,
        hex("81 01 00 00 00 00 00 20 00 A7 03 00 09 04 D0 00 34 03 62 00 61 00 72 00"
            "D1 03 00 66 6F 6F FD 10 00 C1 00 01 00 00 00 00 00 00 00")
    );
}

TEST(TokenWriter, MarksTheBordersOfTokens) {
    token_writer tokens(tds_version::v7_4);
    const std::vector<column> columns(1);
    tokens.col_metadata(columns);
    const auto row_at = tokens.size();
    tokens.row(columns, {});
    tokens.return_status(0);
    tokens.done_in_proc({});
    tokens.done_proc({});
    tokens.feature_ext_ack({});
    tokens.raw(hex("99"));
    const auto result = tokens.take();
    std::vector<std::string_view> names;
    for (const auto& mark : result.marks)
        names.push_back(mark.token);
    EXPECT_EQ(
        names,
        (std::vector<std::string_view>{
            "colmetadata", "row", "returnstatus", "doneinproc", "doneproc", "featureextack", "raw"
        })
    );
    EXPECT_EQ(result.marks[0].offset, 0U);
    EXPECT_EQ(result.marks[1].offset, row_at);
    EXPECT_EQ(result.payload[result.marks[3].offset], 0xff);
    EXPECT_EQ(result.payload[result.marks[4].offset], 0xfe);
    EXPECT_EQ(result.marks[6].offset, result.payload.size() - 1);
}

TEST(TokenWriter, IsNarrowUpTo71) {
    for (const auto version : {tds_version::v7_0, tds_version::v7_1, tds_version::v7_1r1}) {
        token_writer tokens(version);
        auto message = fake_message(1, 2, 3, "x");
        message.line = 0x12345;
        tokens.error(message);
        EXPECT_EQ(
            tokens.take().payload,
            hex("aa 16 00  01 00 00 00 02 03  01 00 78 00  04 46 00 41 00 4b 00 45 00  00  ff ff")
        ) << "a line number of two bytes, saturated";
        token_writer done(version);
        done.done_proc({done_status::count, 0xe0, 0x1'0000'0005});
        EXPECT_EQ(done.take().payload, hex("fe 10 00 e0 00 ff ff ff ff"))
            << "a count of four bytes, saturated";
    }
}

TEST(TokenWriter, IsWideFrom72On) {
    token_writer tokens(tds_version::v7_2);
    server_message message;
    message.line = 0x12345;
    tokens.info(message);
    tokens.done({0, 0, 0x1'0000'0005});
    EXPECT_EQ(
        tokens.take().payload,
        hex("ab 0e 00  00 00 00 00 01 00  00 00  00  00  45 23 01 00  fd 00 00 00 00 05 00 00 00 01 00 00 00")
    );
}

TEST(TokenWriter, SendsSeverity10AsClass0) {
    for (const int severity : {0, 9, 10, 11, 25}) {
        token_writer tokens(tds_version::v7_4);
        tokens.info(fake_message(1, 1, severity, ""));
        EXPECT_EQ(tokens.take().payload[8], severity == 10 ? 0 : severity);
    }
}

TEST(TokenWriter, CutsTextThatWouldOverflowTheTokenLength) {
    token_writer tokens(tds_version::v7_4);
    auto message = fake_message(1, 1, 16, std::string(100'000, 'm'));
    message.server = std::string(100'000, 's');
    message.procedure = std::string(100'000, 'p');
    tokens.error(message);
    const auto payload = tokens.take().payload;
    const std::size_t inside = 4 + 1 + 1 + 2 + 8000 + 1 + 510 + 1 + 510 + 4;
    ASSERT_EQ(payload.size(), 3 + inside);
    EXPECT_EQ(payload[1] | payload[2] << 8, static_cast<int>(inside));
}

TEST(TokenWriter, DoesNotCutACharacterInHalf) {
    token_writer tokens(tds_version::v7_4);
    tokens.info(fake_message(1, 1, 0, std::string(3999, 'm').append("\xf0\x9f\x98\x80"))
    ); // two units, one too many
    const auto payload = tokens.take().payload;
    EXPECT_EQ(payload[9] | payload[10] << 8, 3999);
}

TEST(TokenWriter, WritesEnvchanges) {
    struct {
        envchange type;
        std::string_view new_value;
        std::string_view old_value;
        std::string_view wire;
    } const cases[] = {
        {envchange::begin_transaction,
         "01 02 03 04 05 06 07 08",
         "",
         "e3 0b 00 08 08 01 02 03 04 05 06 07 08 00"},
        {envchange::commit_transaction,
         "",
         "01 02 03 04 05 06 07 08",
         "e3 0b 00 09 00 08 01 02 03 04 05 06 07 08"},
        {envchange::rollback_transaction,
         "",
         "01 02 03 04 05 06 07 08",
         "e3 0b 00 0a 00 08 01 02 03 04 05 06 07 08"},
        {envchange::reset_ack, "", "", "e3 03 00 12 00 00"},
    };
    for (const auto& tested : cases) {
        token_writer tokens(tds_version::v7_4);
        tokens.envchange_bytes(tested.type, hex(tested.new_value), hex(tested.old_value));
        EXPECT_EQ(tokens.take().payload, hex(tested.wire));
    }
    token_writer partner(tds_version::v7_4);
    partner.envchange_text(envchange::mirroring_partner, "B", "");
    EXPECT_EQ(partner.take().payload, hex("e3 05 00 0d 01 42 00 00"));
}

TEST(TokenWriter, CutsEnvchangeValuesAtTheirLengthByte) {
    token_writer tokens(tds_version::v7_4);
    tokens.envchange_text(envchange::database, std::string(300, 'd'), "");
    tokens.envchange_bytes(envchange::collation, core::bytes(300, 1), {});
    EXPECT_EQ(tokens.take().payload.size(), (3 + 1 + 1 + 510 + 1) + (3 + 1 + 1 + 255 + 1));
}

// Fact sheet 4.1.
TEST(TokenWriter, WritesRouting) {
    token_writer tokens(tds_version::v7_4);
    tokens.routing("node2", 1433);
    EXPECT_EQ(
        tokens.take().payload, hex("E3 14 00 14 0F 00 00 99 05 05 00 6E 00 6F 00 64 00 65 00 32 00 00 00")
    );
}

TEST(TokenWriter, WritesFeatureExtAck) {
    token_writer tokens(tds_version::v7_4);
    tokens.feature_ext_ack({{0x0a, hex("01")}, {0x02, {}}});
    EXPECT_EQ(tokens.take().payload, hex("ae 0a 01 00 00 00 01 02 00 00 00 00 ff"));
}

// "SELECT 1" and NVARCHAR beside it, in the three generations of TYPE_INFO.
TEST(TokenWriter, WritesColumnsAsTheVersionHasThem) {
    std::vector<column> columns(2);
    columns[0].type = {.id = type_id::int_};
    columns[0].nullable = false;
    columns[1].name = "n";
    columns[1].type.length = 10;
    const auto metadata = [&](tds_version version) {
        token_writer tokens(version);
        tokens.col_metadata(columns);
        return tokens.take().payload;
    };
    EXPECT_EQ(metadata(tds_version::v7_0), hex("81 02 00  00 00 20 00 38 00  00 00 21 00 e7 14 00 01 6e 00"));
    EXPECT_EQ(
        metadata(tds_version::v7_1),
        hex("81 02 00  00 00 20 00 38 00  00 00 21 00 e7 14 00 09 04 d0 00 34 01 6e 00")
    );
    EXPECT_EQ(
        metadata(tds_version::v7_2),
        hex("81 02 00  00 00 00 00 20 00 38 00  00 00 00 00 21 00 e7 14 00 09 04 d0 00 34 01 6e 00")
    );
    columns.resize(1);
    columns[0].nullable = true;
    EXPECT_EQ(metadata(tds_version::v7_4), hex("81 01 00  00 00 00 00 21 00 26 04 00"));
}

TEST(TokenWriter, WritesFlagsAndUserTypesThatAreGiven) {
    std::vector<column> columns(1);
    columns[0].type = {.id = type_id::int_};
    columns[0].flags = std::uint16_t{0x0018};
    columns[0].user_type = 0x01020304;
    token_writer wide(tds_version::v7_2);
    wide.col_metadata(columns);
    EXPECT_EQ(wide.take().payload, hex("81 01 00  04 03 02 01 18 00 26 04 00"));
    token_writer narrow(tds_version::v7_1);
    narrow.col_metadata(columns);
    EXPECT_EQ(narrow.take().payload, hex("81 01 00  04 03 18 00 26 04 00"));
}

TEST(TokenWriter, WritesNoMetadata) {
    token_writer tokens(tds_version::v7_4);
    tokens.no_metadata();
    EXPECT_EQ(tokens.take().payload, hex("81 ff ff"));
}

std::vector<column> three_texts() {
    std::vector<column> columns(3);
    for (auto& column : columns)
        column.type.length = 10;
    return columns;
}

TEST(TokenWriter, TakesMissingCellsForNullAndIgnoresSurplusOnes) {
    const auto columns = three_texts();
    const std::vector<datum> one{hex("61 00")};
    const std::vector<datum> four(4, hex("61 00"));
    token_writer tokens(tds_version::v7_3a);
    tokens.row(columns, one);
    tokens.row(columns, four);
    EXPECT_EQ(
        tokens.take().payload, hex("d1 02 00 61 00 ff ff ff ff  d1 02 00 61 00 02 00 61 00 02 00 61 00")
    );
}

// Fact sheet 6: a bit for each column, the first one lowest, and no bytes for a NULL.
TEST(TokenWriter, WritesACompressedRowWhereThatIsShorter) {
    const auto columns = three_texts();
    const std::vector<datum> nulls{std::nullopt, hex("61 00"), std::nullopt};
    token_writer tokens(tds_version::v7_3b);
    tokens.row(columns, nulls);
    EXPECT_EQ(tokens.take().payload, hex("d2 05 02 00 61 00"));
    token_writer before(tds_version::v7_3a);
    before.row(columns, nulls);
    EXPECT_EQ(before.take().payload, hex("d1 ff ff 02 00 61 00 ff ff"));
    std::vector<column> small(1);
    small[0].type = {.id = type_id::int_};
    token_writer no_gain(tds_version::v7_4);
    no_gain.row(small, std::vector<datum>{std::nullopt});
    EXPECT_EQ(no_gain.take().payload, hex("d1 00")) << "a bitmap takes as much as the NULL";
}

TEST(TokenWriter, CountsTheBitsOfManyColumns) {
    std::vector<column> columns(9);
    std::vector<datum> values(9);
    values[7] = hex("61 00");
    token_writer tokens(tds_version::v7_4);
    tokens.row(columns, values);
    EXPECT_EQ(tokens.take().payload, hex("d2 7f 01 02 00 61 00"));
}

TEST(TokenWriter, WritesOrder) {
    token_writer tokens(tds_version::v7_4);
    tokens.order(std::vector<std::uint16_t>{2, 1});
    EXPECT_EQ(tokens.take().payload, hex("a9 04 00 02 00 01 00"));
}

// Fact sheet 5: the handle of sp_prepare.
TEST(TokenWriter, WritesReturnValues) {
    return_value handle;
    handle.column.type = {.id = type_id::int_};
    handle.value = hex("01 00 00 00");
    token_writer tokens(tds_version::v7_2);
    tokens.return_value(handle);
    EXPECT_EQ(tokens.take().payload, hex("AC 00 00 00 01 00 00 00 00 00 00 26 04 04 01 00 00 00"));
    return_value text{.ordinal = 3};
    text.column.name = "@t";
    text.column.type = {.id = type_id::ntext};
    token_writer null(tds_version::v7_1);
    null.return_value(text);
    EXPECT_EQ(
        null.take().payload,
        hex("ac 03 00 02 40 00 74 00 01 00 00 00 00 63 fe ff ff 7f 09 04 d0 00 34 ff ff ff ff")
    );
}

TEST(TokenWriter, CanClaimALength) {
    token_writer tokens(tds_version::v7_4);
    tokens.info(fake_message(1, 1, 0, ""));
    tokens.claim_length(0, 0xabcd);
    const auto payload = tokens.take().payload;
    EXPECT_EQ(payload[1], 0xcd);
    EXPECT_EQ(payload[2], 0xab);
}

TEST(TokenWriter, KeepsNoBordersOnRequest) {
    token_writer tokens(tds_version::v7_4);
    tokens.forget_marks();
    tokens.rows(hex("d1 00"));
    tokens.done({});
    EXPECT_TRUE(tokens.take().marks.empty());
}

TEST(TokenWriter, WritesReturnStatus) {
    token_writer tokens(tds_version::v7_4);
    tokens.return_status(-6);
    EXPECT_EQ(tokens.take().payload, hex("79 fa ff ff ff"));
}

} // namespace
} // namespace tdsfake::tds
