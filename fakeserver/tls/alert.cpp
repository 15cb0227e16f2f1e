#include "tls/alert.hpp"

#include <array>

namespace tdsfake::tls {

namespace {

struct named_alert {
    std::uint8_t description;
    std::string_view name;
};

// RFC 8446, section 6.2, and what TLS 1.2 and older still have (RFC 5246, section 7.2).
constexpr std::array names{
    named_alert{0, "close-notify"},
    named_alert{10, "unexpected-message"},
    named_alert{20, "bad-record-mac"},
    named_alert{21, "decryption-failed"},
    named_alert{22, "record-overflow"},
    named_alert{30, "decompression-failure"},
    named_alert{40, "handshake-failure"},
    named_alert{41, "no-certificate"},
    named_alert{42, "bad-certificate"},
    named_alert{43, "unsupported-certificate"},
    named_alert{44, "certificate-revoked"},
    named_alert{45, "certificate-expired"},
    named_alert{46, "certificate-unknown"},
    named_alert{47, "illegal-parameter"},
    named_alert{48, "unknown-ca"},
    named_alert{49, "access-denied"},
    named_alert{50, "decode-error"},
    named_alert{51, "decrypt-error"},
    named_alert{60, "export-restriction"},
    named_alert{70, "protocol-version"},
    named_alert{71, "insufficient-security"},
    named_alert{80, "internal-error"},
    named_alert{86, "inappropriate-fallback"},
    named_alert{90, "user-canceled"},
    named_alert{100, "no-renegotiation"},
    named_alert{109, "missing-extension"},
    named_alert{110, "unsupported-extension"},
    named_alert{112, "unrecognized-name"},
    named_alert{113, "bad-certificate-status-response"},
    named_alert{115, "unknown-psk-identity"},
    named_alert{116, "certificate-required"},
    named_alert{120, "no-application-protocol"},
};

} // namespace

std::string_view name(version v) noexcept {
    constexpr std::array<std::string_view, 4> words{"1.0", "1.1", "1.2", "1.3"};
    return words[static_cast<std::size_t>(v)];
}

std::string_view alert_name(std::uint8_t description) noexcept {
    for (const auto& each : names) {
        if (each.description == description) return each.name;
    }
    return {};
}

std::optional<std::uint8_t> alert_by_name(std::string_view name) noexcept {
    for (const auto& each : names) {
        if (each.name == name) return each.description;
    }
    return std::nullopt;
}

std::string describe_alert(std::uint8_t description) {
    const auto number = std::to_string(description);
    const auto word = alert_name(description);
    return word.empty() ? number : std::string(word) + " (" + number + ")";
}

core::bytes encode_plain_alert(alert what, version record_version) {
    // TLS 1.3 calls itself 1.2 in its records.
    const auto minor = record_version == version::v1_3
                           ? std::uint8_t{3}
                           : static_cast<std::uint8_t>(static_cast<unsigned>(record_version) + 1);
    return {21, 3, minor, 0, 2, what.level, what.description};
}

} // namespace tdsfake::tls
