// What a scenario says about TLS: plain values, without OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::tls {

enum class version : std::uint8_t { v1_0, v1_1, v1_2, v1_3 };
// "1.0" … "1.3".
std::string_view name(version v) noexcept;

enum class certificate_kind : std::uint8_t {
    trusted,       // by the authority of the run
    self_signed,   // by itself, as the one a SQL Server makes when it is given none
    expired,       // since 2020
    not_yet_valid, // before 2049
    wrong_name,    // in order, but of another host
    weak,          // RSA with 1024 bits, signed with SHA-1
    long_chain,    // through intermediates that do not fit into one packet of 4096 bytes
};

// Which certificate the server shows.
struct certificate_spec {
    certificate_kind kind = certificate_kind::trusted;
    // Further host names and addresses that it is for. It always is for localhost, 127.0.0.1 and ::1, unless
    // it is one for a wrong name; then it is for these only, or for wrong-name.invalid.
    std::vector<std::string> names;
    // PEM files of the user's instead: the certificate with the chain behind it, and its private key.
    std::string certificate_file;
    std::string key_file;
    [[nodiscard]] bool from_files() const noexcept { return !certificate_file.empty(); }
};

enum class client_certificate : std::uint8_t {
    none,    // not asked for
    ask,     // asked for; any one or none is fine
    require, // the handshake fails without one; any one is fine
};

struct settings {
    certificate_spec certificate;
    std::optional<version> min; // 1.2, or max if that is older
    std::optional<version> max; // 1.2 inside TDS 7.x, 1.3 in TDS 8.0
    std::string ciphers;        // OpenSSL's names, separated by ':'; empty: its default
    tls::client_certificate client_certificate = client_certificate::none;
};

} // namespace tdsfake::tls
