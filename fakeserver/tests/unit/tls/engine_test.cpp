// The engine against OpenSSL's own client.
#include "tests/unit/tls/client.hpp"
#include "tls/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace tdsfake;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tls::carrier;
using tls::status;
using tls::version;
using tls_testing::client_options;
using tls_testing::talk;
using tls_testing::tls_client;

namespace {

std::string text_of(const core::bytes& bytes) { return {bytes.begin(), bytes.end()}; }
core::byte_view bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A server and what it shares.
struct rig {
    tls::authority authority;
    tls::context context;
    tls::engine engine;
    explicit rig(tls::context_settings settings = {})
        : context(std::move(settings), authority),
          engine(context) {}
};

tls::context_settings strict(tls::settings of = {}) { return {.tls = std::move(of), .in = carrier::strict}; }
tls::context_settings wrapped(tls::settings of = {}) {
    return {.tls = std::move(of), .in = carrier::wrapped};
}

void expect_echo(tls::engine& server, tls_client& client) {
    client.write("question");
    server.received(client.take_ciphertext());
    ASSERT_EQ(server.step(), status::data);
    EXPECT_EQ(text_of(server.take_plaintext()), "question");
    EXPECT_EQ(server.step(), status::wants_more);
    client.received(server.encrypt(bytes_of("answer")));
    EXPECT_EQ(client.read(), "answer");
}

} // namespace

class every_version : public ::testing::TestWithParam<version> {};

TEST_P(every_version, is_negotiated_and_carries_data_both_ways) {
    const auto wanted = GetParam();
    rig server(strict({.min = version::v1_0, .max = version::v1_3}));
    tls_client client({.min = wanted, .max = wanted});
    EXPECT_EQ(talk(server.engine, client), status::wants_more);
    ASSERT_TRUE(client.established()) << client.error();
    ASSERT_TRUE(server.engine.established()) << server.engine.error();
    EXPECT_EQ(server.engine.describe().version, wanted);
    expect_echo(server.engine, client);
}

TEST_P(every_version, may_arrive_byte_by_byte) {
    const auto wanted = GetParam();
    rig server(strict({.min = version::v1_0, .max = version::v1_3}));
    tls_client client({.min = wanted, .max = wanted});
    EXPECT_EQ(talk(server.engine, client, 1), status::wants_more);
    ASSERT_TRUE(server.engine.established()) << server.engine.error();
    expect_echo(server.engine, client);
}

INSTANTIATE_TEST_SUITE_P(
    of_tls,
    every_version,
    ::testing::Values(version::v1_0, version::v1_1, version::v1_2, version::v1_3),
    [](const auto& of) { return "v1_" + std::to_string(static_cast<int>(of.param)); }
);

TEST(engine, says_flight_by_flight_where_the_handshake_is) {
    rig server(wrapped());
    tls_client client({});
    client.step();
    EXPECT_EQ(server.engine.step(), status::wants_more);
    EXPECT_EQ(server.engine.last_flight(), tls::flight::none);
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::flight_ready);
    EXPECT_EQ(server.engine.last_flight(), tls::flight::client_hello);
    EXPECT_EQ(server.engine.step(), status::wants_more);
    EXPECT_FALSE(server.engine.established());
    client.received(server.engine.take_ciphertext());
    client.step();
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::established);
    EXPECT_EQ(server.engine.last_flight(), tls::flight::client_finished);
    EXPECT_EQ(server.engine.step(), status::wants_more);
    EXPECT_FALSE(client.established());
    client.received(server.engine.take_ciphertext());
    client.step();
    EXPECT_TRUE(client.established());
}
