#include "tds/packet.hpp"
#include "tds/prelogin.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;

// MS-TDS 4.1, without the packet header.
const char* const spec_request =
    "00 00 1a 00 06  01 00 20 00 01  02 00 21 00 01  03 00 22 00 04  04 00 26 00 01  ff"
    "09 00 00 00 00 00  01  00  b8 0d 00 00  01";
// What all tested clients accept (fact sheet 2), packet header included.
const char* const accepted_reply =
    "04 01 00 2b 00 33 01 00"
    "00 00 1a 00 06  01 00 20 00 01  02 00 21 00 01  03 00 22 00 00  04 00 22 00 01  ff"
    "10 00 10 13 00 00  02  00  00";

TEST(Prelogin, ReadsTheRequestOfTheSpecification) {
    const auto read = parse_prelogin(hex(spec_request));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().options.size(), 5U);
    EXPECT_EQ(read.value().version(), "9.0.0.0");
    EXPECT_EQ(read.value().encryption(), 0x01);
    EXPECT_EQ(read.value().instance(), "");
    EXPECT_EQ(read.value().mars(), 0x01);
    ASSERT_NE(read.value().find(prelogin_token::thread_id), nullptr);
    EXPECT_EQ(read.value().find(prelogin_token::thread_id)->data, hex("b8 0d 00 00"));
    EXPECT_EQ(read.value().find(prelogin_token::nonce), nullptr);
}

TEST(Prelogin, WritesTheReplyThatAllClientsAccept) {
    prelogin reply;
    reply.option(prelogin_token::version).data = hex("10 00 10 13 00 00");
    reply.option(prelogin_token::encryption).data = hex("02");
    reply.option(prelogin_token::instance).data = hex("00");
    reply.option(prelogin_token::thread_id).data.clear();
    reply.option(prelogin_token::mars).data = hex("00");
    core::bytes wire;
    encode_packets(wire, packet_type::tabular_result, encode_prelogin(reply), default_packet_size, 0x33);
    EXPECT_EQ(wire, hex(accepted_reply));
    EXPECT_EQ(reply.version(), "16.0.4115.0");
}

TEST(Prelogin, GoesThereAndBackWithEveryOption) {
    auto wire = hex(spec_request);
    auto read = parse_prelogin(wire).value();
    EXPECT_EQ(encode_prelogin(read), wire);
    read.option(prelogin_token::instance).data = hex("53 51 4c 00 78");
    read.option(prelogin_token::trace_id).data = core::bytes(36, 0x11);
    read.option(prelogin_token::fedauth_required).data = hex("01");
    read.option(prelogin_token::nonce).data = core::bytes(32, 0x22);
    read.option(static_cast<prelogin_token>(0x42)).data = hex("aa bb"); // unknown options are kept
    const auto again = parse_prelogin(encode_prelogin(read));
    ASSERT_TRUE(again.has_value());
    ASSERT_EQ(again.value().options.size(), read.options.size());
    for (std::size_t i = 0; i < read.options.size(); ++i) {
        EXPECT_EQ(again.value().options[i].token, read.options[i].token);
        EXPECT_EQ(again.value().options[i].data, read.options[i].data);
    }
    EXPECT_EQ(again.value().instance(), "SQL") << "text up to NUL";
}

TEST(Prelogin, AcceptsAnyOffsetOfAnEmptyOption) {
    EXPECT_TRUE(parse_prelogin(hex("00 00 0b 00 06  03 ff ff 00 00  ff  09 00 00 00 00 00")).has_value());
}

TEST(Prelogin, RejectsEveryTruncation) {
    testing::expect_truncations_fail(hex(spec_request), parse_prelogin);
}

TEST(Prelogin, SurvivesEveryByteChanged) {
    testing::survives_every_byte_changed(hex(spec_request), parse_prelogin);
    testing::survives_every_byte_changed(hex(spec_request), parse_prelogin_leniently);
}

struct bad {
    std::string_view name;
    std::string_view wire;
    wire_errc expected;
};
class PreloginRejects : public ::testing::TestWithParam<bad> {};
TEST_P(PreloginRejects, Payload) {
    EXPECT_EQ(parse_prelogin(hex(GetParam().wire)).error(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    PreloginRejects,
    ::testing::Values(
        bad{"Empty", "", wire_errc::truncated},
        bad{"TerminatorOnly", "ff", wire_errc::bad_value},
        bad{"VersionNotFirst",
            "01 00 0b 00 01  00 00 0c 00 06  ff  02 09 00 00 00 00 00",
            wire_errc::bad_value},
        bad{"NoTerminator", "00 00 05 00 06  09 00 00 00 00 00", wire_errc::truncated},
        bad{"OptionTwice", "00 00 0b 00 06  00 00 0b 00 06  ff  09 00 00 00 00 00", wire_errc::bad_value},
        bad{"OffsetAtEnd", "00 00 0c 00 06  ff  09 00 00 00 00 00", wire_errc::bad_length},
        bad{"OffsetPastEnd", "00 ff ff 00 06  ff  09 00 00 00 00 00", wire_errc::bad_length},
        bad{"LengthPastEnd", "00 00 06 00 07  ff  09 00 00 00 00 00", wire_errc::bad_length},
        bad{"LengthHuge", "00 00 06 ff ff  ff  09 00 00 00 00 00", wire_errc::bad_length},
        bad{"DataInsideHeaders", "00 00 00 00 06  ff  09 00 00 00 00 00", wire_errc::bad_length},
        bad{"ShortVersion", "00 00 06 00 05  ff  09 00 00 00 00 00", wire_errc::bad_value},
        bad{"EmptyVersion", "00 00 06 00 00  ff", wire_errc::bad_value},
        bad{"EmptyEncryption", "00 00 0b 00 06  01 00 11 00 00  ff  09 00 00 00 00 00", wire_errc::bad_value},
        bad{"WideEncryption", "00 00 0b 00 06  01 00 0b 00 02  ff  09 00 00 00 00 00", wire_errc::bad_value}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(PreloginRead, LenientlyTakesWhatAServerMayLieAbout) {
    const auto out_of_order = hex("01 00 0b 00 01  00 00 0c 00 06  ff  02 09 00 00 00 00 00");
    EXPECT_EQ(parse_prelogin_leniently(out_of_order).value().encryption(), 0x02);
    prelogin reply;
    reply.option(prelogin_token::encryption).data = hex("03");
    reply.terminator = false;
    const auto without_terminator = parse_prelogin_leniently(encode_prelogin(reply));
    ASSERT_TRUE(without_terminator.has_value());
    EXPECT_FALSE(without_terminator.value().terminator);
    EXPECT_EQ(without_terminator.value().encryption(), 0x03);
    EXPECT_EQ(parse_prelogin_leniently(hex("01 00 0b 00 09 ff")).error(), wire_errc::bad_length);
}

TEST(PreloginEncode, LiesOnRequest) {
    prelogin reply;
    auto& encryption = reply.option(prelogin_token::encryption);
    encryption.data = hex("02");
    encryption.false_offset = 0x1234;
    encryption.false_length = 0xffff;
    reply.option(prelogin_token::mars).data = hex("01");
    EXPECT_EQ(encode_prelogin(reply), hex("01 12 34 ff ff  04 00 0c 00 01  ff  02 01"))
        << "the options behind the lie keep their true offsets";
}

TEST(PreloginOptions, AreFoundAddedAndRemoved) {
    prelogin message;
    message.option(prelogin_token::mars).data = hex("01");
    message.option(prelogin_token::mars).data = hex("00");
    EXPECT_EQ(message.options.size(), 1U);
    EXPECT_EQ(message.mars(), 0x00);
    message.remove(prelogin_token::mars);
    EXPECT_EQ(message.mars(), std::nullopt);
    message.remove(prelogin_token::mars);
    EXPECT_TRUE(message.options.empty());
    EXPECT_EQ(message.version(), "");
    EXPECT_EQ(message.instance(), "");
}

TEST(Encryption, HasAWordForEveryValueAndReadsItBack) {
    EXPECT_EQ(encryption_name(0x00), "off");
    EXPECT_EQ(encryption_name(0x01), "on");
    EXPECT_EQ(encryption_name(0x02), "not-supported");
    EXPECT_EQ(encryption_name(0x03), "required");
    EXPECT_EQ(encryption_name(0x20), "extended");
    EXPECT_EQ(encryption_name(0x81), "on+certificate");
    EXPECT_EQ(encryption_name(0x82), "0x82") << "not supported, with a certificate: no such thing";
    EXPECT_EQ(encryption_name(0x42), "0x42");
    for (int value = 0; value < 256; ++value) {
        EXPECT_EQ(parse_encryption(encryption_name(static_cast<std::uint8_t>(value))), value);
    }
}

TEST(Encryption, RejectsOtherWords) {
    for (const auto* const text :
         {"", "ON", "yes", "0x", "0x1", "0x123", "0xzz", "+certificate", "not-supported+certificate"}) {
        EXPECT_EQ(parse_encryption(text), std::nullopt) << text;
    }
}

} // namespace
} // namespace tdsfake::tds
