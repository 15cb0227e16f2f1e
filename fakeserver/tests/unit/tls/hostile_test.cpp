// The engine against bytes that no decent client sends: no crash, no completed handshake, no hang.
#include "tests/unit/tls/rig.hpp"

#include <algorithm>
#include <random>

using namespace tdsfake;
using namespace tdsfake::tls_testing;
using tls::status;
using tls::version;

namespace {

// What the client sends in a handshake with `server`, flight by flight.
std::vector<core::bytes> flights_of_a_handshake(rig& server, version newest) {
    tls_client client({.max = newest});
    std::vector<core::bytes> out;
    for (int round = 0; round < 4; ++round) {
        client.step();
        auto flight = client.take_ciphertext();
        if (flight.empty()) break;
        server.engine.received(flight);
        out.push_back(std::move(flight));
        while (server.engine.step() == status::flight_ready) {}
        client.received(server.engine.take_ciphertext());
    }
    EXPECT_TRUE(server.engine.established());
    return out;
}

status step_until_done(tls::engine& engine) {
    for (int i = 0; i < 100; ++i) {
        const auto last = engine.step();
        if (last == status::wants_more || last == status::failed || last == status::closed) return last;
    }
    ADD_FAILURE() << "it does not come to an end";
    return status::failed;
}

} // namespace

class hostile : public ::testing::TestWithParam<version> {};

TEST_P(hostile, a_handshake_cut_at_any_byte_does_not_complete) {
    for (const std::size_t flight : {0U, 1U}) {
        for (std::size_t kept = 0;; ++kept) {
            rig server(strict());
            tls_client client({.max = GetParam()});
            client.step();
            auto sent = client.take_ciphertext();
            if (flight == 1) {
                server.engine.received(sent);
                ASSERT_EQ(server.engine.step(), status::flight_ready);
                client.received(server.engine.take_ciphertext());
                client.step();
                sent = client.take_ciphertext();
            }
            if (kept >= sent.size()) break;
            server.engine.received(core::byte_view(sent).first(kept));
            EXPECT_EQ(step_until_done(server.engine), status::wants_more) << "after " << kept << " bytes";
            EXPECT_FALSE(server.engine.established());
            EXPECT_EQ(server.engine.error(), "");
        }
    }
}

TEST_P(hostile, a_handshake_changed_at_any_byte_does_not_complete) {
    rig sample(strict());
    const auto sizes = flights_of_a_handshake(sample, GetParam());
    ASSERT_EQ(sizes.size(), 2U);
    for (std::size_t at = 0; at < sizes[1].size(); ++at) {
        rig server(strict());
        tls_client client({.max = GetParam()});
        client.step();
        server.engine.received(client.take_ciphertext());
        ASSERT_EQ(server.engine.step(), status::flight_ready);
        client.received(server.engine.take_ciphertext());
        client.step();
        auto second = client.take_ciphertext();
        ASSERT_EQ(second.size(), sizes[1].size());
        second[at] ^= 0x55;
        server.engine.received(second);
        step_until_done(server.engine);
        // Versions in the headers of records are not protected by all that TLS 1.3 does.
        if (server.engine.established()) {
            EXPECT_EQ(GetParam(), version::v1_3);
            EXPECT_LT(at, 6U) << "in the dummy ChangeCipherSpec only";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    of_tls,
    hostile,
    ::testing::Values(version::v1_2, version::v1_3),
    [](const auto& of) { return "v1_" + std::to_string(static_cast<int>(of.param)); }
);

TEST(hostile, garbage_fails_with_a_reason) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const auto& garbage : std::vector<core::bytes>{
             {text.begin(), text.end()},
             {0x12, 1, 0, 0x2f, 0, 0, 1, 0},              // a TDS packet
             {0x17, 3, 3, 0, 5, 'h', 'e', 'l', 'l', 'o'}, // data
             {0x15, 3, 3, 0, 2, 2, 0x28},                 // an alert
             {0x16, 3, 3, 0, 4, 2, 0, 0, 0},              // a ServerHello
         }) {
        rig server(wrapped());
        server.engine.received(garbage);
        EXPECT_EQ(step_until_done(server.engine), status::failed);
        EXPECT_NE(server.engine.error(), "");
        EXPECT_EQ(server.engine.step(), status::failed) << "and stays so";
        EXPECT_FALSE(server.engine.established());
    }
}

TEST(hostile, random_bytes_neither_crash_nor_complete) {
    std::mt19937 draw(3); // NOLINT(cert-msc51-cpp): the same bytes each time
    for (int run = 0; run < 300; ++run) {
        rig server(wrapped());
        core::bytes noise(draw() % 600);
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(draw()); });
        // Half of them begin as a handshake record, to get further in.
        if (run % 2 == 0 && noise.size() > 5) {
            const auto length = noise.size() - 5;
            noise[0] = 0x16;
            noise[1] = 3;
            noise[2] = 1;
            noise[3] = static_cast<std::uint8_t>(length >> 8);
            noise[4] = static_cast<std::uint8_t>(length);
        }
        server.engine.received(noise);
        step_until_done(server.engine);
        EXPECT_FALSE(server.engine.established());
    }
}

TEST(hostile, changed_data_ends_an_established_connection) {
    for (const auto newest : {version::v1_2, version::v1_3}) {
        rig server(strict());
        tls_client client({.max = newest});
        talk(server.engine, client);
        client.write("question");
        auto record = client.take_ciphertext();
        record.back() ^= 1;
        server.engine.received(record);
        EXPECT_EQ(server.engine.step(), status::failed);
        EXPECT_NE(server.engine.error(), "");
        EXPECT_TRUE(server.engine.take_plaintext().empty());
        client.received(server.engine.take_ciphertext());
        client.read();
        ASSERT_TRUE(client.alert());
        EXPECT_EQ(client.alert()->description, 20) << "bad-record-mac";
    }
}

TEST(hostile, renegotiation_is_refused) {
    rig server(wrapped());
    tls_client client({});
    talk(server.engine, client);
    client.renegotiate();
    server.engine.received(client.take_ciphertext());
    step_until_done(server.engine);
    client.received(server.engine.take_ciphertext());
    client.read();
    ASSERT_TRUE(client.alert());
    EXPECT_EQ(client.alert()->description, 100) << "no-renegotiation";
}
