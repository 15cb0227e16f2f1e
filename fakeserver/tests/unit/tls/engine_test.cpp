// The engine against OpenSSL's own client.
#include "tests/unit/tls/rig.hpp"

#include <gmock/gmock.h>

#include <algorithm>

using namespace tdsfake;
using namespace tdsfake::tls_testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tls::status;
using tls::version;

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

TEST(engine, wrapped_speaks_1_2_at_most_unless_told_otherwise) {
    rig server(wrapped());
    tls_client client({});
    talk(server.engine, client);
    EXPECT_EQ(server.engine.describe().version, version::v1_2);

    rig told(wrapped({.max = version::v1_3}));
    tls_client same({});
    talk(told.engine, same);
    EXPECT_EQ(told.engine.describe().version, version::v1_3);

    rig only(wrapped({.min = version::v1_3}));
    tls_client again({});
    talk(only.engine, again);
    EXPECT_EQ(only.engine.describe().version, version::v1_3);
}

TEST(engine, strict_speaks_1_3_and_selects_tds_8) {
    rig server(strict());
    tls_client client({.host = "db.example", .alpn = {"http/1.1", "tds/8.0"}});
    talk(server.engine, client);
    const auto seen = server.engine.describe();
    EXPECT_EQ(seen.version, version::v1_3);
    EXPECT_EQ(seen.alpn, "tds/8.0");
    EXPECT_THAT(seen.cipher, HasSubstr("TLS_AES"));
    EXPECT_EQ(client.alpn(), "tds/8.0");
    const auto hello = server.engine.take_client_hello();
    ASSERT_TRUE(hello);
    EXPECT_THAT(hello->alpn, ElementsAre("http/1.1", "tds/8.0"));
    EXPECT_EQ(hello->server_name, "db.example");
    EXPECT_EQ(hello->newest(), 0x0304);
    expect_echo(server.engine, client);
}

TEST(engine, strict_serves_a_client_without_the_right_protocol) {
    for (const auto& offered : {std::vector<std::string>{}, std::vector<std::string>{"h2"}}) {
        rig server(strict());
        tls_client client({.alpn = offered});
        talk(server.engine, client);
        EXPECT_TRUE(client.established());
        EXPECT_EQ(client.alpn(), "");
    }
}

TEST(engine, wrapped_selects_no_protocol) {
    rig server(wrapped());
    tls_client client({.alpn = {"tds/8.0"}});
    talk(server.engine, client);
    EXPECT_TRUE(client.established());
    EXPECT_EQ(client.alpn(), "");
}

TEST(engine, refuses_a_client_that_is_too_old_and_says_why) {
    for (const auto newest : {version::v1_0, version::v1_1}) {
        rig server(wrapped());
        tls_client client({.max = newest});
        EXPECT_EQ(talk(server.engine, client), status::failed);
        EXPECT_THAT(server.engine.error(), HasSubstr("unsupported protocol"));
        ASSERT_TRUE(client.alert());
        EXPECT_EQ(client.alert()->description, 70) << "protocol-version";
        EXPECT_FALSE(client.established());
    }
}

TEST(engine, refuses_a_client_that_is_too_new) {
    rig server(wrapped({.min = version::v1_0, .max = version::v1_1}));
    tls_client client({.min = version::v1_2});
    EXPECT_EQ(talk(server.engine, client), status::failed);
    EXPECT_FALSE(client.established());
}

TEST(engine, uses_the_ciphers_it_is_told) {
    for (const std::string cipher : {"ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
        rig server(wrapped({.ciphers = cipher}));
        tls_client client({});
        talk(server.engine, client);
        EXPECT_EQ(server.engine.describe().cipher, cipher);
        expect_echo(server.engine, client);
    }
    rig newest(strict({.ciphers = "TLS_CHACHA20_POLY1305_SHA256"}));
    tls_client client({});
    talk(newest.engine, client);
    EXPECT_EQ(newest.engine.describe().cipher, "TLS_CHACHA20_POLY1305_SHA256");
    tls_client older({.max = version::v1_2});
    rig again(strict({.ciphers = "TLS_CHACHA20_POLY1305_SHA256"}));
    EXPECT_EQ(talk(again.engine, older), status::failed) << "no cipher of TLS 1.2 was named";
}

TEST(engine, has_no_cipher_in_common) {
    rig server(wrapped({.ciphers = "ECDHE-ECDSA-AES256-SHA"}));
    tls_client client({.max = version::v1_2, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"});
    EXPECT_EQ(talk(server.engine, client), status::failed);
    EXPECT_EQ(server.engine.error(), "no shared cipher");
    ASSERT_TRUE(client.alert());
    EXPECT_EQ(client.alert()->description, 40) << "handshake-failure";
}

TEST(engine, an_unknown_cipher_is_an_error_of_the_set_up) {
    for (const std::string cipher : {"NO-SUCH-CIPHER", "TLS_NO_SUCH_CIPHER"}) {
        tls::authority authority;
        tls::context context(wrapped({.ciphers = cipher}), authority);
        try {
            context.prepare();
            FAIL() << "it must be refused";
        } catch (const tls::setup_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("`ciphers: " + cipher + "`"));
        }
    }
}

TEST(engine, ciphers_of_the_wrong_version_are_an_error_of_the_set_up) {
    tls::authority authority;
    tls::context newer(wrapped({.ciphers = "TLS_AES_128_GCM_SHA256"}), authority);
    EXPECT_THROW(newer.prepare(), tls::setup_error);
    tls::context older(strict({.min = version::v1_3, .ciphers = "AES128-SHA"}), authority);
    EXPECT_THROW(older.prepare(), tls::setup_error);
}

TEST(engine, carries_more_than_a_record_both_ways) {
    std::string much(300'000, 'x');
    for (std::size_t i = 0; i < much.size(); i += 7)
        much[i] = static_cast<char>('a' + i % 26);
    rig server(strict());
    tls_client client({});
    talk(server.engine, client);
    client.write(much);
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::data);
    EXPECT_EQ(text_of(server.engine.take_plaintext()), much);
    client.received(server.engine.encrypt(bytes_of(much)));
    EXPECT_EQ(client.read(), much);
}

TEST(engine, data_right_behind_the_handshake_is_not_lost) {
    rig server(wrapped());
    tls_client client({});
    client.step();
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::flight_ready);
    client.received(server.engine.take_ciphertext());
    client.step();
    auto flight = client.take_ciphertext();
    server.engine.received(flight);
    ASSERT_EQ(server.engine.step(), status::established);
    client.received(server.engine.take_ciphertext());
    client.step();
    client.write("now");
    server.engine.received(client.take_ciphertext());
    ASSERT_EQ(server.engine.step(), status::data);
    EXPECT_EQ(text_of(server.engine.take_plaintext()), "now");

    // TLS 1.3: the client's Finished and its first data can come in one piece.
    rig newer(strict());
    tls_client same({});
    same.step();
    newer.engine.received(same.take_ciphertext());
    ASSERT_EQ(newer.engine.step(), status::flight_ready);
    same.received(newer.engine.take_ciphertext());
    same.step();
    same.write("at once");
    newer.engine.received(same.take_ciphertext());
    ASSERT_EQ(newer.engine.step(), status::established);
    EXPECT_THAT(newer.engine.take_ciphertext(), IsEmpty());
    ASSERT_EQ(newer.engine.step(), status::data);
    EXPECT_EQ(text_of(newer.engine.take_plaintext()), "at once");
}

TEST(engine, nothing_is_encrypted_before_the_handshake_is_complete) {
    rig server(wrapped());
    EXPECT_THAT(server.engine.encrypt(bytes_of("secret")), IsEmpty());
    EXPECT_THAT(server.engine.close_notify(), IsEmpty());
    EXPECT_FALSE(server.engine.established());
}

TEST(engine, closes_in_order_both_ways) {
    for (const auto newest : {version::v1_2, version::v1_3}) {
        rig server(strict());
        tls_client client({.max = newest});
        talk(server.engine, client);
        EXPECT_FALSE(client.closed());
        client.received(server.engine.close_notify());
        EXPECT_EQ(client.read(), "");
        EXPECT_TRUE(client.closed());
        EXPECT_FALSE(client.failed()) << client.error();

        rig other(strict());
        tls_client leaving({.max = newest});
        talk(other.engine, leaving);
        leaving.write("last words");
        leaving.close();
        other.engine.received(leaving.take_ciphertext());
        ASSERT_EQ(other.engine.step(), status::data) << "what came before counts first";
        EXPECT_EQ(text_of(other.engine.take_plaintext()), "last words");
        EXPECT_EQ(other.engine.step(), status::closed);
        EXPECT_EQ(other.engine.step(), status::closed);
        EXPECT_FALSE(other.engine.describe().client_alert);
    }
}

class client_certificates : public ::testing::TestWithParam<version> {};

TEST_P(client_certificates, are_asked_for_or_required_or_not) {
    using tls::client_certificate;
    for (const auto policy :
         {client_certificate::none, client_certificate::ask, client_certificate::require}) {
        for (const bool shown : {false, true}) {
            rig server(strict({.client_certificate = policy}));
            tls_client client({.max = GetParam(), .show_certificate = shown});
            const auto last = talk(server.engine, client);
            const bool fails = policy == client_certificate::require && !shown;
            EXPECT_EQ(last == status::failed, fails) << server.engine.error();
            EXPECT_EQ(server.engine.established(), !fails);
            EXPECT_EQ(
                server.engine.describe().client_certificate,
                shown && policy != client_certificate::none ? "CN=client" : ""
            );
            if (!fails) {
                expect_echo(server.engine, client);
            } else {
                EXPECT_THAT(server.engine.error(), HasSubstr("peer did not return a certificate"));
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    of_tls,
    client_certificates,
    ::testing::Values(version::v1_2, version::v1_3),
    [](const auto& of) { return "v1_" + std::to_string(static_cast<int>(of.param)); }
);

class key_log : public ::testing::TestWithParam<version> {};

// The lines themselves are judged by tshark (tests/wire): here that they come, whole, once each.
TEST_P(key_log, has_the_secrets_of_each_connection) {
    std::vector<std::string> lines;
    auto settings = strict();
    settings.log = [&](std::string_view line) { lines.emplace_back(line); };
    rig server(settings);
    tls_client client({.max = GetParam()});
    talk(server.engine, client);
    ASSERT_TRUE(client.established());
    std::vector<std::string> labels;
    for (const auto& line : lines) {
        EXPECT_EQ(std::count(line.begin(), line.end(), ' '), 2) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos);
        labels.push_back(line.substr(0, line.find(' ')));
    }
    if (GetParam() == version::v1_2) {
        EXPECT_THAT(labels, ElementsAre("CLIENT_RANDOM"));
    } else {
        EXPECT_THAT(
            labels,
            ::testing::UnorderedElementsAre(
                "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                "EXPORTER_SECRET",
                "SERVER_TRAFFIC_SECRET_0",
                "CLIENT_TRAFFIC_SECRET_0"
            )
        );
    }
}

INSTANTIATE_TEST_SUITE_P(
    of_tls,
    key_log,
    ::testing::Values(version::v1_2, version::v1_3),
    [](const auto& of) { return "v1_" + std::to_string(static_cast<int>(of.param)); }
);

TEST(engine, may_be_moved) {
    rig server(strict());
    tls_client client({});
    talk(server.engine, client);
    auto moved = std::move(server.engine);
    expect_echo(moved, client);
}
