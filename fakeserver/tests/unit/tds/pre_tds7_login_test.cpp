#include "tds/login7.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;

void put_text(core::byte_writer& out, std::string_view text) {
    out.append(text);
    out.fill(30 - text.size());
    out.u8(text.size());
}

// As FreeTDS 4.2 sends it: 572 bytes.
core::bytes record() {
    core::byte_writer out;
    put_text(out, "box");
    put_text(out, "sa");
    put_text(out, "secret");
    put_text(out, "1234");
    out.fill(16, 0x03);
    put_text(out, "TSQL");
    put_text(out, "server1");
    out.fill(256);
    out.append(testing::hex("04 02 00 00"));
    out.fill(572 - out.size());
    return out.take();
}

TEST(PreTds7Login, ReadsWhatIsWorthJournalling) {
    const auto read = parse_pre_tds7_login(record());
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().host_name, "box");
    EXPECT_EQ(read.value().user_name, "sa");
    EXPECT_EQ(read.value().app_name, "TSQL");
    EXPECT_EQ(read.value().server_name, "server1");
    EXPECT_EQ(read.value().version, (std::array<std::uint8_t, 4>{4, 2, 0, 0}));
}

TEST(PreTds7Login, RejectsTruncationBeforeTheVersion) {
    const auto whole = testing::cut(record(), 462);
    testing::expect_truncations_fail(whole, parse_pre_tds7_login);
}

TEST(PreTds7Login, RejectsATextLongerThanItsField) {
    for (const std::size_t length_at : {30U, 61U, 92U, 123U, 170U, 201U}) {
        for (const int length : {31, 255}) {
            auto wire = record();
            wire[length_at] = static_cast<std::uint8_t>(length);
            EXPECT_EQ(parse_pre_tds7_login(wire).error(), wire_errc::bad_length) << length_at;
        }
        auto wire = record();
        wire[length_at] = 30;
        EXPECT_TRUE(parse_pre_tds7_login(wire).has_value()) << length_at;
    }
}

TEST(PreTds7Login, ReadsTextInCodePage1252) {
    auto wire = record();
    wire[31] = 0x80;
    EXPECT_EQ(parse_pre_tds7_login(wire).value().user_name, "€a");
}

} // namespace
} // namespace tdsfake::tds
