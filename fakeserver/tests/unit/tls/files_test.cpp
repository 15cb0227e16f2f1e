// Certificates from files of the user's: used as they are, and what is wrong with them is told by name.
#include "tests/unit/tls/rig.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

using namespace tdsfake;
using namespace tdsfake::tls_testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

class files : public ::testing::Test {
protected:
    files() {
        folder_ =
            fs::temp_directory_path() /
            ("tdsfake-tls-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) +
             "-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
             std::to_string(reinterpret_cast<std::uintptr_t>(this)));
        fs::create_directories(folder_);
    }
    ~files() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) const {
        const auto path = folder_ / name;
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    static std::string refusal(const tls::certificate_spec& spec) {
        tls::authority authority;
        tls::context context(wrapped({.certificate = spec}), authority);
        try {
            context.prepare();
        } catch (const tls::setup_error& error) {
            return error.what();
        }
        ADD_FAILURE() << "it must be refused";
        return {};
    }

    fs::path folder_;
    tls::authority users_;
};

} // namespace

TEST_F(files, with_a_chain_are_served_as_they_are) {
    const auto made = users_.issue({.kind = tls::certificate_kind::long_chain, .names = {"mine.example"}});
    const auto certificate = write("server.pem", chain_pem(made));
    const auto key = write("server.key", key_pem(made));
    rig server(strict({.certificate = {.certificate_file = certificate, .key_file = key}}));
    tls_client client({.trusted_pem = users_.pem(), .host = "mine.example", .verify_host = true});
    talk(server.engine, client);
    ASSERT_TRUE(client.established()) << client.error();
    EXPECT_EQ(client.chain_length(), made.chain.size());
    expect_echo(server.engine, client);
}

TEST_F(files, may_be_one_for_both) {
    const auto made = users_.issue({});
    const auto both = write("both.pem", key_pem(made) + chain_pem(made));
    rig server(strict({.certificate = {.certificate_file = both}}));
    tls_client client({.trusted_pem = users_.pem(), .host = "localhost", .verify_host = true});
    talk(server.engine, client);
    EXPECT_TRUE(client.established()) << client.error();
}

TEST_F(files, may_be_weak) {
    const auto made = users_.issue({.kind = tls::certificate_kind::weak});
    const auto both = write("both.pem", key_pem(made) + chain_pem(made));
    rig server(wrapped({.certificate = {.certificate_file = both}}));
    tls_client client({});
    talk(server.engine, client);
    EXPECT_TRUE(client.established()) << client.error();
}

TEST_F(files, that_are_wrong_are_named) {
    const auto made = users_.issue({});
    const auto other = users_.issue({});
    const auto certificate = write("server.pem", chain_pem(made));
    const auto key = write("server.key", key_pem(made));
    const auto nowhere = (folder_ / "nowhere.pem").string();

    EXPECT_THAT(
        refusal({.certificate_file = nowhere, .key_file = key}),
        AllOf(HasSubstr("certificate file " + nowhere), HasSubstr("No such file"))
    );
    EXPECT_THAT(
        refusal({.certificate_file = certificate, .key_file = nowhere}),
        AllOf(HasSubstr("key file " + nowhere), HasSubstr("No such file"))
    );
    EXPECT_THAT(
        refusal({.certificate_file = key, .key_file = key}),
        AllOf(HasSubstr("certificate file " + key), HasSubstr("holds no certificate"))
    );
    EXPECT_THAT(
        refusal({.certificate_file = certificate}),
        AllOf(HasSubstr("key file " + certificate), HasSubstr("holds no private key"))
    );
    EXPECT_THAT(
        refusal({.certificate_file = certificate, .key_file = write("other.key", key_pem(other))}),
        AllOf(HasSubstr("other.key"), HasSubstr("does not belong to"), HasSubstr(certificate))
    );
    EXPECT_THAT(
        refusal({.certificate_file = certificate, .key_file = write("locked.key", key_pem(made, "secret"))}),
        AllOf(HasSubstr("locked.key"), HasSubstr("encrypted"), HasSubstr("passphrase"))
    );
    EXPECT_THAT(
        refusal({.certificate_file = write("empty.pem", ""), .key_file = key}),
        AllOf(HasSubstr("empty.pem"), HasSubstr("holds no certificate"))
    );
    auto damaged = chain_pem(made) + chain_pem(other);
    damaged[damaged.size() - 60] = '!';
    EXPECT_THAT(
        refusal({.certificate_file = write("damaged.pem", damaged), .key_file = key}),
        AllOf(HasSubstr("damaged.pem"), HasSubstr("certificate 2 cannot be read"))
    );
    EXPECT_THAT(refusal({.certificate_file = folder_.string()}), HasSubstr(folder_.string()));
}
