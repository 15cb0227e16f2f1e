// The record reader and the look at a ClientHello.
#include "tests/unit/tls/client.hpp"
#include "tls/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tdsfake;
using core::wire_errc;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(record, begins_with_one_of_five_types) {
    for (int byte = 0; byte < 256; ++byte)
        EXPECT_EQ(tls::begins_record(static_cast<std::uint8_t>(byte)), byte >= 20 && byte <= 24) << byte;
}

TEST(record, header_is_read_from_its_fifth_byte_on) {
    const core::bytes wire{0x16, 3, 1, 0x02, 0x34, 1, 2};
    for (std::size_t size = 0; size < 5; ++size) {
        const auto header = tls::read_record_header(core::byte_view(wire).first(size));
        ASSERT_TRUE(header.has_value()) << size;
        EXPECT_FALSE(header.value()) << size;
    }
    const auto header = tls::read_record_header(wire);
    ASSERT_TRUE(header.has_value() && header.value());
    EXPECT_EQ(header.value()->type, tls::content_type::handshake);
    EXPECT_EQ(header.value()->version, 0x0301);
    EXPECT_EQ(header.value()->length, 0x0234);
    EXPECT_EQ(header.value()->size(), 0x0234U + 5);
}

TEST(record, is_told_from_other_bytes_at_once) {
    EXPECT_EQ(tls::read_record_header(core::bytes{0x12}).error(), wire_errc::bad_value);
    EXPECT_EQ(tls::read_record_header(core::bytes{0x19}).error(), wire_errc::bad_value);
    EXPECT_EQ(tls::read_record_header(core::bytes{0x16, 2}).error(), wire_errc::bad_value);
    EXPECT_TRUE(tls::read_record_header(core::bytes{0x16, 3}).has_value());
}

TEST(record, may_have_the_length_that_tls_1_2_allows) {
    const auto most = tls::max_fragment_size;
    const auto high = static_cast<std::uint8_t>(most >> 8);
    EXPECT_TRUE(tls::read_record_header(core::bytes{0x17, 3, 3, high, 0}).has_value());
    EXPECT_EQ(tls::read_record_header(core::bytes{0x17, 3, 3, high, 1}).error(), wire_errc::bad_length);
}

TEST(record, is_whole_when_its_last_byte_is_there) {
    const core::bytes wire{0x17, 3, 3, 0, 3, 1, 2, 3, 0x17};
    for (std::size_t size = 0; size < 8; ++size)
        EXPECT_EQ(tls::whole_record(core::byte_view(wire).first(size)).value(), 0U) << size;
    EXPECT_EQ(tls::whole_record(core::byte_view(wire).first(8)).value(), 8U);
    EXPECT_EQ(tls::whole_record(wire).value(), 8U) << "what follows is another";
    EXPECT_EQ(tls::whole_record(core::bytes{0x17, 3, 3, 0, 0}).value(), 5U) << "an empty one";
}

namespace {

core::bytes hello_of(const tls_testing::client_options& options) {
    tls_testing::tls_client client(options);
    client.step();
    return client.take_ciphertext();
}

TEST(records, of_a_handshake_are_split_until_they_are_encrypted) {
    // A handshake record of 5 bytes, ChangeCipherSpec, an encrypted one.
    const core::bytes flight{22, 3, 3, 0, 5, 1, 2, 3, 4, 5, 20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 3, 7, 8, 9};
    auto split = flight;
    EXPECT_FALSE(tls::split_records(split, 2)) << "the last one stays whole";
    EXPECT_EQ(split, (core::bytes{22, 3, 3, 0,  2, 1, 2, 22, 3, 3,  0, 2, 3, 4, 22, 3, 3,
                                  0,  1, 5, 20, 3, 3, 0, 1,  1, 22, 3, 3, 0, 3, 7,  8, 9}));
    auto same = flight;
    EXPECT_TRUE(tls::split_records(same, 5));
    EXPECT_EQ(same, flight);
}

} // namespace

TEST(client_hello, of_a_real_client_is_read) {
    const auto wire = hello_of({.host = "db.example", .max = tls::version::v1_3, .alpn = {"tds/8.0", "h2"}});
    const auto hello = tls::peek_client_hello(wire);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->server_name, "db.example");
    EXPECT_THAT(hello->alpn, ElementsAre("tds/8.0", "h2"));
    EXPECT_EQ(hello->legacy_version, 0x0303);
    EXPECT_EQ(hello->newest(), 0x0304);
    EXPECT_THAT(hello->ciphers, Contains(0x1301));
}

TEST(client_hello, of_an_old_client_has_no_list_of_versions) {
    const auto hello = tls::peek_client_hello(hello_of({.max = tls::version::v1_1}));
    ASSERT_TRUE(hello);
    EXPECT_THAT(hello->versions, IsEmpty());
    EXPECT_EQ(hello->newest(), 0x0302);
    EXPECT_EQ(hello->server_name, "");
    EXPECT_THAT(hello->alpn, IsEmpty());
}

TEST(client_hello, cut_anywhere_is_none_yet) {
    const auto wire = hello_of({.host = "db.example"});
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_FALSE(tls::peek_client_hello(core::byte_view(wire).first(size))) << size;
    EXPECT_TRUE(tls::peek_client_hello(wire));
}

TEST(client_hello, may_be_cut_into_several_records) {
    const auto wire = hello_of({.host = "db.example"});
    const core::byte_view message = core::byte_view(wire).subspan(tls::record_header_size);
    core::bytes split;
    for (std::size_t at = 0; at < message.size(); at += 50) {
        const auto piece = message.subspan(at, std::min<std::size_t>(50, message.size() - at));
        split.insert(split.end(), {0x16, 3, 1, 0, static_cast<std::uint8_t>(piece.size())});
        split.insert(split.end(), piece.begin(), piece.end());
    }
    const auto hello = tls::peek_client_hello(split);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->server_name, "db.example");
}

TEST(client_hello, message_is_read_strictly) {
    auto wire = hello_of({.host = "db.example"});
    wire.erase(wire.begin(), wire.begin() + tls::record_header_size);
    ASSERT_TRUE(tls::parse_client_hello(wire).has_value());
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(tls::parse_client_hello(core::byte_view(wire).first(size)).error(), wire_errc::truncated)
            << size;
    auto longer = wire;
    longer.push_back(0);
    EXPECT_EQ(tls::parse_client_hello(longer).error(), wire_errc::extra_bytes);
    auto other = wire;
    other[0] = 2;
    EXPECT_EQ(tls::parse_client_hello(other).error(), wire_errc::bad_value);
    // A length inside that points out of the message: of the session id.
    auto lies = wire;
    lies[4 + 2 + 32] = 0xff;
    EXPECT_EQ(tls::parse_client_hello(lies).error(), wire_errc::bad_length);
}

TEST(client_hello, without_extensions_is_one) {
    core::bytes wire{1, 0, 0, 41, 3, 0};
    wire.insert(wire.end(), 32, 7);
    wire.insert(wire.end(), {0, 0, 2, 0x00, 0x35, 1, 0});
    const auto hello = tls::parse_client_hello(wire);
    ASSERT_TRUE(hello.has_value());
    EXPECT_THAT(hello.value().ciphers, ElementsAre(0x0035));
    EXPECT_EQ(hello.value().newest(), 0x0300);
}

TEST(client_hello, malformed_extensions_and_grease_are_passed_over) {
    core::bytes wire{1, 0, 0, 0, 3, 3};
    wire.insert(wire.end(), 32, 7);
    wire.insert(wire.end(), {0, 0, 4, 0x1a, 0x1a, 0x13, 0x01, 1, 0});
    const core::bytes extensions{
        0, 0,  0, 4, 0, 9,    0,    1,        // SNI: its list is longer than it
        0, 16, 0, 5, 0, 3,    9,    'a', 'b', // ALPN: a name longer than the list
        0, 43, 0, 5, 4, 0x2a, 0x2a, 3,   4,   // versions: GREASE and 1.3
    };
    wire.insert(wire.end(), {0, static_cast<std::uint8_t>(extensions.size())});
    wire.insert(wire.end(), extensions.begin(), extensions.end());
    wire[3] = static_cast<std::uint8_t>(wire.size() - 4);
    const auto hello = tls::parse_client_hello(wire);
    ASSERT_TRUE(hello.has_value());
    EXPECT_EQ(hello.value().server_name, "");
    EXPECT_THAT(hello.value().alpn, IsEmpty());
    EXPECT_THAT(hello.value().versions, ElementsAre(0x0304));
    EXPECT_THAT(hello.value().ciphers, ElementsAre(0x1301));
}
