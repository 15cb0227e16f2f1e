#include "tests/unit/tls/client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tdsfake::tls_testing {

namespace {

void must(bool held, const char* what) {
    if (!held) throw std::runtime_error(what);
}

X509* read_certificate(const std::string& pem) {
    auto* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    auto* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
    BIO_free(in);
    must(certificate != nullptr, "the test's PEM is a certificate");
    return certificate;
}

void use_own_certificate(SSL_CTX* to) {
    auto* key = EVP_EC_gen("P-256");
    auto* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(
        name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("client"), -1, -1, 0
    );
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    must(SSL_CTX_use_certificate(to, certificate) == 1, "own certificate");
    must(SSL_CTX_use_PrivateKey(to, key) == 1, "own key");
    X509_free(certificate);
    EVP_PKEY_free(key);
}

// Frees it.
std::string text_of(BIO* bio) {
    std::string out;
    std::array<char, 4096> piece{};
    for (int size = 0; (size = BIO_read(bio, piece.data(), piece.size())) > 0;)
        out.append(piece.data(), static_cast<std::size_t>(size));
    BIO_free(bio);
    return out;
}

// SSL_set_tlsext_host_name without the cast of its macro.
void set_server_name(SSL* of, std::string name) {
    SSL_ctrl(of, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

} // namespace

tls_client::tls_client(const client_options& options) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_, options.security_level);
    if (options.min) SSL_CTX_set_min_proto_version(context_, TLS1_VERSION + static_cast<int>(*options.min));
    if (options.max) SSL_CTX_set_max_proto_version(context_, TLS1_VERSION + static_cast<int>(*options.max));
    if (!options.ciphers.empty())
        must(SSL_CTX_set_cipher_list(context_, options.ciphers.c_str()) == 1, "ciphers");
    if (!options.suites.empty())
        must(SSL_CTX_set_ciphersuites(context_, options.suites.c_str()) == 1, "suites");
    if (!options.trusted_pem.empty()) {
        auto* trusted = read_certificate(options.trusted_pem);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), trusted);
        X509_free(trusted);
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    }
    if (options.show_certificate) use_own_certificate(context_);
    ssl_ = SSL_new(context_);
    must(ssl_ != nullptr, "SSL_new");
    SSL_set_app_data(ssl_, this);
    SSL_set_info_callback(ssl_, &see_state);
    if (!options.host.empty()) set_server_name(ssl_, options.host);
    if (options.verify_host) {
        auto* with = SSL_get0_param(ssl_);
        if (X509_VERIFY_PARAM_set1_ip_asc(with, options.host.c_str()) != 1)
            must(SSL_set1_host(ssl_, options.host.c_str()) == 1, "host");
    }
    if (!options.alpn.empty()) {
        std::string list;
        for (const auto& name : options.alpn)
            list += static_cast<char>(name.size()) + name;
        SSL_set_alpn_protos(
            ssl_, reinterpret_cast<const unsigned char*>(list.data()), static_cast<unsigned>(list.size())
        );
    }
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(ssl_), -1);
    SSL_set_connect_state(ssl_);
}

tls_client::~tls_client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
}

void tls_client::see_state(const ssl_st* of, int where, int value) {
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
    auto& self = *static_cast<tls_client*>(SSL_get_app_data(of));
    self.alert_ = tls::alert{static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

void tls_client::note_error(int result) {
    const auto why = SSL_get_error(ssl_, result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN) return;
    const auto code = ERR_peek_error();
    const auto* reason = ERR_reason_error_string(code);
    error_ = reason != nullptr ? reason : "error " + std::to_string(why);
    if (const auto verdict = SSL_get_verify_result(ssl_); verdict != X509_V_OK)
        error_ += std::string(": ") + X509_verify_cert_error_string(verdict);
    ERR_clear_error();
}

void tls_client::received(core::byte_view ciphertext) {
    if (!ciphertext.empty())
        BIO_write(SSL_get_rbio(ssl_), ciphertext.data(), static_cast<int>(ciphertext.size()));
}

core::bytes tls_client::take_ciphertext() {
    core::bytes out;
    std::array<std::uint8_t, 4096> piece{};
    for (int size = 0; (size = BIO_read(SSL_get_wbio(ssl_), piece.data(), piece.size())) > 0;)
        out.insert(out.end(), piece.begin(), piece.begin() + size);
    return out;
}

void tls_client::step() {
    if (failed() || handshaken_) return;
    ERR_clear_error();
    const auto result = SSL_do_handshake(ssl_);
    if (result == 1)
        handshaken_ = true;
    else
        note_error(result);
}

void tls_client::write(const std::string& text) {
    ERR_clear_error();
    must(
        SSL_write(ssl_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size()), "write"
    );
}

void tls_client::renegotiate() {
    SSL_renegotiate(ssl_);
    SSL_do_handshake(ssl_);
}

void tls_client::close() { SSL_shutdown(ssl_); }

std::string tls_client::read() {
    std::string out;
    std::array<char, 4096> piece{};
    for (;;) {
        ERR_clear_error();
        const auto size = SSL_read(ssl_, piece.data(), piece.size());
        if (size <= 0) {
            note_error(size);
            return out;
        }
        out.append(piece.data(), static_cast<std::size_t>(size));
    }
}

bool tls_client::established() const { return handshaken_; }
bool tls_client::closed() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
std::string tls_client::version() const { return SSL_get_version(ssl_); }

std::string tls_client::alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {name, name + size};
}

std::size_t tls_client::chain_length() const {
    return static_cast<std::size_t>(sk_X509_num(SSL_get_peer_cert_chain(ssl_)));
}

std::size_t tls_client::chain_size() const {
    std::size_t size = 0;
    auto* chain = SSL_get_peer_cert_chain(ssl_);
    for (int i = 0; i < sk_X509_num(chain); ++i)
        size += static_cast<std::size_t>(i2d_X509(sk_X509_value(chain, i), nullptr));
    return size;
}

std::string tls_client::signature_algorithm() const {
    return OBJ_nid2sn(X509_get_signature_nid(SSL_get0_peer_certificate(ssl_)));
}

std::string key_pem(const tls::credentials& of, const std::string& passphrase) {
    const auto* at = of.key.data();
    auto* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(of.key.size()));
    auto* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(
        out,
        key,
        passphrase.empty() ? nullptr : EVP_aes_128_cbc(),
        passphrase.data(),
        static_cast<int>(passphrase.size()),
        nullptr,
        nullptr
    );
    EVP_PKEY_free(key);
    return text_of(out);
}

std::string chain_pem(const tls::credentials& of) {
    auto* out = BIO_new(BIO_s_mem());
    for (const auto& der : of.chain) {
        const auto* at = der.data();
        auto* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
        PEM_write_bio_X509(out, certificate);
        X509_free(certificate);
    }
    return text_of(out);
}

tls::status talk(tls::engine& server, tls_client& client, std::size_t piece) {
    for (;;) {
        client.step();
        const auto upward = client.take_ciphertext();
        bool moved = !upward.empty();
        tls::status last = tls::status::wants_more;
        for (std::size_t at = 0; at < upward.size() || at == 0; at += std::min(piece, upward.size() - at)) {
            server.received(core::byte_view(upward).subspan(at, std::min(piece, upward.size() - at)));
            do
                last = server.step();
            while (last == tls::status::flight_ready || last == tls::status::established);
            if (upward.empty() || last == tls::status::failed || last == tls::status::closed) break;
        }
        const auto downward = server.take_ciphertext();
        moved = moved || !downward.empty();
        client.received(downward);
        client.step();
        if (last != tls::status::wants_more) return last;
        if (!moved || client.failed()) {
            // An alert of the client's, if there is one, is still to be delivered.
            const auto rest = client.take_ciphertext();
            if (rest.empty()) return last;
            server.received(rest);
            while ((last = server.step()) == tls::status::flight_ready || last == tls::status::established) {}
            return last;
        }
    }
}

} // namespace tdsfake::tls_testing
