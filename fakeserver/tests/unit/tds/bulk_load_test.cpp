#include "tds/request.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;
using testing::joined;

// id INT NOT NULL, t TEXT (with the table's name), n NVARCHAR(MAX); two rows
const auto columns = hex("81 03 00  00 00 00 00 08 00 38 02 69 00 64 00"
                         "00 00 00 00 09 00 23 ff ff ff 7f 09 04 d0 00 34 01 00 74 00 01 74 00"
                         "00 00 00 00 09 00 e7 ff ff 09 04 d0 00 34 01 6e 00");
const auto first_row =
    hex("d1 01 00 00 00"
        "10 ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 02 00 00 00 61 62"
        "fe ff ff ff ff ff ff ff 02 00 00 00 78 00 00 00 00 00");
const auto second_row = hex("d1 02 00 00 00 00 ff ff ff ff ff ff ff ff");
const auto done_token = hex("fd 00 00 00 00 00 00 00 00 00 00 00 00");

auto parse_bulk(core::byte_view payload) { return parse_bulk_load(payload, tds_version::v7_4); }

TEST(BulkLoad, CountsRowsAndNamesColumns) {
    const auto read = parse_bulk(joined({columns, first_row, second_row, done_token}));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().rows, 2U);
    ASSERT_EQ(read.value().columns.size(), 3U);
    EXPECT_EQ(read.value().columns[0].name, "id");
    EXPECT_EQ(name(read.value().columns[0].type), "int");
    EXPECT_EQ(name(read.value().columns[1].type), "text");
    EXPECT_EQ(name(read.value().columns[2].type), "nvarchar(max)");
}

TEST(BulkLoad, RejectsTruncationExceptBetweenTokens) {
    const auto whole = joined({columns, first_row, second_row, done_token});
    const auto one = columns.size() + first_row.size();
    testing::expect_truncations_fail(
        whole, parse_bulk, {columns.size(), one, one + second_row.size(), whole.size() - 4}
    );
    testing::survives_every_byte_changed(whole, parse_bulk);
}

TEST(BulkLoad, ReadsCompressedRows) {
    const auto read = parse_bulk(joined({columns, hex("d2 06 05 00 00 00"), done_token}));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().rows, 1U);
}

// Before 7.2, and always with mssql-python 1.16.0.
TEST(BulkLoad, MayCountIn4Bytes) {
    const auto wire = hex("81 01 00  00 00 08 00 38 01 61 00  d1 01 00 00 00  fd 00 00 00 00 00 00 00 00");
    EXPECT_EQ(parse_bulk_load(wire, tds_version::v7_1).value().rows, 1U);
    const auto newer = parse_bulk(joined({columns, first_row, hex("fd 00 00 00 00 00 00 00 00")}));
    ASSERT_TRUE(newer.has_value()) << newer.error().message();
    EXPECT_EQ(newer.value().rows, 1U);
}

TEST(BulkLoad, RejectsWhatIsNone) {
    EXPECT_EQ(parse_bulk({}).error(), wire_errc::truncated);
    EXPECT_EQ(parse_bulk(hex("d1 00")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_bulk(hex("81 00 00")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_bulk(hex("81 ff ff")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_bulk(hex("81 01 00 00 00 00 00 00 00 1f 00")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_bulk(hex("81 01 00 00 00 00 00 00 00 f3 00")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_bulk(joined({columns, hex("e3 00 00")})).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_bulk(joined({columns, done_token, hex("00")})).error(), wire_errc::extra_bytes);
}

// By the same rules as parameters: see rpc_types_test.cpp.
TEST(BulkLoad, RejectsValuesThatAreNoneOfTheirColumn) {
    const auto of = [](std::string_view type_and_name, std::string_view value) {
        return parse_bulk(
            joined({hex("81 01 00  00 00 00 00 09 00"), hex(type_and_name), hex("d1"), hex(value)})
        );
    };
    EXPECT_EQ(of("26 04 01 61 00", "04 01 02 03 04").value().rows, 1U);
    EXPECT_EQ(of("26 04 01 61 00", "03 01 02 03").error(), wire_errc::bad_length);
    EXPECT_EQ(of("26 05 01 61 00", "04 01 02 03 04").error(), wire_errc::bad_value);
    const std::string wide = "e7 02 00 09 04 d0 00 34 01 61 00";
    EXPECT_EQ(of(wide, "02 00 61 00").value().rows, 1U);
    EXPECT_EQ(of(wide, "ff ff").value().rows, 1U);
    EXPECT_EQ(of(wide, "04 00 61 00 62 00").error(), wire_errc::bad_length);
    EXPECT_EQ(of(wide, "01 00 61").error(), wire_errc::bad_length);
}

} // namespace
} // namespace tdsfake::tds
