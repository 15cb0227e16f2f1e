// Forged alerts: a client of OpenSSL's must read each as what it is, plain or encrypted.
#include "tests/unit/tls/rig.hpp"

#include <gmock/gmock.h>

using namespace tdsfake;
using namespace tdsfake::tls_testing;
using ::testing::HasSubstr;
using tls::status;
using tls::version;

TEST(alerts, have_names) {
    EXPECT_EQ(tls::alert_name(48), "unknown-ca");
    EXPECT_EQ(tls::alert_name(99), "");
    EXPECT_EQ(tls::alert_by_name("unknown-ca"), 48);
    EXPECT_FALSE(tls::alert_by_name("unknown_ca"));
    EXPECT_EQ(tls::describe_alert(40), "handshake-failure (40)");
    EXPECT_EQ(tls::describe_alert(99), "99");
    for (int number = 0; number < 256; ++number) {
        const auto name = tls::alert_name(static_cast<std::uint8_t>(number));
        if (name.empty()) continue;
        EXPECT_EQ(tls::alert_by_name(name), number);
    }
}

TEST(alerts, are_seven_bytes_in_clear) {
    EXPECT_EQ(tls::encode_plain_alert({2, 40}), (core::bytes{0x15, 3, 3, 0, 2, 2, 40}));
    EXPECT_EQ(tls::encode_plain_alert({1, 0}, version::v1_0), (core::bytes{0x15, 3, 1, 0, 2, 1, 0}));
    EXPECT_EQ(tls::encode_plain_alert({9, 99}, version::v1_3), (core::bytes{0x15, 3, 3, 0, 2, 9, 99}));
}

struct cipher_case {
    version of;
    const char* cipher; // null: the usual one
};

class forged_alert : public ::testing::TestWithParam<cipher_case> {
protected:
    tls::settings settings() const {
        tls::settings out{.min = version::v1_0, .max = version::v1_3};
        if (GetParam().cipher != nullptr) out.ciphers = GetParam().cipher;
        return out;
    }
    static client_options options() { return {.min = GetParam().of, .max = GetParam().of}; }
};

TEST_P(forged_alert, instead_of_the_first_flight) {
    rig server(strict(settings()));
    tls_client client(options());
    client.step();
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::flight_ready) << server.engine.error();
    const auto sent = server.engine.forge_alert({2, 80});
    EXPECT_EQ(sent.size(), 7U) << "the flight is thrown away, the alert is plain";
    client.received(sent);
    client.step();
    ASSERT_TRUE(client.alert());
    EXPECT_EQ(client.alert()->level, 2);
    EXPECT_EQ(client.alert()->description, 80);
    EXPECT_FALSE(client.established());
}

TEST_P(forged_alert, instead_of_the_last_flight) {
    rig server(strict(settings()));
    tls_client client(options());
    client.step();
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::flight_ready) << server.engine.error();
    client.received(server.engine.take_ciphertext());
    client.step();
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::established);
    const auto sent = server.engine.forge_alert({2, 49});
    EXPECT_EQ(sent.size() == 7U, GetParam().of != version::v1_3) << "only TLS 1.3 encrypts by now";
    client.received(sent);
    client.step();
    client.read();
    ASSERT_TRUE(client.alert());
    EXPECT_EQ(client.alert()->description, 49);
    EXPECT_THAT(client.error(), HasSubstr("alert access denied"));
}

TEST_P(forged_alert, on_an_established_connection_also_after_data) {
    for (const int messages : {0, 1, 3}) {
        rig server(strict(settings()));
        tls_client client(options());
        talk(server.engine, client);
        ASSERT_TRUE(client.established());
        if (GetParam().cipher != nullptr) {
            EXPECT_EQ(server.engine.describe().cipher, GetParam().cipher);
        }
        for (int i = 0; i < messages; ++i) {
            client.received(server.engine.encrypt(bytes_of("data")));
            EXPECT_EQ(client.read(), "data");
        }
        const auto sent = server.engine.forge_alert({2, 80});
        EXPECT_GT(sent.size(), 7U) << "encrypted";
        client.received(sent);
        client.read();
        ASSERT_TRUE(client.alert()) << client.error();
        EXPECT_EQ(client.alert()->level, 2);
        EXPECT_EQ(client.alert()->description, 80);
        EXPECT_THAT(client.error(), HasSubstr("alert internal error"));
    }
}

TEST_P(forged_alert, behind_a_forged_record_of_data) {
    rig server(strict(settings()));
    tls_client client(options());
    talk(server.engine, client);
    ASSERT_TRUE(client.established());
    client.received(server.engine.encrypt(bytes_of("true, ")));
    client.received(server.engine.forge_data(bytes_of("forged, ")));
    client.received(server.engine.forge_data(bytes_of("again")));
    EXPECT_EQ(client.read(), "true, forged, again") << client.error();
    client.received(server.engine.forge_alert({2, 80}));
    client.read();
    ASSERT_TRUE(client.alert()) << client.error();
    EXPECT_EQ(client.alert()->description, 80);
}

TEST_P(forged_alert, data_longer_than_tls_allows_is_refused_by_the_client) {
    rig server(strict(settings()));
    tls_client client(options());
    talk(server.engine, client);
    ASSERT_TRUE(client.established());
    const auto longest = server.engine.forge_data(core::bytes(tls::longest_content, 'x'));
    client.received(longest);
    EXPECT_EQ(client.read().size(), tls::longest_content) << "red control: " << client.error();
    const auto sent = server.engine.forge_data(core::bytes(30'000, 'x'));
    EXPECT_GT(sent.size(), 30'000U);
    client.received(sent);
    EXPECT_EQ(client.read(), "");
    EXPECT_THAT(client.error(), ::testing::AnyOf(HasSubstr("too long"), HasSubstr("overflow")));
}

INSTANTIATE_TEST_SUITE_P(
    of_each_way_to_encrypt,
    forged_alert,
    ::testing::Values(
        cipher_case{version::v1_0, nullptr},
        cipher_case{version::v1_0, "ECDHE-ECDSA-AES128-SHA"},
        cipher_case{version::v1_1, "ECDHE-ECDSA-AES256-SHA"},
        cipher_case{version::v1_2, "ECDHE-ECDSA-AES256-SHA"},
        cipher_case{version::v1_2, "ECDHE-ECDSA-AES128-SHA256"},
        cipher_case{version::v1_2, "ECDHE-ECDSA-AES256-SHA384"},
        cipher_case{version::v1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"},
        cipher_case{version::v1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"},
        cipher_case{version::v1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"},
        cipher_case{version::v1_3, "TLS_AES_128_GCM_SHA256"},
        cipher_case{version::v1_3, "TLS_AES_256_GCM_SHA384"},
        cipher_case{version::v1_3, "TLS_CHACHA20_POLY1305_SHA256"}
    ),
    [](const auto& of) { return "case_" + std::to_string(of.index); }
);
