#include "tls/read_files.hpp"

#include "tls/openssl.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tdsfake::tls {

namespace {

std::string read_text(const std::string& file, const char* what) {
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    std::ostringstream
        text; // which also takes a file that cannot be read, such as a folder, without throwing
    text << in.rdbuf();
    if (!in.is_open() || text.bad() || errno != 0) {
        const auto reason = errno;
        throw setup_error(
            std::string(what) + " " + file + ": cannot be read: " + std::strerror(reason) +
            "; paths are relative to the scenario"
        );
    }
    return text.str();
}

// Called when the key is encrypted. There is nobody to ask.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

} // namespace

credentials read_files(const certificate_spec& spec) {
    load_openssl();
    ERR_clear_error();
    credentials out;
    const auto text = read_text(spec.certificate_file, "certificate file");
    const owned<BIO> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    owned<X509> first;
    while (auto one = owned<X509>(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr))) {
        core::bytes der(static_cast<std::size_t>(i2d_X509(one.get(), nullptr)));
        auto* at = der.data();
        i2d_X509(one.get(), &at);
        out.chain.push_back(std::move(der));
        if (!first) first = std::move(one);
    }
    // The end of the file is an error like any other: the one that finds no further beginning.
    const auto failure = ERR_peek_last_error();
    if (!first || ERR_GET_REASON(failure) != PEM_R_NO_START_LINE) {
        const auto reason = take_openssl_error();
        throw setup_error(
            "certificate file " + spec.certificate_file +
            (first
                 ? ": its certificate " + std::to_string(out.chain.size() + 1) + " cannot be read: " + reason
                 : ": holds no certificate in PEM (" + reason +
                       "); it must have a part between -----BEGIN CERTIFICATE----- and -----END "
                       "CERTIFICATE-----")
        );
    }
    ERR_clear_error();

    const auto& key_file = spec.key_file.empty() ? spec.certificate_file : spec.key_file;
    const auto key_text = spec.key_file.empty() ? text : read_text(key_file, "key file");
    const owned<BIO> key_in(BIO_new_mem_buf(key_text.data(), static_cast<int>(key_text.size())));
    bool encrypted = false;
    const owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, &no_passphrase, &encrypted));
    if (!key) {
        const auto reason = take_openssl_error();
        throw setup_error(
            "key file " + key_file +
            (encrypted
                 ? ": the key is encrypted; take the passphrase away: openssl pkey -in " + key_file
                 : ": holds no private key in PEM (" + reason +
                       "); it must have a part between -----BEGIN PRIVATE KEY----- and -----END PRIVATE "
                       "KEY-----")
        );
    }
    if (X509_check_private_key(first.get(), key.get()) != 1) {
        ERR_clear_error();
        throw setup_error(
            "the key in " + key_file + " does not belong to the certificate in " + spec.certificate_file +
            "; the server's own certificate must be the first in its file"
        );
    }
    const owned<PKCS8_PRIV_KEY_INFO> info(EVP_PKEY2PKCS8(key.get()));
    if (!info) throw setup_error("key file " + key_file + ": " + take_openssl_error());
    out.key.resize(static_cast<std::size_t>(i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr)));
    auto* at = out.key.data();
    i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
    return out;
}

} // namespace tdsfake::tls
