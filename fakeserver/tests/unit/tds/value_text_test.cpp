// Values as text and as bytes, of every type.
#include "tds/types/value_text.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using testing::declared;
using testing::hex;

struct value_case {
    std::string_view type;
    std::string_view text;
    std::string_view wire;
    std::string_view back = {}; // how it is written; as `text` if this is empty
};
class Value : public ::testing::TestWithParam<value_case> {};

TEST_P(Value, IsReadAndWritten) {
    const auto& [type, text, wire, back] = GetParam();
    const auto data = parse_value(declared(type), text);
    ASSERT_TRUE(data) << type << " " << text;
    EXPECT_EQ(core::to_hex(*data), core::to_hex(hex(wire))) << type << " " << text;
    EXPECT_EQ(value_text(declared(type), *data), back.empty() ? text : back) << type;
}

constexpr auto values = std::to_array<value_case>({
    {"bit", "1", "01"},
    {"bit", "0", "00"},
    {"bit", "True", "01", "1"},
    {"tinyint", "255", "ff"},
    {"smallint", "-32768", "00 80"},
    {"int", "-2", "fe ff ff ff"},
    {"int", "+7", "07 00 00 00", "7"},
    {"bigint", "-9223372036854775808", "00 00 00 00 00 00 00 80"},
    {"bigint", "9223372036854775807", "ff ff ff ff ff ff ff 7f"},
    {"real", "1.5", "00 00 c0 3f"},
    {"float", "-0.1", "9a 99 99 99 99 99 b9 bf"},
    {"float", "1e+300", "9c 75 00 88 3c e4 37 7e"},
    {"smallmoney", "-0.0001", "ff ff ff ff"},
    {"money", "1.0000", "00 00 00 00 10 27 00 00"},
    {"money", "-922337203685477.5808", "00 00 00 80 00 00 00 00"},
    {"money", "12.5", "00 00 00 00 48 e8 01 00", "12.5000"},
    // fact sheet 6
    {"decimal(18,4)", "-123.4500", "00 44 d6 12 00 00 00 00 00"},
    {"decimal(18,4)", "-123.45", "00 44 d6 12 00 00 00 00 00", "-123.4500"},
    {"decimal(5,0)", "12345", "01 39 30 00 00"},
    {"decimal(3,3)", ".5", "01 f4 01 00 00", "0.500"},
    {"decimal(9,2)", "-0", "01 00 00 00 00", "0.00"},
    {"numeric(38,0)",
     "99999999999999999999999999999999999999",
     "01 ff ff ff ff 3f 22 8a 09 7a c4 86 5a a8 4c 3b 4b"},
    {"numeric(38,38)",
     "-0.00000000000000000000000000000000000001",
     "00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"},
    {"date", "0001-01-01", "00 00 00"},
    {"date", "2024-01-02", "46 46 0b"},
    {"date", "9999-12-31", "da b9 37"},
    {"date", "2024-02-29", "80 46 0b"},
    {"time(0)", "00:00:00", "00 00 00"},
    {"time(0)", "23:59:59", "7f 51 01"},
    {"time(3)", "03:04:05.123", "03 89 a8 00"},
    {"time(7)", "23:59:59.9999999", "ff bf 69 2a c9"},
    {"time(7)", "03:04", "00 50 5a b4 19", "03:04:00.0000000"},
    {"datetime2(7)", "2024-01-02 03:04:05.1234567", "07 17 68 b7 19 46 46 0b"},
    {"datetime2(0)", "2024-01-02T03:04", "20 2b 00 46 46 0b", "2024-01-02 03:04:00"},
    {"datetime2(0)", "2024-01-02", "00 00 00 46 46 0b", "2024-01-02 00:00:00"},
    {"datetimeoffset(1)", "2024-01-02 01:04:05.5 +02:00", "f7 ab 0c 45 46 0b 78 00"},
    {"datetimeoffset(0)", "2024-01-01 23:04:05 -00:30", "6d 4b 01 45 46 0b e2 ff"},
    {"datetimeoffset(0)", "2024-01-02 00:00:00Z", "00 00 00 46 46 0b 00 00", "2024-01-02 00:00:00 +00:00"},
    {"datetimeoffset(0)", "2024-01-01 14:00:00 -14:00", "40 38 00 46 46 0b b8 fc"},
    {"datetime", "2024-01-02 03:04:05", "eb b0 00 00 5c 8f 32 00", "2024-01-02 03:04:05.000"},
    {"datetime", "1753-01-01 00:00:00.003", "46 2e ff ff 01 00 00 00"},
    {"datetime", "2024-01-02 23:59:59.999", "ec b0 00 00 00 00 00 00", "2024-01-03 00:00:00.000"},
    {"datetime", "2024-01-02 23:59:59.997", "eb b0 00 00 ff 81 8b 01"},
    {"smalldatetime", "2079-06-06 23:59", "ff ff 9f 05", "2079-06-06 23:59:00"},
    {"smalldatetime", "2024-01-02 23:59:30", "ec b0 00 00", "2024-01-03 00:00:00"},
    {"char(3)", "ä", "e4 20 20", "ä  "},
    {"varchar(3)", "a€", "61 80"},
    {"varchar(max)", "", ""},
    {"text", "x", "78"},
    {"nchar(2)", "a", "61 00 20 00", "a "},
    {"nvarchar(2)", "\xf0\x9f\x98\x80", "3d d8 00 de"},
    {"nvarchar(max)", "ab", "61 00 62 00"},
    {"ntext", "", ""},
    {"xml", "<a/>", "3c 00 61 00 2f 00 3e 00"},
    {"json", "{}", "7b 00 7d 00"},
    {"binary(3)", "0x0A", "0a 00 00", "0x0A0000"},
    {"varbinary(2)", "0x", ""},
    {"image", "0x00ff", "00 ff", "0x00FF"},
    {"uniqueidentifier",
     "6F9619FF-8B86-D011-B42D-00C04FC964FF",
     "ff 19 96 6f 86 8b 11 d0 b4 2d 00 c0 4f c9 64 ff"},
    {"sql_variant", "7", "38 00 07 00 00 00", "int: 7"},
    {"sql_variant", "3000000000", "7f 00 00 5e d0 b2 00 00 00 00", "bigint: 3000000000"},
    {"sql_variant",
     "1.25",
     "6c 02 26 02 01 7d 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
     "numeric(38,2): 1.25"},
    {"sql_variant", "0x0aff", "a5 02 02 00 0a ff", "varbinary(2): 0x0AFF"},
    {"sql_variant", "a", "e7 07 09 04 d0 00 34 40 1f 61 00", "nvarchar(4000): a"},
    {"sql_variant", "varchar(5): 7", "a7 07 09 04 d0 00 34 05 00 37"},
    {"sql_variant", "date: 2024-01-02", "28 00 46 46 0b"},
    {"sql_variant", "datetime2(0): 2024-01-02 00:00:00", "2a 01 00 00 00 00 46 46 0b"},
    {"sql_variant", "bit: 1", "32 00 01"},
    {"sql_variant",
     "uniqueidentifier: 6F9619FF-8B86-D011-B42D-00C04FC964FF",
     "24 00 ff 19 96 6f 86 8b 11 d0 b4 2d 00 c0 4f c9 64 ff"},
});

INSTANTIATE_TEST_SUITE_P(Table, Value, ::testing::ValuesIn(values), [](const auto& tested) {
    std::string out = std::to_string(tested.index) + "_";
    for (const char c : tested.param.type)
        out += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
    return out;
});

struct wrong {
    std::string_view type;
    std::initializer_list<std::string_view> texts;
};

TEST(Value, NeedsAnExactText) {
    const wrong cases[] = {
        {"bit", {"2", "yes", "", " 1"}},
        {"tinyint", {"256", "-1", "1.0"}},
        {"smallint", {"32768", "-32769"}},
        {"int", {"2147483648", "x", "0x10", "1e3"}},
        {"bigint", {"9223372036854775808"}},
        {"real", {"1e39", "nan", "inf", "one"}},
        {"float", {"1e400", ""}},
        {"smallmoney", {"214748.3648", "1.00001"}},
        {"money", {"922337203685477.5808", "$1", ""}},
        {"decimal(5,2)", {"1234", "1.234", "1,2", "-", ".", "", "1.2.3", "--1"}},
        {"date",
         {"2024-02-30", "2023-02-29", "0000-01-01", "24-01-02", "2024-1-2", "2024-01-02 00:00", "02.01.2024"}
        },
        {"time(3)", {"24:00:00", "23:60", "23:59:60", "1:00", "00:00:00.1234", "00:00:00.", "00:00:00 +01:00"}
        },
        {"datetime2(7)",
         {"2024-01-02 03:04:05.12345678", "2024-01-02 03", "2024-01-02 03:04:05 +01:00", "2024-01-02x"}},
        {"datetimeoffset(7)",
         {"2024-01-02 03:04:05 +15:00", "0001-01-01 00:00:00 +01:00", "9999-12-31 23:59:59 -01:00"}},
        {"datetime", {"1752-12-31", "9999-12-31 23:59:59.999", "03:04:05"}},
        {"smalldatetime", {"1899-12-31", "2079-06-07", "2079-06-06 23:59:30"}},
        {"varchar(2)", {"abc"}},
        {"nvarchar(1)", {"\xf0\x9f\x98\x80"}},
        {"varbinary(2)", {"0x010203", "0x0", "0xgg", "ff", "0x 01"}},
        {"uniqueidentifier",
         {"6F9619FF8B86D011B42D00C04FC964FF",
          "6F9619FF-8B86-D011-B42D-00C04FC964F",
          "{}",
          "6F9619FF-8B86-D011-B42D-00C04FC964Fg"}},
        {"sql_variant", {"date: tomorrow", "varbinary(1): 0x0102"}},
    };
    for (const auto& [type, texts] : cases) {
        for (const auto text : texts)
            EXPECT_FALSE(parse_value(declared(type), text)) << type << ": " << text;
        EXPECT_NE(value_form(declared(type)), "") << type;
    }
}

TEST(Value, OfEveryTypeSaysWhatItLooksLike) {
    for (const auto& entry : all_types())
        EXPECT_NE(value_form({.id = entry.id, .length = 1, .precision = 5, .scale = 2}), "") << entry.name;
    EXPECT_EQ(
        value_form(declared("decimal(5,2)")), "a number of at most 3 digits before and 2 after the point"
    );
    EXPECT_EQ(value_form(declared("tinyint")), "a whole number from 0 to 255");
    EXPECT_EQ(value_form(declared("nvarchar(30)")), "at most 30 characters");
}

TEST(Value, ThatIsNoneComesOutAsBytes) {
    EXPECT_EQ(value_text(declared("int"), hex("01 02")), "0x0102");
    EXPECT_EQ(value_text(declared("float"), hex("01")), "0x01");
    EXPECT_EQ(value_text(declared("money"), hex("01")), "0x01");
    EXPECT_EQ(value_text(declared("decimal(5,2)"), hex("01")), "0x01");
    EXPECT_EQ(value_text(declared("date"), hex("ff ff ff")), "0xFFFFFF");
    EXPECT_EQ(value_text(declared("time(7)"), hex("ff ff ff ff ff")), "0xFFFFFFFFFF");
    EXPECT_EQ(value_text(declared("datetime2(0)"), hex("00 00 00 ff ff ff")), "0x000000FFFFFF");
    EXPECT_EQ(
        value_text(declared("datetimeoffset(0)"), hex("00 00 00 00 00 00 ff 7f")), "0x000000000000FF7F"
    );
    EXPECT_EQ(value_text(declared("datetime"), hex("ff ff ff 7f ff ff ff ff")), "0xFFFFFF7FFFFFFFFF");
    EXPECT_EQ(value_text(declared("uniqueidentifier"), hex("01")), "0x01");
    EXPECT_EQ(value_text(declared("sql_variant"), hex("99 00 01")), "0x990001");
    EXPECT_EQ(value_text(declared("sql_variant"), hex("38 05 01")), "0x380501");
    EXPECT_EQ(value_text(declared("sql_variant"), hex("38 00 01")), "int: 0x01");
}

TEST(Value, IsCutOnRequest) {
    const auto cut = [](std::string_view type, std::string_view text) {
        const auto data = cut_value(declared(type), text);
        return data ? value_text(declared(type), *data) : "(none)";
    };
    EXPECT_EQ(cut("nvarchar(2)", "abc"), "ab");
    EXPECT_EQ(cut("nvarchar(2)", "a\xf0\x9f\x98\x80"), "a");
    EXPECT_EQ(cut("varchar(2)", "abc"), "ab");
    EXPECT_EQ(cut("char(4)", "abc"), "abc ");
    EXPECT_EQ(cut("nvarchar(max)", "abc"), "abc");
    EXPECT_EQ(cut("int", "7"), "(none)");
}

TEST(Value, AsALiteral) {
    const auto written = [](std::string_view type, std::string_view text, std::size_t longest = 100) {
        return literal(declared(type), parse_value(declared(type), text), longest);
    };
    EXPECT_EQ(literal(declared("int"), std::nullopt), "NULL");
    EXPECT_EQ(written("int", "7"), "7");
    EXPECT_EQ(written("varchar(9)", "it's"), "'it''s'");
    EXPECT_EQ(written("nvarchar(9)", "it's"), "N'it''s'");
    EXPECT_EQ(written("date", "2024-01-02"), "'2024-01-02'");
    EXPECT_EQ(written("varbinary(9)", "0x0102"), "0x0102");
    EXPECT_EQ(written("nvarchar(9)", "abcdef", 2), "N'ab…' (6 characters)");
    EXPECT_EQ(written("varchar(9)", "abcdef", 6), "'abcdef'");
    EXPECT_EQ(written("varbinary(9)", "0x010203", 2), "0x0102… (3 bytes)");
}

} // namespace
} // namespace tdsfake::tds
