// Every kind of certificate, as a client that verifies sees it.
#include "tests/unit/tls/rig.hpp"
#include "tls/names.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

using namespace tdsfake;
using namespace tdsfake::tls_testing;
using ::testing::HasSubstr;
using tls::certificate_kind;
using tls::status;

namespace {

struct kind_case {
    certificate_kind kind;
    const char* error; // of the client that verifies; null: none
    std::uint8_t alert;
};

class certificate : public ::testing::TestWithParam<kind_case> {};

} // namespace

TEST_P(certificate, is_judged_by_a_client_that_verifies) {
    const auto& [kind, error, alert] = GetParam();
    for (const auto newest : {tls::version::v1_2, tls::version::v1_3}) {
        rig server(strict({.certificate = {.kind = kind}}));
        tls_client client({
            .trusted_pem = server.authority.pem(),
            .host = "localhost",
            .verify_host = true,
            .max = newest,
            .security_level = kind == certificate_kind::weak ? 1 : 0,
        });
        const auto last = talk(server.engine, client);
        if (error == nullptr) {
            EXPECT_EQ(last, status::wants_more);
            ASSERT_TRUE(client.established()) << client.error();
            expect_echo(server.engine, client);
            continue;
        }
        EXPECT_FALSE(client.established());
        EXPECT_THAT(client.error(), HasSubstr(error));
        EXPECT_EQ(last, status::failed);
        ASSERT_TRUE(server.engine.describe().client_alert);
        EXPECT_EQ(server.engine.describe().client_alert->description, alert);
        EXPECT_EQ(server.engine.error(), "the client sent the alert " + tls::describe_alert(alert));
    }
}

TEST_P(certificate, is_of_no_matter_to_a_client_that_does_not_verify) {
    rig server(wrapped({.certificate = {.kind = GetParam().kind}}));
    tls_client client({});
    talk(server.engine, client);
    ASSERT_TRUE(client.established()) << client.error();
    expect_echo(server.engine, client);
}

INSTANTIATE_TEST_SUITE_P(
    kinds,
    certificate,
    ::testing::Values(
        kind_case{certificate_kind::trusted, nullptr, 0},
        kind_case{certificate_kind::self_signed, "self-signed certificate", 48},
        kind_case{certificate_kind::expired, "certificate has expired", 45},
        kind_case{certificate_kind::not_yet_valid, "certificate is not yet valid", 42},
        kind_case{certificate_kind::wrong_name, "hostname mismatch", 42},
        kind_case{certificate_kind::weak, "too weak", 42},
        kind_case{certificate_kind::long_chain, nullptr, 0}
    ),
    [](const auto& of) { return "kind_" + std::to_string(static_cast<int>(of.param.kind)); }
);

TEST(certificates, of_another_authority_are_not_trusted) {
    rig server(strict());
    tls::authority stranger;
    tls_client client({.trusted_pem = stranger.pem(), .host = "localhost", .verify_host = true});
    talk(server.engine, client);
    EXPECT_FALSE(client.established());
    EXPECT_NE(client.error(), "");
}

TEST(certificates, are_for_the_usual_names_the_addresses_and_those_of_the_scenario) {
    for (const std::string host :
         {"localhost", "127.0.0.1", "::1", "192.0.2.1", "db.example", "a.wild.example"}) {
        auto settings = strict({.certificate = {.names = {"db.example", "*.wild.example"}}});
        settings.addresses = {"192.0.2.1"};
        rig server(settings);
        tls_client client({.trusted_pem = server.authority.pem(), .host = host, .verify_host = true});
        talk(server.engine, client);
        EXPECT_TRUE(client.established()) << host << ": " << client.error();
    }
    for (const std::string host : {"other.example", "192.0.2.2", "wild.example"}) {
        auto settings = strict({.certificate = {.names = {"db.example", "*.wild.example"}}});
        settings.addresses = {"192.0.2.1"};
        rig server(settings);
        tls_client client({.trusted_pem = server.authority.pem(), .host = host, .verify_host = true});
        talk(server.engine, client);
        EXPECT_FALSE(client.established()) << host;
    }
}

TEST(certificates, for_a_wrong_name_are_for_the_named_one) {
    for (const std::string host : {"other.example", "localhost", "192.0.2.1"}) {
        auto settings =
            strict({.certificate = {.kind = certificate_kind::wrong_name, .names = {"other.example"}}});
        settings.addresses = {"192.0.2.1"};
        rig server(settings);
        tls_client client({.trusted_pem = server.authority.pem(), .host = host, .verify_host = true});
        talk(server.engine, client);
        EXPECT_EQ(client.established(), host == "other.example") << host << ": " << client.error();
    }
}

TEST(certificates, long_chain_is_longer_than_a_packet) {
    rig server(wrapped({.certificate = {.kind = certificate_kind::long_chain}}));
    tls_client client({});
    talk(server.engine, client);
    EXPECT_GT(client.chain_length(), 1U);
    EXPECT_GT(client.chain_size(), 4096U);

    rig usual(wrapped());
    tls_client other({});
    talk(usual.engine, other);
    EXPECT_EQ(other.chain_length(), 1U);
    EXPECT_LT(other.chain_size(), 1024U);
}

TEST(certificates, weak_is_signed_with_sha1) {
    rig server(wrapped({.certificate = {.kind = certificate_kind::weak}}));
    tls_client client({});
    talk(server.engine, client);
    EXPECT_EQ(client.signature_algorithm(), "ecdsa-with-SHA1");
    rig usual(wrapped());
    tls_client other({});
    talk(usual.engine, other);
    EXPECT_EQ(other.signature_algorithm(), "ecdsa-with-SHA256");
}

TEST(names, of_certificates) {
    for (const std::string good :
         {"a", "a.b", "db-1.example", "_x.y", "*.example", "10.0.0.1", "::1", "fe80::1"})
        EXPECT_TRUE(tls::is_certificate_name(good)) << good;
    for (const std::string bad : {"", ".", "a.", "a..b", "a b", "a,DNS:b", "*", "*.", "a/b", "[::1]"})
        EXPECT_FALSE(tls::is_certificate_name(bad)) << bad;
    EXPECT_FALSE(tls::is_certificate_name(std::string(64, 'a'))) << "a label has 63 characters";
    EXPECT_EQ(tls::alternative_names({"a", "1.2.3.4", "b,c", "::1"}), "DNS:a,IP:1.2.3.4,IP:::1");
    EXPECT_EQ(tls::common_name({std::string(65, 'a'), "b"}), "b");
}
