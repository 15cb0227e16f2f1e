#include "tds/packet.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using testing::hex;

core::bytes numbered(std::size_t count) {
    core::bytes data;
    for (std::size_t i = 0; i < count; ++i)
        data.push_back(static_cast<std::uint8_t>(i));
    return data;
}

TEST(PacketHeader, GoesThereAndBack) {
    const auto wire = hex("04 01 01 71 00 33 02 09");
    const auto header = parse_packet_header(wire);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header.value().type, 0x04);
    EXPECT_EQ(header.value().status, 0x01);
    EXPECT_EQ(header.value().length, 0x171);
    EXPECT_EQ(header.value().spid, 0x33);
    EXPECT_EQ(header.value().packet_id, 2);
    EXPECT_EQ(header.value().window, 9);
    core::byte_writer out;
    encode_packet_header(out, header.value());
    EXPECT_EQ(out.take(), wire);
}

TEST(PacketHeader, RejectsTruncation) {
    testing::expect_truncations_fail(hex("04 01 01 71 00 33 02 09"), parse_packet_header);
}

TEST(PacketTypeName, IsEmptyForTypesThatDoNotExist) {
    int known = 0;
    for (int type = 0; type < 256; ++type)
        known += packet_type_name(static_cast<std::uint8_t>(type)).empty() ? 0 : 1;
    EXPECT_EQ(known, 12);
    EXPECT_EQ(packet_type_name(0x10), "LOGIN7");
    EXPECT_EQ(packet_type_name(0x12), "PRELOGIN");
    EXPECT_EQ(packet_type_name(0x17), ""); // TLS application data
    EXPECT_EQ(packet_type_name(0x53), ""); // SMP
}

TEST(EncodePackets, PutsAShortMessageIntoOnePacket) {
    core::bytes out;
    encode_packets(out, packet_type::tabular_result, hex("fd 00 00"), 4096, 0x33);
    EXPECT_EQ(out, hex("04 01 00 0b 00 33 01 00  fd 00 00"));
}

TEST(EncodePackets, MakesAPacketOfAnEmptyMessage) {
    core::bytes out;
    encode_packets(out, packet_type::attention, {}, 4096, 0);
    EXPECT_EQ(out, hex("06 01 00 08 00 00 01 00"));
}

TEST(EncodePackets, AppendsToWhatIsThere) {
    auto out = hex("aa bb");
    encode_packets(out, packet_type::tabular_result, hex("01"), 4096, 0);
    EXPECT_EQ(out, hex("aa bb 04 01 00 09 00 00 01 00 01"));
}

TEST(EncodePackets, SplitsAtThePacketSize) {
    core::bytes out;
    encode_packets(out, packet_type::tabular_result, numbered(7), 11, 0x102);
    EXPECT_EQ(
        out,
        hex("04 00 00 0b 01 02 01 00  00 01 02"
            "04 00 00 0b 01 02 02 00  03 04 05"
            "04 01 00 09 01 02 03 00  06")
    );
}

TEST(EncodePackets, MakesNoEmptyPacketAfterAFullOne) {
    core::bytes out;
    encode_packets(out, packet_type::tabular_result, numbered(6), 11, 0);
    EXPECT_EQ(out, hex("04 00 00 0b 00 00 01 00  00 01 02  04 01 00 0b 00 00 02 00  03 04 05"));
}

TEST(EncodePackets, EndsPacketsAtBorders) {
    core::bytes out;
    encode_packets(out, packet_type::tabular_result, numbered(6), 12, 0, {1, 1, 2, 6, 99});
    EXPECT_EQ(
        out,
        hex("04 00 00 09 00 00 01 00  00"
            "04 00 00 09 00 00 02 00  01"
            "04 01 00 0c 00 00 03 00  02 03 04 05")
    );
}

TEST(EncodePackets, IgnoresABorderAtTheStart) {
    core::bytes out;
    encode_packets(out, packet_type::tabular_result, numbered(2), 4096, 0, {0});
    EXPECT_EQ(out, hex("04 01 00 0a 00 00 01 00  00 01"));
}

TEST(EncodePackets, CountsIdsModulo256) {
    core::bytes out;
    encode_packets(out, packet_type::tabular_result, numbered(300), 9, 0);
    ASSERT_EQ(out.size(), 300U * 9);
    EXPECT_EQ(out[254 * 9 + 6], 255);
    EXPECT_EQ(out[255 * 9 + 6], 0);
    EXPECT_EQ(out[256 * 9 + 6], 1);
}

TEST(EncodePackets, CopesWithSizesThatCannotBe) {
    core::bytes tiny;
    encode_packets(tiny, packet_type::tabular_result, numbered(2), 0, 0);
    EXPECT_EQ(tiny, hex("04 00 00 09 00 00 01 00 00  04 01 00 09 00 00 02 00 01"));
    core::bytes huge;
    encode_packets(huge, packet_type::tabular_result, numbered(70'000), 1'000'000, 0);
    ASSERT_EQ(huge.size(), 70'000U + 16);
    EXPECT_EQ(testing::cut(huge, 4), hex("04 00 ff ff"));
}

} // namespace
} // namespace tdsfake::tds
