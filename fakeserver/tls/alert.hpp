// TLS alerts (RFC 8446, section 6), by number and by name.
#pragma once

#include "core/bytes.hpp"
#include "tls/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::tls {

enum class alert_level : std::uint8_t { warning = 1, fatal = 2 };

struct alert {
    std::uint8_t level = static_cast<std::uint8_t>(alert_level::fatal); // any number can be sent
    std::uint8_t description = 40;
};

// "handshake-failure"; empty if the number has no name.
std::string_view alert_name(std::uint8_t description) noexcept;
std::optional<std::uint8_t> alert_by_name(std::string_view name) noexcept;
// "handshake-failure (40)", "99".
std::string describe_alert(std::uint8_t description);

//  0      1..2      3..4     5       6
//  0x15   version   0x0002   level   description      (RFC 8446, sections 5.1 and 6)
// A record of an alert that is not encrypted.
core::bytes encode_plain_alert(alert what, version record_version = version::v1_2);

} // namespace tdsfake::tls
