#include "tds/request.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;
using testing::joined;
using testing::utf16;

// What every client of 7.2 and later sends.
const char* const usual_headers = "16 00 00 00  12 00 00 00 02 00  00 00 00 00 00 00 00 00  01 00 00 00";

auto parse_as(tds_version version) {
    return [version](core::byte_view payload) { return parse_sql_batch(payload, version); };
}

struct headers_case {
    std::string_view name;
    std::string_view wire;
};
class AllHeadersRejects : public ::testing::TestWithParam<headers_case> {};
TEST_P(AllHeadersRejects, Lengths) {
    EXPECT_EQ(parse_all_headers(hex(GetParam().wire), tds_version::v7_2).error(), wire_errc::bad_length);
}
INSTANTIATE_TEST_SUITE_P(
    Table,
    AllHeadersRejects,
    ::testing::Values(
        headers_case{"TotalBelowItself", "03 00 00 00"},
        headers_case{"TotalZero", "00 00 00 00"},
        headers_case{"TotalPastEnd", "05 00 00 00"},
        headers_case{"TotalHuge", "ff ff ff ff 12 00 00 00"},
        headers_case{"HeaderBelowItsPrefix", "0a 00 00 00  05 00 00 00 02 00"},
        headers_case{"HeaderZero", "0a 00 00 00  00 00 00 00 02 00"},
        headers_case{"HeaderPastTotal", "0a 00 00 00  07 00 00 00 02 00  00"},
        headers_case{"HeaderHuge", "0a 00 00 00  ff ff ff ff 02 00"},
        headers_case{"PrefixCut", "09 00 00 00  06 00 00 00 02"},
        headers_case{
            "ShortTransactionDescriptor", "15 00 00 00  11 00 00 00 02 00  00 00 00 00 00 00 00 00  01 00 00"
        }
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(AllHeaders, SkipsUnknownKinds) {
    const auto wire =
        hex("1e 00 00 00  08 00 00 00 63 00 aa bb  12 00 00 00 02 00  01 02 03 04 05 06 07 08  05 00 00 00 ee"
        );
    const auto read = parse_all_headers(wire, tds_version::v7_4);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().transaction_descriptor, 0x0807060504030201U);
    EXPECT_EQ(read.value().outstanding_requests, 5U);
    EXPECT_EQ(read.value().size, 0x1eU);
}

TEST(AllHeaders, MayBeEmpty) {
    const auto read = parse_all_headers(hex("04 00 00 00"), tds_version::v7_2);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read.value().size, 4U);
}

TEST(AllHeaders, DoNotExistBefore72) {
    EXPECT_EQ(parse_all_headers({}, tds_version::v7_1r1).value().size, 0U);
    EXPECT_EQ(parse_all_headers(hex("ff ff ff ff"), tds_version::v7_0).value().size, 0U);
}

TEST(SqlBatch, ReadsTextBehindTheHeaders) {
    const auto read = parse_sql_batch(joined({hex(usual_headers), utf16("SELECT 'ä'")}), tds_version::v7_4);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().sql, "SELECT 'ä'");
    EXPECT_EQ(read.value().headers.size, 0x16U);
    EXPECT_EQ(read.value().headers.outstanding_requests, 1U);
}

TEST(SqlBatch, GoesThereAndBackInEveryVersion) {
    for (const auto version :
         {tds_version::v7_0,
          tds_version::v7_1,
          tds_version::v7_1r1,
          tds_version::v7_2,
          tds_version::v7_3a,
          tds_version::v7_3b,
          tds_version::v7_4,
          tds_version::v8_0}) {
        sql_batch sent;
        sent.sql = "SELECT @@VERSION";
        sent.headers.transaction_descriptor = 0x1122334455667788;
        sent.headers.outstanding_requests = 1;
        const auto wire = encode_sql_batch(sent, version);
        const bool wide = at_least(version, tds_version::v7_2);
        EXPECT_EQ(wire.size(), 32U + (wide ? 22U : 0U));
        const auto read = parse_sql_batch(wire, version);
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(read.value().sql, sent.sql);
        EXPECT_EQ(
            read.value().headers.transaction_descriptor, wide ? sent.headers.transaction_descriptor : 0
        );
    }
}

TEST(SqlBatch, WritesTheUsualHeaders) {
    sql_batch sent;
    sent.headers.outstanding_requests = 1;
    EXPECT_EQ(encode_sql_batch(sent, tds_version::v7_4), hex(usual_headers));
}

TEST(SqlBatch, MayBeEmpty) {
    EXPECT_EQ(parse_sql_batch(hex(usual_headers), tds_version::v7_4).value().sql, "");
    EXPECT_EQ(parse_sql_batch({}, tds_version::v7_1).value().sql, "");
}

TEST(SqlBatch, RejectsHalfAUnitOfText) {
    EXPECT_EQ(
        parse_sql_batch(joined({hex(usual_headers), hex("61")}), tds_version::v7_4).error(),
        wire_errc::bad_length
    );
    EXPECT_EQ(parse_sql_batch(hex("61 00 62"), tds_version::v7_1).error(), wire_errc::bad_length);
}

TEST(SqlBatch, RejectsTruncation) {
    // The text has no length of its own: from the headers on, every even prefix is a batch.
    testing::expect_truncations_fail(
        joined({hex(usual_headers), utf16("abc")}), parse_as(tds_version::v7_4), {22, 24, 26}
    );
    testing::expect_truncations_fail(utf16("ab"), parse_as(tds_version::v7_1), {0, 2});
}

TEST(SqlBatch, SurvivesEveryByteChanged) {
    testing::survives_every_byte_changed(
        joined({hex(usual_headers), utf16("abc")}), parse_as(tds_version::v7_4)
    );
}

} // namespace
} // namespace tdsfake::tds
