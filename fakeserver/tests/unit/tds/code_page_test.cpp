#include "tds/code_page.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using testing::hex;

TEST(CodePage1252, DiffersFromLatin1InTheUpperControls) {
    EXPECT_EQ(cp1252_to_utf8(hex("41 80 9f e9")), "A€Ÿé");
    EXPECT_EQ(utf8_to_cp1252("A€Ÿé"), hex("41 80 9f e9"));
}

TEST(CodePage1252, ReadsBackEveryByte) {
    core::bytes all;
    for (int i = 0; i < 256; ++i)
        all.push_back(static_cast<std::uint8_t>(i));
    EXPECT_EQ(utf8_to_cp1252(cp1252_to_utf8(all)), all);
}

TEST(CodePage1252, WritesAQuestionMarkForWhatItLacks) {
    EXPECT_EQ(utf8_to_cp1252("a中b"), hex("61 3f 62"));
    EXPECT_EQ(
        utf8_to_cp1252("a\xf0\x9f\x98\x80"
                       "b"),
        hex("61 3f 62")
    ) << "one for a character of two UTF-16 units";
    EXPECT_EQ(utf8_to_cp1252("\xc2\x80"), hex("3f")) << "U+0080 is not the byte 80";
}

} // namespace
} // namespace tdsfake::tds
