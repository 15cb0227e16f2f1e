// Tokens that a scenario spells out: as they are given, lengths that lie among them.
#include "tds/tokens/scripted.hpp"
#include "tds/tokens/token_reader.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using testing::hex;

core::bytes written(const scripted_token& token, tds_version version = tds_version::v7_4) {
    token_writer out(version);
    write(out, token);
    return out.take().payload;
}

TEST(Scripted, LengthsLie) {
    EXPECT_EQ(written({scripted_envchange{.type = 18}, 0x1234}), hex("e3 34 12 12 00 00"));
    EXPECT_EQ(written({scripted_envchange{.type = 18}}), hex("e3 03 00 12 00 00"));
    EXPECT_EQ(written({scripted_sspi{hex("01 02")}, 9}), hex("ed 09 00 01 02"));
    EXPECT_EQ(written({scripted_order{{1}}, 0}), hex("a9 00 00 01 00"));
    const auto message = written({scripted_message{.message = {.number = 1, .message = "m"}}, 7});
    EXPECT_EQ(message[0], 0xab);
    EXPECT_EQ(message[1], 7);
    scripted_columns columns{.count = std::uint16_t{9}};
    columns.columns.resize(1);
    EXPECT_EQ(written({columns})[1], 9);
    EXPECT_EQ(written({scripted_state{}, 0xfffffff0}), hex("e4 f0 ff ff ff 00 00 00 00 01"));
}

TEST(Scripted, EveryTokenIsWritten) {
    EXPECT_EQ(written({scripted_columns{}}), hex("81 ff ff"));
    EXPECT_EQ(
        written({scripted_envchange{.type = 1, .new_text = "b", .old_text = "a", .is_text = true}}),
        hex("e3 07 00 01 01 62 00 01 61 00")
    );
    EXPECT_EQ(
        written({scripted_envchange{.type = 20, .route = {{"n", 1433}}}}),
        hex("e3 0c 00 14 07 00 00 99 05 01 00 6e 00 00 00")
    );
    EXPECT_EQ(written({scripted_features{{{0x0a, hex("01")}}}}), hex("ae 0a 01 00 00 00 01 ff"));
    EXPECT_EQ(written({scripted_status{-1}}), hex("79 ff ff ff ff"));
    EXPECT_EQ(
        written({scripted_done{.token = 0xfe, .done = {.status = 1}}}, tds_version::v7_1),
        hex("fe 01 00 00 00 00 00 00 00")
    );
    EXPECT_EQ(written({scripted_bytes{hex("99")}}), hex("99"));
    EXPECT_EQ(
        written({scripted_fedauth{{{1, "u"}, {2, "s"}}}}),
        hex("ee 1a 00 00 00 02 00 00 00  01 02 00 00 00 16 00 00 00  02 02 00 00 00 18 00 00 00  75 00 73 00")
    );
    EXPECT_EQ(
        written({scripted_state{.sequence = 2, .recoverable = false, .states = {{9, hex("01")}}}}),
        hex("e4 08 00 00 00 02 00 00 00 00 09 01 01")
    );
    const scripted_state big{.states = {{1, core::bytes(300, 7)}}};
    const auto state = written({big});
    EXPECT_EQ(core::bytes(state.begin() + 10, state.begin() + 16), hex("01 ff 2c 01 00 00"));
    scripted_row row{.values = {std::nullopt}, .compressed = true};
    row.columns.resize(1);
    EXPECT_EQ(written({row}), hex("d2 01"));
    row.compressed = false;
    EXPECT_EQ(written({row}), hex("d1 ff ff"));
}

TEST(Scripted, NamesAreThoseOfTheLanguage) {
    EXPECT_EQ(name({scripted_message{.is_error = true}}), "error");
    EXPECT_EQ(name({scripted_row{.compressed = true}}), "nbcrow");
    EXPECT_EQ(name({scripted_done{.token = 0xff}}), "doneinproc");
    EXPECT_EQ(name({loginack{}}), "loginack");
}

} // namespace
} // namespace tdsfake::tds
