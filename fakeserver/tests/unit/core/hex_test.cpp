#include "core/hex.hpp"

#include <gtest/gtest.h>

namespace tdsfake::core {
namespace {

TEST(ToHex, SeparatesBytesByOneBlank) {
    EXPECT_EQ(to_hex(bytes{0x12, 0x01, 0x00, 0xfe}), "12 01 00 fe");
    EXPECT_EQ(to_hex({}), "");
}

TEST(FromHex, SkipsBlanksAndLineEndsBetweenPairs) {
    EXPECT_EQ(from_hex("12 01 00 2F"), (bytes{0x12, 0x01, 0x00, 0x2f}));
    EXPECT_EQ(from_hex("1201\n\t00\r\n2f  "), (bytes{0x12, 0x01, 0x00, 0x2f}));
    EXPECT_EQ(from_hex(""), bytes{});
    EXPECT_EQ(from_hex(" \n"), bytes{});
}

TEST(FromHex, RejectsWhatIsNotPairsOfDigits) {
    EXPECT_EQ(from_hex("1"), std::nullopt);
    EXPECT_EQ(from_hex("12 3"), std::nullopt);
    EXPECT_EQ(from_hex("1 2"), std::nullopt);
    EXPECT_EQ(from_hex("1g"), std::nullopt);
    EXPECT_EQ(from_hex("0x12"), std::nullopt);
    EXPECT_EQ(from_hex("12,13"), std::nullopt);
    EXPECT_EQ(from_hex("\xc3\xa4"), std::nullopt);
}

TEST(FromHex, ReadsBackEveryByte) {
    bytes all;
    for (int i = 0; i < 256; ++i)
        all.push_back(static_cast<std::uint8_t>(i));
    EXPECT_EQ(from_hex(to_hex(all)), all);
}

TEST(Hexdump, ShowsOffsetsHexAndAscii) {
    bytes data;
    for (int i = 0; i < 18; ++i)
        data.push_back(static_cast<std::uint8_t>('A' + i));
    data.push_back(0x1f);
    data.push_back(0x7f);
    data.push_back('~');
    EXPECT_EQ(
        hexdump(data),
        "0000   41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  |ABCDEFGHIJKLMNOP|\n"
        "0010   51 52 1f 7f 7e                                    |QR..~|\n"
    );
}

TEST(Hexdump, SaysHowMuchItLeavesOut) {
    EXPECT_EQ(
        hexdump(bytes(20, 'x'), 4),
        "0000   78 78 78 78                                       |xxxx|\n"
        "… 16 more bytes\n"
    );
    EXPECT_EQ(hexdump(bytes(3, 'x'), 0), "… 3 more bytes\n");
    EXPECT_EQ(hexdump({}), "");
}

TEST(Hexdump, ShowsNoRemainderWhenTheLimitIsMetExactly) {
    EXPECT_EQ(hexdump(bytes(4, 'x'), 4), "0000   78 78 78 78                                       |xxxx|\n");
}

} // namespace
} // namespace tdsfake::core
