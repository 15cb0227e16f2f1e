#include "core/utf16.hpp"

#include <gtest/gtest.h>

namespace tdsfake::core {
namespace {

// U+FFFD in either form.
const std::string bad8 = "\xef\xbf\xbd";

bytes units(std::initializer_list<std::uint16_t> list) {
    byte_writer out;
    for (const auto unit : list)
        out.u16_le(unit);
    return out.take();
}

TEST(Utf16, GoesThereAndBack) {
    const std::string text = "aé€\xf0\x9f\x98\x80z"; // 1, 2, 3 and 4 bytes of UTF-8
    EXPECT_EQ(utf8_to_utf16le(text), units({'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 'z'}));
    EXPECT_EQ(utf16le_to_utf8(utf8_to_utf16le(text)), text);
    EXPECT_TRUE(utf8_to_utf16le("").empty());
    EXPECT_EQ(utf16le_to_utf8({}), "");
}

TEST(Utf16, KeepsNulCharacters) {
    const std::string text("a\0b", 3);
    EXPECT_EQ(utf8_to_utf16le(text), units({'a', 0, 'b'}));
    EXPECT_EQ(utf16le_to_utf8(units({'a', 0, 'b'})), text);
}

TEST(Utf16, KeepsEveryCodePoint) {
    for (char32_t code = 1; code <= 0x10ffff; code += code < 0x3000 ? 1 : 257) {
        if (code >= 0xd800 && code <= 0xdfff) continue;
        bytes utf16 = code < 0x10000 ? units({static_cast<std::uint16_t>(code)})
                                     : units(
                                           {static_cast<std::uint16_t>(0xd800 + ((code - 0x10000) >> 10)),
                                            static_cast<std::uint16_t>(0xdc00 + (code & 0x3ff))}
                                       );
        ASSERT_EQ(utf8_to_utf16le(utf16le_to_utf8(utf16)), utf16) << std::hex << static_cast<unsigned>(code);
    }
}

TEST(Utf16ToUtf8, ReplacesLoneSurrogates) {
    EXPECT_EQ(utf16le_to_utf8(units({0xd83d})), bad8);
    EXPECT_EQ(utf16le_to_utf8(units({0xde00, 'x'})), bad8 + "x");
    EXPECT_EQ(utf16le_to_utf8(units({0xd83d, 'x'})), bad8 + "x");
    EXPECT_EQ(utf16le_to_utf8(units({0xd83d, 0xd83d, 0xde00})), bad8 + "\xf0\x9f\x98\x80");
}

TEST(Utf16ToUtf8, LeavesOutAnOddLastByte) {
    EXPECT_EQ(utf16le_to_utf8(bytes{'a', 0, 'b'}), "a");
    EXPECT_EQ(utf16le_to_utf8(bytes{'a'}), "");
    EXPECT_EQ(utf16le_to_utf8(bytes{0x3d, 0xd8, 0x00}), bad8);
}

struct ill_formed {
    std::string_view name;
    std::string_view text;
    std::size_t replacements; // followed by an 'x' that must survive
};
class Utf8ToUtf16 : public testing::TestWithParam<ill_formed> {};

TEST_P(Utf8ToUtf16, ReplacesIllFormedSequences) {
    byte_writer expected;
    for (std::size_t i = 0; i < GetParam().replacements; ++i)
        expected.u16_le(0xfffd);
    const auto prefix = expected.take();
    EXPECT_EQ(utf8_to_utf16le(GetParam().text), prefix) << "at the end";
    auto with_x = prefix;
    with_x.insert(with_x.end(), {'x', 0});
    EXPECT_EQ(utf8_to_utf16le(std::string(GetParam().text) + "x"), with_x) << "in the middle";
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    Utf8ToUtf16,
    testing::Values(
        ill_formed{"LoneContinuation", "\x80", 1},
        ill_formed{"OverlongSlash", "\xc0\xaf", 2},
        ill_formed{"OverlongOfThree", "\xe0\x80\x80", 3},
        ill_formed{"OverlongOfFour", "\xf0\x8f\xbf\xbf", 4},
        ill_formed{"Surrogate", "\xed\xa0\x80", 3},
        ill_formed{"AboveUnicode", "\xf4\x90\x80\x80", 4},
        ill_formed{"CutOfTwo", "\xc3", 1},
        ill_formed{"CutOfThree", "\xe2\x82", 1},
        ill_formed{"CutOfFour", "\xf0\x9f\x98", 1},
        ill_formed{"NoLeadByte", "\xff", 1}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

} // namespace
} // namespace tdsfake::core
