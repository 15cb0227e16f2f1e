// The certificate authority of a run, made in memory when it is first asked for.
#pragma once

#include "core/bytes.hpp"
#include "tls/settings.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace tdsfake::tls {

// TLS cannot be served as asked: a file that is missing or wrong, a list of ciphers without a known one, no
// OpenSSL on this machine. The text says what, where, and what to do.
struct setup_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What a server needs to say who it is, in DER.
struct credentials {
    core::bytes key;                // PKCS #8
    std::vector<core::bytes> chain; // the server's own certificate first
};

// The dates of its certificates are fixed (2000 to 2049), so that nothing here asks for the time.
class authority {
public:
    authority();
    ~authority();
    authority(const authority&) = delete;
    authority& operator=(const authority&) = delete;

    // The certificate that a client is to trust. Each of these throws setup_error.
    std::string pem();
    // A new key and certificate, or what the files say. It is for the addresses, too, unless for a wrong
    // name.
    credentials issue(const certificate_spec& spec, const std::vector<std::string>& addresses = {});

private:
    struct impl;
    impl& made();
    std::unique_ptr<impl> impl_;
};

} // namespace tdsfake::tls
