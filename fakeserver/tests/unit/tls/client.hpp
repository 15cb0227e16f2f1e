// A TLS client over memory BIOs: OpenSSL itself, linked and called directly, as the judge of the engine.
#pragma once

#include "core/bytes.hpp"
#include "tls/engine.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace tdsfake::tls_testing {

struct client_options {
    std::string trusted_pem; // the authority; empty: nothing is verified
    std::string host;        // SNI, and what the certificate must be for
    bool verify_host = false;
    std::optional<tls::version> min, max;
    std::vector<std::string> alpn;
    std::string ciphers;           // of TLS 1.2 and older
    std::string suites;            // of TLS 1.3
    int security_level = 0;        // OpenSSL's: 1 does not like 1024 bits and SHA-1
    bool show_certificate = false; // a self-signed one, CN=client
};

class tls_client {
public:
    explicit tls_client(const client_options& options);
    ~tls_client();
    tls_client(const tls_client&) = delete;
    tls_client& operator=(const tls_client&) = delete;

    void received(core::byte_view ciphertext);
    core::bytes take_ciphertext();
    // Goes on with the handshake as far as it can.
    void step();
    void write(const std::string& text);
    void renegotiate();
    void close();       // sends close_notify
    std::string read(); // what has been decrypted

    [[nodiscard]] bool established() const;
    [[nodiscard]] bool failed() const { return !error_.empty(); }
    [[nodiscard]] bool closed() const; // close_notify was read
    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] std::string version() const; // "TLSv1.2"
    [[nodiscard]] std::string alpn() const;
    // level and description of the last alert that was read
    [[nodiscard]] std::optional<tls::alert> alert() const { return alert_; }
    // PEM of what the server showed, its own first
    [[nodiscard]] std::size_t chain_length() const;
    [[nodiscard]] std::size_t chain_size() const;          // bytes of DER
    [[nodiscard]] std::string signature_algorithm() const; // of the server's certificate

private:
    static void see_state(const ssl_st* of, int where, int value);
    void note_error(int result);

    ssl_ctx_st* context_ = nullptr;
    ssl_st* ssl_ = nullptr;
    std::string error_;
    std::optional<tls::alert> alert_;
    bool handshaken_ = false;
};

// PEM of a key, encrypted if there is a passphrase, and of certificates.
std::string key_pem(const tls::credentials& of, const std::string& passphrase = {});
std::string chain_pem(const tls::credentials& of);

// Lets both speak until neither has anything to say. `piece`: so many bytes at a time to the server.
// Returns the engine's status that ended it (wants_more if both are content).
tls::status talk(tls::engine& server, tls_client& client, std::size_t piece = static_cast<std::size_t>(-1));

} // namespace tdsfake::tls_testing
