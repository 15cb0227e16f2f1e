// What each type looks like to clients of each TDS, as the fact sheet has it in 6, and back.
#include "tds/tokens/token_reader.hpp"
#include "tds/tokens/token_writer.hpp"
#include "tds/types/type_writer.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using testing::declared;
using testing::hex;

struct type_case {
    std::string_view type; // nullable, unless " not null" follows
    std::string_view type_info;
    std::string_view text; // empty: NULL
    std::string_view value;
};
class TypeOnTheWire : public ::testing::TestWithParam<type_case> {};

TEST_P(TypeOnTheWire, IsAsTheFactSheetHasIt) {
    auto [written, info, text, wire] = GetParam();
    const bool nullable = !written.ends_with(" not null");
    if (!nullable) written.remove_suffix(std::string_view(" not null").size());
    const auto type = declared(written);
    core::byte_writer out;
    write_type_info(out, type, nullable, tds_version::v7_4, latin1_general);
    EXPECT_EQ(core::to_hex(out.view()), core::to_hex(hex(info)));
    core::byte_writer value;
    const auto data = text.empty() ? datum() : parse_value(type, text);
    write_value(value, type, nullable, data ? &*data : nullptr, value_place::row);
    EXPECT_EQ(core::to_hex(value.view()), core::to_hex(hex(wire)));

    // And back.
    core::byte_reader type_reader(out.view());
    const auto read = read_type_info(type_reader, tds_version::v7_4);
    ASSERT_TRUE(read.has_value() && read.value());
    EXPECT_EQ(type_reader.remaining(), 0U);
    EXPECT_EQ(read.value()->declared, type) << name(*read.value());
    core::byte_reader value_reader(value.view());
    const auto back = read_value(value_reader, *read.value(), value_place::row);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(value_reader.remaining(), 0U);
    if (nullable || data) {
        EXPECT_EQ(back.value(), data);
    }
    for (std::size_t length = 0; length < value.size(); ++length) {
        const auto cut = testing::cut(value.view(), length);
        core::byte_reader short_reader(cut);
        EXPECT_TRUE(read_value(short_reader, *read.value(), value_place::row).has_error()) << length;
    }
}

constexpr auto types = std::to_array<type_case>({
    {"bit not null", "32", "1", "01"},
    {"bit", "68 01", "1", "01 01"},
    {"bit", "68 01", "", "00"},
    {"tinyint not null", "30", "7", "07"},
    {"tinyint", "26 01", "7", "01 07"},
    {"smallint not null", "34", "7", "07 00"},
    {"smallint", "26 02", "", "00"},
    {"int not null", "38", "-2", "fe ff ff ff"},
    {"int not null", "38", "", "00 00 00 00"},
    {"int", "26 04", "1", "04 01 00 00 00"},
    {"bigint not null", "7f", "1", "01 00 00 00 00 00 00 00"},
    {"bigint", "26 08", "1", "08 01 00 00 00 00 00 00 00"},
    {"real not null", "3b", "1.5", "00 00 c0 3f"},
    {"real", "6d 04", "1.5", "04 00 00 c0 3f"},
    {"float not null", "3e", "1.5", "00 00 00 00 00 00 f8 3f"},
    {"float", "6d 08", "", "00"},
    {"smallmoney not null", "7a", "1", "10 27 00 00"},
    {"smallmoney", "6e 04", "1", "04 10 27 00 00"},
    {"money not null", "3c", "1", "00 00 00 00 10 27 00 00"},
    {"money", "6e 08", "", "00"},
    {"smalldatetime not null", "3a", "2024-01-02 00:01", "eb b0 01 00"},
    {"smalldatetime", "6f 04", "2024-01-02 00:01", "04 eb b0 01 00"},
    {"datetime not null", "3d", "2024-01-02 03:04:05", "eb b0 00 00 5c 8f 32 00"},
    {"datetime", "6f 08", "", "00"},
    {"decimal(18,4)", "6a 09 12 04", "-123.45", "09 00 44 d6 12 00 00 00 00 00"},
    {"decimal(18,4) not null", "6a 09 12 04", "0", "09 01 00 00 00 00 00 00 00 00"},
    {"numeric(38,0)", "6c 11 26 00", "", "00"},
    {"date", "28", "2024-01-02", "03 46 46 0b"},
    {"time(3)", "29 03", "00:00:00.001", "04 01 00 00 00"},
    {"datetime2(7)", "2a 07", "2024-01-02 03:04:05.1234567", "08 07 17 68 b7 19 46 46 0b"},
    {"datetimeoffset(0)", "2b 00", "2024-01-02 00:00:00 +00:01", "08 44 51 01 45 46 0b 01 00"},
    {"uniqueidentifier",
     "24 10",
     "6F9619FF-8B86-D011-B42D-00C04FC964FF",
     "10 ff 19 96 6f 86 8b 11 d0 b4 2d 00 c0 4f c9 64 ff"},
    {"uniqueidentifier", "24 10", "", "00"},
    {"char(2)", "af 02 00 09 04 d0 00 34", "a", "02 00 61 20"},
    {"varchar(30)", "a7 1e 00 09 04 d0 00 34", "a", "01 00 61"},
    {"varchar(max)", "a7 ff ff 09 04 d0 00 34", "a", "01 00 00 00 00 00 00 00 01 00 00 00 61 00 00 00 00"},
    {"varchar(max)", "a7 ff ff 09 04 d0 00 34", "", "ff ff ff ff ff ff ff ff"},
    {"nchar(1)", "ef 02 00 09 04 d0 00 34", "a", "02 00 61 00"},
    {"nvarchar(30)", "e7 3c 00 09 04 d0 00 34", "", "ff ff"},
    {"nvarchar(max)", "e7 ff ff 09 04 d0 00 34", "a", "02 00 00 00 00 00 00 00 02 00 00 00 61 00 00 00 00 00"
    },
    {"binary(2)", "ad 02 00", "0x01", "02 00 01 00"},
    {"varbinary(8)", "a5 08 00", "0x", "00 00"},
    {"varbinary(max)", "a5 ff ff", "0x", "00 00 00 00 00 00 00 00 00 00 00 00"},
    {"text",
     "23 ff ff ff 7f 09 04 d0 00 34",
     "a",
     "10 64 75 6d 6d 79 20 74 65 78 74 70 74 72 00 00 00 64 75 6d 6d 79 54 53 00 01 00 00 00 61"},
    {"ntext", "63 fe ff ff 7f 09 04 d0 00 34", "", "00"},
    {"image", "22 ff ff ff 7f", "", "00"},
    {"xml", "f1 00", "<a/>", "08 00 00 00 00 00 00 00 08 00 00 00 3c 00 61 00 2f 00 3e 00 00 00 00 00"},
    {"json", "f4", "", "ff ff ff ff ff ff ff ff"},
    {"sql_variant", "62 49 1f 00 00", "int: 7", "06 00 00 00 38 00 07 00 00 00"},
    {"sql_variant", "62 49 1f 00 00", "", "00 00 00 00"},
});
INSTANTIATE_TEST_SUITE_P(Table, TypeOnTheWire, ::testing::ValuesIn(types), [](const auto& tested) {
    std::string out = std::to_string(tested.index) + "_";
    for (const char c : tested.param.type)
        out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
    return out;
});

TEST(TypeOnTheWire, HasNoCollationIn70) {
    core::byte_writer out;
    write_type_info(out, declared("nvarchar(30)"), true, tds_version::v7_0, latin1_general);
    write_type_info(out, declared("text"), true, tds_version::v7_0, latin1_general);
    EXPECT_EQ(core::to_hex(out.view()), core::to_hex(hex("e7 3c 00 23 ff ff ff 7f")));
}

TEST(TypeOnTheWire, OlderClientsGetAnotherOne) {
    const auto got = [](std::string_view type, tds_version version) {
        return name(wire_type(declared(type), {.version = version}));
    };
    EXPECT_EQ(got("bigint", tds_version::v7_0), "decimal(19,0)");
    EXPECT_EQ(got("bigint", tds_version::v7_1), "bigint");
    EXPECT_EQ(got("sql_variant", tds_version::v7_0), "nvarchar(4000)");
    EXPECT_EQ(got("sql_variant", tds_version::v7_1), "sql_variant");
    for (const auto version : {tds_version::v7_0, tds_version::v7_1, tds_version::v7_1r1}) {
        EXPECT_EQ(got("varchar(max)", version), "text");
        EXPECT_EQ(got("nvarchar(max)", version), "ntext");
        EXPECT_EQ(got("varbinary(max)", version), "image");
        EXPECT_EQ(got("xml", version), "ntext");
        EXPECT_EQ(got("json", version), "ntext");
    }
    for (const auto* const type : {"varchar(max)", "nvarchar(max)", "varbinary(max)", "xml"})
        EXPECT_EQ(got(type, tds_version::v7_2), type);
    EXPECT_EQ(got("date", tds_version::v7_2), "nvarchar(10)");
    EXPECT_EQ(got("time(3)", tds_version::v7_2), "nvarchar(16)");
    EXPECT_EQ(got("datetime2(7)", tds_version::v7_1), "nvarchar(27)");
    EXPECT_EQ(got("datetimeoffset(7)", tds_version::v7_2), "nvarchar(34)");
    for (const auto* const type : {"date", "time(3)", "datetime2(7)", "datetimeoffset(7)"})
        EXPECT_EQ(got(type, tds_version::v7_3a), type);
    EXPECT_EQ(got("json", tds_version::v7_4), "nvarchar(max)") << "unless it was acknowledged";
    EXPECT_EQ(name(wire_type(declared("json"), {.version = tds_version::v7_4, .json = true})), "json");
}

// A row of every type, as a client of each TDS reads it.
TEST(TypeOnTheWire, ValuesAreTheSameInEveryVersion) {
    const std::pair<std::string_view, std::string_view> all[] = {
        {"bigint", "-7"},
        {"datetime2(7)", "2024-01-02 03:04:05.1234567"},
        {"datetimeoffset(7)", "2024-01-02 03:04:05.1234567 +02:00"},
        {"date", "2024-01-02"},
        {"time(0)", "03:04:05"},
        {"varchar(max)", "a"},
        {"nvarchar(max)", "b"},
        {"varbinary(max)", "0x0102"},
        {"xml", "<a/>"},
        {"json", "{}"},
        {"decimal(38,10)", "1.5000000000"},
    };
    std::vector<column> columns;
    std::vector<datum> values;
    std::vector<cell> expected;
    for (const auto& [type, text] : all) {
        columns.push_back({.name = std::string(type), .type = declared(type)});
        values.push_back(parse_value(columns.back().type, text));
        expected.emplace_back(std::string(text));
    }
    for (const auto version :
         {tds_version::v7_0,
          tds_version::v7_1,
          tds_version::v7_2,
          tds_version::v7_3a,
          tds_version::v7_3b,
          tds_version::v7_4}) {
        token_writer out(version);
        out.col_metadata(columns);
        out.row(columns, values);
        out.row(columns, std::vector<datum>(columns.size()));
        const auto parsed = parse_tokens(out.take().payload, version);
        ASSERT_TRUE(parsed.has_value()) << name(version) << ": " << parsed.error().message();
        expected[0] = std::int64_t{-7};
        if (version == tds_version::v7_0) expected[0] = std::string("-7");
        EXPECT_EQ(std::get<std::vector<cell>>(parsed.value().at(1).value), expected) << name(version);
        EXPECT_EQ(std::get<std::vector<cell>>(parsed.value().at(2).value), std::vector<cell>(columns.size()));
    }
}

TEST(TypeOnTheWire, AVariantBecomesTheTextOfItsValueIn70) {
    const auto from = declared("sql_variant");
    const auto to = wire_type(from, {.version = tds_version::v7_0});
    EXPECT_EQ(value_text(to, converted(from, to, *parse_value(from, "date: 2024-01-02"))), "2024-01-02");
}

TEST(Plp, LengthAndChunksAreAChoice) {
    const auto type = declared("varchar(max)");
    const core::bytes data = hex("61 62 63");
    const auto written = [&](const plp_form& form) {
        core::byte_writer out;
        write_value(out, type, true, &data, value_place::row, form);
        return core::to_hex(out.view());
    };
    const auto like = [](std::string_view text) { return core::to_hex(hex(text)); };
    EXPECT_EQ(written({}), like("03 00 00 00 00 00 00 00 03 00 00 00 61 62 63 00 00 00 00"));
    EXPECT_EQ(
        written({.length_known = false, .chunk = 2}),
        like("fe ff ff ff ff ff ff ff 02 00 00 00 61 62 01 00 00 00 63 00 00 00 00")
    );
    EXPECT_EQ(written({.length_known = true, .chunk = 0}), written({}));
}

} // namespace
} // namespace tdsfake::tds
