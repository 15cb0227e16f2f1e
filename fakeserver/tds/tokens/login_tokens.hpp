// Tokens that only login answers have, as bytes: SSPI, FEDAUTHINFO; and where a client can be sent.
#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::tds {

inline constexpr std::uint8_t sspi_number = 0xed;
inline constexpr std::uint8_t fedauthinfo_number = 0xee;

// ED, USHORT length, blob (2.2.7.21)
core::bytes encode_sspi(core::byte_view blob);

// EE, DWORD length, DWORD count, { id, DWORD length, DWORD offset } …, UTF-16 (2.2.7.12): where a client
// gets a token, and for whom.
core::bytes encode_fedauth_info(std::string_view sts_url, std::string_view spn);

// For ENVCHANGE 20 and 21.
struct route {
    std::string host;
    std::uint16_t port = 0;
    std::optional<std::string> database; // with one it is ENVCHANGE 21, else 20
};

} // namespace tdsfake::tds
