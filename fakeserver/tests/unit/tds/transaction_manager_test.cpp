#include "tds/request.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;

// 7.1 has no ALL_HEADERS: the tables below show the request itself.
auto parse(core::byte_view payload) { return parse_transaction_manager(payload, tds_version::v7_1); }

struct good {
    std::string_view name;
    std::string_view wire;
    transaction_request kind;
    int isolation = 0;
    std::string_view transaction = {};
    bool begins_new = false;
};
class TransactionManager : public ::testing::TestWithParam<good> {};

TEST_P(TransactionManager, Reads) {
    const auto read = parse(hex(GetParam().wire));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().kind, static_cast<std::uint16_t>(GetParam().kind));
    EXPECT_EQ(read.value().isolation, GetParam().isolation);
    EXPECT_EQ(read.value().transaction_name, GetParam().transaction);
    EXPECT_EQ(read.value().begins_new, GetParam().begins_new);
}

TEST_P(TransactionManager, RejectsTruncation) {
    testing::expect_truncations_fail(hex(GetParam().wire), parse);
}

TEST_P(TransactionManager, RejectsOneByteMore) {
    auto wire = hex(GetParam().wire);
    wire.push_back(0);
    EXPECT_EQ(parse(wire).error(), wire_errc::extra_bytes);
}

TEST_P(TransactionManager, SurvivesEveryByteChanged) {
    testing::survives_every_byte_changed(hex(GetParam().wire), parse);
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    TransactionManager,
    ::testing::Values(
        good{"GetDtcAddress", "00 00  00 00", transaction_request::get_dtc_address},
        good{"Propagate", "01 00  02 00 aa bb", transaction_request::propagate},
        good{"Begin", "05 00  02  00", transaction_request::begin, 2},
        good{"BeginNamed", "05 00  05  04 61 00 62 00", transaction_request::begin, 5, "ab"},
        good{"Promote", "06 00", transaction_request::promote},
        good{"Commit", "07 00  00 00", transaction_request::commit},
        good{
            "CommitAndBegin", "07 00  02 61 00  01  03  02 62 00", transaction_request::commit, 3, "a", true
        },
        good{"Rollback", "08 00  02 61 00  00", transaction_request::rollback, 0, "a"},
        good{"RollbackAndBegin", "08 00  00  01  02  00", transaction_request::rollback, 2, "", true},
        good{"Save", "09 00  04 73 00 70 00", transaction_request::save, 0, "sp"}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(TransactionManagerRequest, StandsBehindTheHeaders) {
    const auto wire =
        hex("16 00 00 00  12 00 00 00 02 00  01 00 00 00 00 00 00 00  01 00 00 00  07 00 00 00");
    const auto read = parse_transaction_manager(wire, tds_version::v7_4);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read.value().headers.transaction_descriptor, 1U);
    EXPECT_EQ(read.value().kind, 7);
    testing::expect_truncations_fail(wire, [](core::byte_view payload) {
        return parse_transaction_manager(payload, tds_version::v7_4);
    });
}

TEST(TransactionManagerRequest, RejectsKindsThatDoNotExist) {
    for (const auto* const wire : {"02 00", "04 00", "0a 00", "ff ff 00 00"}) {
        EXPECT_EQ(parse(hex(wire)).error(), wire_errc::bad_value) << wire;
    }
}

TEST(TransactionManagerRequest, RejectsIsolationLevelsThatDoNotExist) {
    for (const auto* const wire : {"05 00  06 00", "05 00  ff 00", "07 00  00  01  06  00"}) {
        EXPECT_EQ(parse(hex(wire)).error(), wire_errc::bad_value) << wire;
    }
}

TEST(TransactionManagerRequest, RejectsHalfAUnitOfAName) {
    EXPECT_EQ(parse(hex("09 00  03 61 00 62")).error(), wire_errc::bad_length);
    EXPECT_EQ(parse(hex("07 00  01 61  00")).error(), wire_errc::bad_length);
    EXPECT_EQ(parse(hex("07 00  00  01  02  01 61")).error(), wire_errc::bad_length);
}

TEST(TransactionManagerRequest, RejectsHostileLengths) {
    EXPECT_EQ(parse(hex("00 00  ff ff")).error(), wire_errc::truncated);
    EXPECT_EQ(parse(hex("05 00  02  ff 61 00")).error(), wire_errc::truncated);
}

} // namespace
} // namespace tdsfake::tds
