// Federated authentication: what LOGIN7 says of it, and the message that brings a token (MS-TDS 2.2.6.3,
// 2.2.6.4; fact sheet 3.1, 3.3). Tokens are opaque here.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tdsfake::tds {

inline constexpr std::size_t fedauth_nonce_size = 32;

// The data of the feature FEDAUTH in LOGIN7.
struct fedauth_feature {
    enum class library : std::uint8_t { live_id = 0, security_token = 1, adal = 2 };
    enum class workflow : std::uint8_t { none = 0, password = 1, integrated = 2, interactive = 3 };

    std::uint8_t library_id = 0; // raw, as in `library`
    bool echo = false;           // repeats FEDAUTHREQUIRED of the server's PRELOGIN
    // adal: how the client will get its token
    std::optional<std::uint8_t> workflow_id;
    // security_token: it is here
    core::bytes token;
    core::bytes nonce; // empty or 32 bytes

    [[nodiscard]] bool has_token() const noexcept {
        return library_id == static_cast<std::uint8_t>(library::security_token);
    }
};

//  0                          1..4         …       …
//  library << 1 | echo        length       token   nonce (32 or none)          security token
//  library << 1 | echo        workflow                                         ADAL
core::result<fedauth_feature> parse_fedauth_feature(core::byte_view data);

// The message of type 08.
struct fedauth_token {
    core::bytes token;
    core::bytes nonce; // empty or 32 bytes
};

//  0..3     4..7      …       …
//  length   length    token   nonce (32 or none)      the first counts everything behind itself
core::result<fedauth_token> parse_fedauth_token(core::byte_view payload);

} // namespace tdsfake::tds
