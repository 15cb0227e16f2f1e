#include "tds/reply_fields.hpp"
#include "tds/version.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tdsfake::tds {
namespace {

struct known {
    std::string_view name;
    tds_version version;
    std::uint32_t login7;
    std::uint32_t loginack;
};
// Fact sheet 3.2: LOGIN7 bytes read little-endian, LOGINACK bytes big-endian.
constexpr known table[] = {
    {"7.0", tds_version::v7_0, 0x70000000, 0x07000000},
    {"7.1", tds_version::v7_1, 0x71000000, 0x07010000},
    {"7.1r1", tds_version::v7_1r1, 0x71000001, 0x71000001},
    {"7.2", tds_version::v7_2, 0x72090002, 0x72090002},
    {"7.3A", tds_version::v7_3a, 0x730a0003, 0x730a0003},
    {"7.3B", tds_version::v7_3b, 0x730b0003, 0x730b0003},
    {"7.4", tds_version::v7_4, 0x74000004, 0x74000004},
    {"8.0", tds_version::v8_0, 0x08000000, 0x08000000},
};

TEST(TdsVersion, HasItsNumbersAndName) {
    for (const auto& row : table) {
        EXPECT_EQ(from_login7_version(row.login7), row.version) << row.name;
        EXPECT_EQ(to_login7_version(row.version), row.login7) << row.name;
        EXPECT_EQ(to_loginack_version(row.version), row.loginack) << row.name;
        EXPECT_EQ(name(row.version), row.name);
        EXPECT_EQ(parse_tds_version(row.name), row.version);
    }
}

TEST(TdsVersion, IsOrdered) {
    EXPECT_TRUE(at_least(tds_version::v7_2, tds_version::v7_2));
    EXPECT_TRUE(at_least(tds_version::v8_0, tds_version::v7_4));
    EXPECT_FALSE(at_least(tds_version::v7_1r1, tds_version::v7_2));
}

TEST(TdsVersion, RejectsUnknownOnes) {
    EXPECT_EQ(from_login7_version(0), std::nullopt);
    EXPECT_EQ(from_login7_version(0x04000074), std::nullopt) << "the bytes the wrong way round";
    EXPECT_EQ(from_login7_version(0xffffffff), std::nullopt);
    for (const auto* const text : {"", "7", "7.5", "7.4 ", "v7.4", "74"})
        EXPECT_EQ(parse_tds_version(text), std::nullopt);
}

TEST(TdsVersion, IsReadInAnyCase) {
    EXPECT_EQ(parse_tds_version("7.3b"), tds_version::v7_3b);
    EXPECT_EQ(parse_tds_version("7.1R1"), tds_version::v7_1r1);
    EXPECT_EQ(parse_tds_version("7.3"), tds_version::v7_3b);
}

TEST(ReplyFields, AreListedPerReplyWithoutRepetition) {
    EXPECT_EQ(reply_fields(reply_kind::prelogin).size(), 8U);
    EXPECT_EQ(reply_fields(reply_kind::login).size(), 10U);
    EXPECT_EQ(reply_fields(reply_kind::result).size(), 9U);
    EXPECT_EQ(reply_fields(reply_kind::attention).size(), 1U);
    for (const auto kind :
         {reply_kind::prelogin, reply_kind::login, reply_kind::result, reply_kind::attention}) {
        const auto fields = reply_fields(kind);
        EXPECT_EQ(std::set<std::string_view>(fields.begin(), fields.end()).size(), fields.size());
    }
    EXPECT_EQ(reply_fields(reply_kind::prelogin)[1], "encryption");
    EXPECT_EQ(reply_fields(reply_kind::login)[9], "featureextack");
}

} // namespace
} // namespace tdsfake::tds
