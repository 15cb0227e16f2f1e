// NTLM as far as a server needs it to ask for a password and not to check it (MS-NLMP 2.2.1), and its outer
// forms: Negotiate (SPNEGO, RFC 4178) and Kerberos.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace tdsfake::tds {

enum class sspi_kind : std::uint8_t { ntlm_negotiate, ntlm_authenticate, negotiate, unknown };
// By its first bytes: "NTLMSSP\0" and a type, or an ASN.1 token of GSS-API.
sspi_kind recognise_sspi(core::byte_view blob) noexcept;
std::string_view name(sspi_kind kind) noexcept;

// CHALLENGE_MESSAGE, to a client that sent `negotiate`.
struct ntlm_challenge {
    std::array<std::uint8_t, 8> challenge{};
    std::string domain;
    std::string computer;
};
core::bytes encode_ntlm_challenge(const ntlm_challenge& message, core::byte_view negotiate);

// AUTHENTICATE_MESSAGE: who it claims to be.
struct ntlm_authenticate {
    std::string domain;
    std::string user;
    std::string workstation;
};
core::result<ntlm_authenticate> parse_ntlm_authenticate(core::byte_view blob);

// NegTokenResp { negState: accept-completed }: Negotiate, to whoever asks.
core::bytes encode_negotiate_accepted();

} // namespace tdsfake::tds
