// SMP headers (MC-SMP 2.2.1): laid out by hand, cut at every byte, and what is not one.
#include "tds/smp.hpp"
#include "tests/unit/tds/wire_testing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tdsfake::tds {
namespace {

using testing::hex;

TEST(Smp, ASynAsClientsSendIt) {
    const auto header = parse_smp_header(hex("53 01 00 00  10 00 00 00  00 00 00 00  04 00 00 00"));
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->flag, smp_flag::syn);
    EXPECT_EQ(header->session, 0);
    EXPECT_EQ(header->length, 16U);
    EXPECT_EQ(header->sequence, 0U);
    EXPECT_EQ(header->window, 4U);
}

TEST(Smp, EveryFieldOfData) {
    const auto header = parse_smp_header(hex("53 08 34 12  1e 00 00 00  78 56 34 12  ef cd ab 89"));
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->flag, smp_flag::data);
    EXPECT_EQ(header->session, 0x1234);
    EXPECT_EQ(header->length, 30U);
    EXPECT_EQ(header->sequence, 0x12345678U);
    EXPECT_EQ(header->window, 0x89abcdefU);
}

TEST(Smp, EachTruncation) {
    const auto whole = hex("53 08 00 00  10 00 00 00  01 00 00 00  04 00 00 00");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto header = parse_smp_header(core::byte_view(whole).first(size));
        ASSERT_TRUE(header.has_error()) << size;
        EXPECT_EQ(header.error(), core::wire_errc::truncated);
    }
    auto more = whole;
    more.push_back(0);
    EXPECT_TRUE(parse_smp_header(more).has_value()) << "what follows a header is data";
}

TEST(Smp, WhatIsNone) {
    const std::vector<std::pair<std::string, core::wire_errc>> cases{
        {"52 08 00 00  10 00 00 00  01 00 00 00  04 00 00 00", core::wire_errc::bad_value
        }, // another protocol
        {"53 00 00 00  10 00 00 00  01 00 00 00  04 00 00 00", core::wire_errc::bad_value}, // no flag
        {"53 03 00 00  10 00 00 00  01 00 00 00  04 00 00 00", core::wire_errc::bad_value}, // two flags
        {"53 10 00 00  10 00 00 00  01 00 00 00  04 00 00 00", core::wire_errc::bad_value}, // unknown
        {"53 08 00 00  0f 00 00 00  01 00 00 00  04 00 00 00", core::wire_errc::bad_length},
        {"53 01 00 00  11 00 00 00  00 00 00 00  04 00 00 00", core::wire_errc::bad_length}, // SYN with data
        {"53 04 00 00  20 00 00 00  00 00 00 00  04 00 00 00", core::wire_errc::bad_length}, // FIN with data
    };
    for (const auto& [bytes, why] : cases) {
        const auto header = parse_smp_header(hex(bytes));
        ASSERT_TRUE(header.has_error()) << bytes;
        EXPECT_EQ(header.error(), why) << bytes;
    }
}

TEST(Smp, ThereAndBack) {
    for (const auto flag : {smp_flag::syn, smp_flag::ack, smp_flag::fin, smp_flag::data}) {
        core::bytes out;
        const core::bytes data(flag == smp_flag::data ? 9U : 0U, 0xab);
        encode_smp(out, {.flag = flag, .session = 7, .sequence = 300, .window = 304}, data);
        ASSERT_EQ(out.size(), smp_header::size + data.size());
        const auto header = parse_smp_header(out);
        ASSERT_TRUE(header.has_value());
        EXPECT_EQ(header->flag, flag);
        EXPECT_EQ(header->session, 7);
        EXPECT_EQ(header->length, out.size());
        EXPECT_EQ(header->sequence, 300U);
        EXPECT_EQ(header->window, 304U);
    }
}

} // namespace
} // namespace tdsfake::tds
