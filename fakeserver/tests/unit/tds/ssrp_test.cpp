#include "tds/ssrp.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;

// A reply that all tested clients accept (fact sheet 7): 0x55 bytes of text.
core::bytes accepted_reply() {
    const std::string_view text =
        "ServerName;FAKEHOST;InstanceName;INST1;IsClustered;No;Version;16.0.4115.5;tcp;14330;;";
    return testing::joined({hex("05 55 00"), core::bytes(text.begin(), text.end())});
}
core::bytes with_text(std::string_view text) {
    core::byte_writer out;
    out.u8(0x05);
    out.u16_le(text.size());
    out.append(text);
    return out.take();
}

struct request_case {
    std::string_view wire;
    ssrp_request expected;
};
class SsrpRequest : public ::testing::TestWithParam<request_case> {};
TEST_P(SsrpRequest, GoesThereAndBack) {
    const auto read = parse_ssrp_request(hex(GetParam().wire));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().kind, GetParam().expected.kind);
    EXPECT_EQ(read.value().instance, GetParam().expected.instance);
    EXPECT_EQ(read.value().terminated, GetParam().expected.terminated);
    EXPECT_EQ(encode_ssrp_request(read.value()), hex(GetParam().wire));
}
INSTANTIATE_TEST_SUITE_P(
    Table,
    SsrpRequest,
    ::testing::Values(
        request_case{"02", {ssrp_kind::broadcast, "", false}},
        request_case{"03", {ssrp_kind::all, "", false}},
        request_case{"04 49 4e 53 54 31 00", {ssrp_kind::instance, "INST1", true}},
        request_case{"04 49 4e 53 54 31", {ssrp_kind::instance, "INST1", false}},
        request_case{"04 f6 00", {ssrp_kind::instance, "ö", true}},
        request_case{"0f 01 49 4e 53 54 31 00", {ssrp_kind::dac, "INST1", true}},
        request_case{"0f 01 49", {ssrp_kind::dac, "I", false}},
        request_case{
            "04 41414141414141414141414141414141 41414141414141414141414141414141 00",
            {ssrp_kind::instance, std::string(32, 'A'), true}
        }
    )
);

struct bad_case {
    std::string_view wire;
    wire_errc why;
};
class SsrpBadRequest : public ::testing::TestWithParam<bad_case> {};
TEST_P(SsrpBadRequest, IsRejected) {
    EXPECT_EQ(parse_ssrp_request(hex(GetParam().wire)).error(), GetParam().why);
}
INSTANTIATE_TEST_SUITE_P(
    Table,
    SsrpBadRequest,
    ::testing::Values(
        bad_case{"", wire_errc::truncated},
        bad_case{"02 00", wire_errc::extra_bytes},
        bad_case{"03 03", wire_errc::extra_bytes},
        bad_case{"04", wire_errc::truncated},
        bad_case{"04 00", wire_errc::bad_value},
        bad_case{"04 49 00 00", wire_errc::bad_value},
        bad_case{"04 49 00 49", wire_errc::bad_value},
        bad_case{
            "04 41414141414141414141414141414141 41414141414141414141414141414141 41 00",
            wire_errc::bad_length
        },
        bad_case{"0f", wire_errc::truncated},
        bad_case{"0f 01", wire_errc::truncated},
        bad_case{"0f 01 00", wire_errc::bad_value},
        bad_case{"0f 02 49 00", wire_errc::bad_value},
        bad_case{"05 00 00", wire_errc::bad_packet_type},
        bad_case{"00", wire_errc::bad_packet_type},
        bad_case{"47 45 54", wire_errc::bad_packet_type}
    )
);

TEST(SsrpRequest, TruncatedAnywhereIsAnErrorOrAShorterName) {
    testing::expect_truncations_fail(hex("04 49 4e 53 00"), parse_ssrp_request, {2, 3, 4});
    testing::expect_truncations_fail(hex("0f 01 49 4e 53 00"), parse_ssrp_request, {3, 4, 5});
}

TEST(SsrpReply, GoesThereAndBack) {
    const auto wire = accepted_reply();
    const auto read = parse_ssrp_reply(wire);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    ASSERT_EQ(read.value().instances.size(), 1U);
    const ssrp_instance expected{
        {"ServerName", "FAKEHOST"},
        {"InstanceName", "INST1"},
        {"IsClustered", "No"},
        {"Version", "16.0.4115.5"},
        {"tcp", "14330"}
    };
    EXPECT_EQ(read.value().instances.front(), expected);
    EXPECT_EQ(encode_ssrp_reply(read.value()), wire);
}

TEST(SsrpReply, ListsSeveralInstancesAndNone) {
    auto reply = parse_ssrp_reply(accepted_reply()).value();
    reply.instances.push_back(reply.instances.front());
    reply.instances.back()[1].second = "ZWEI";
    reply.instances.back().emplace_back("np", R"(\\FAKEHOST\pipe\MSSQL$ZWEI\sql\query)");
    const auto again = parse_ssrp_reply(encode_ssrp_reply(reply));
    ASSERT_TRUE(again.has_value()) << again.error().message();
    EXPECT_EQ(again.value().instances, reply.instances);
    EXPECT_EQ(encode_ssrp_reply({}), hex("05 00 00"));
    EXPECT_TRUE(parse_ssrp_reply(hex("05 00 00")).value().instances.empty());
}

TEST(SsrpReply, RejectsEveryTruncationAndOneByteMore) {
    auto wire = accepted_reply();
    testing::expect_truncations_fail(wire, parse_ssrp_reply);
    wire.push_back(';');
    EXPECT_EQ(parse_ssrp_reply(wire).error(), wire_errc::extra_bytes);
    testing::survives_every_byte_changed(accepted_reply(), parse_ssrp_reply);
}

TEST(SsrpReply, RejectsEveryTruncationOfItsTextUnderATrueSize) {
    const auto wire = accepted_reply();
    for (std::size_t length = 1; length + 3 < wire.size(); ++length) {
        auto shorter = testing::cut(wire, length + 3);
        shorter[1] = static_cast<std::uint8_t>(length);
        EXPECT_TRUE(parse_ssrp_reply(shorter).has_error()) << length;
    }
}

TEST(SsrpReply, RejectsATextThatIsNoListOfInstances) {
    const std::string good = "ServerName;H;InstanceName;I;IsClustered;No;Version;1.0;";
    EXPECT_TRUE(parse_ssrp_reply(with_text(good + ";")).has_value());
    EXPECT_EQ(parse_ssrp_reply(with_text(";")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_ssrp_reply(with_text(good)).error(), wire_errc::truncated);
    EXPECT_EQ(parse_ssrp_reply(with_text(good + ";;")).error(), wire_errc::bad_value);
    EXPECT_EQ(parse_ssrp_reply(with_text(good + "tcp;;;")).error(), wire_errc::bad_value) << "no value";
    EXPECT_EQ(parse_ssrp_reply(with_text(good + "tcp;1;tcp;2;;")).error(), wire_errc::bad_value) << "twice";
    EXPECT_EQ(parse_ssrp_reply(with_text(good + "odd;1;;")).error(), wire_errc::bad_value) << "unknown";
    EXPECT_EQ(
        parse_ssrp_reply(with_text("InstanceName;I;ServerName;H;IsClustered;No;Version;1.0;;")).error(),
        wire_errc::bad_value
    ) << "order";
    EXPECT_EQ(parse_ssrp_reply(hex("04 00 00")).error(), wire_errc::bad_packet_type);
}

TEST(SsrpReply, LiesAboutItsSize) {
    auto reply = parse_ssrp_reply(accepted_reply()).value();
    reply.false_size = 0xffff;
    const auto wire = encode_ssrp_reply(reply);
    EXPECT_EQ(wire[1], 0xff);
    EXPECT_EQ(wire[2], 0xff);
    EXPECT_EQ(wire.size(), accepted_reply().size());
    EXPECT_EQ(parse_ssrp_reply(wire).error(), wire_errc::truncated);
}

TEST(SsrpReply, SaysAnythingThatItIsTold) {
    const ssrp_reply odd{.instances = {{{"", ""}, {"tcp", "no port"}}}, .false_size = {}};
    EXPECT_EQ(ssrp_text(odd), ";;tcp;no port;;");
    EXPECT_EQ(encode_ssrp_reply(odd), with_text(";;tcp;no port;;"));
}

TEST(SsrpDacReply, GoesThereAndBack) {
    const auto wire = hex("05 06 00 01 9a 05"); // 1434
    const auto read = parse_ssrp_dac_reply(wire);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().port, 1434);
    EXPECT_EQ(encode_ssrp_dac_reply(read.value()), wire);
}

TEST(SsrpDacReply, RejectsEveryTruncationOneByteMoreAndOtherValues) {
    testing::expect_truncations_fail(hex("05 06 00 01 9a 05"), parse_ssrp_dac_reply);
    EXPECT_EQ(parse_ssrp_dac_reply(hex("05 06 00 01 9a 05 00")).error(), wire_errc::extra_bytes);
    EXPECT_EQ(parse_ssrp_dac_reply(hex("04 06 00 01 9a 05")).error(), wire_errc::bad_packet_type);
    EXPECT_EQ(parse_ssrp_dac_reply(hex("05 02 00 01 9a 05")).error(), wire_errc::bad_length);
    EXPECT_EQ(parse_ssrp_dac_reply(hex("05 06 00 02 9a 05")).error(), wire_errc::bad_value);
}

TEST(SsrpDacReply, LeavesOutItsPortAndLies) {
    EXPECT_EQ(encode_ssrp_dac_reply({.port = {}, .false_size = 9}), hex("05 09 00 01"));
}

} // namespace
} // namespace tdsfake::tds
