// How a client proves who it is, and how far it has come: by password at once, by SSPI in rounds, by a token
// at once or when it is asked for (MS-TDS 3.3.5.4 to 3.3.5.6; fact sheet 3.3).
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/login7.hpp"
#include "tds/ntlm.hpp"
#include "tds/session_recovery.hpp"
#include "world/logins.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::session {

struct authentication {
    // What the healthy answer is now.
    enum class turn : std::uint8_t {
        verdict,      // let in or refused
        challenge,    // SSPI: NTLM's challenge
        fedauth_info, // where to get a token
        untrusted,    // SSPI of a kind that is not known here: error 18452
    };

    world::claim::means by = world::claim::means::password;
    turn next = turn::verdict;
    std::string_view mechanism; // "NTLM", "Negotiate", "security token", "ADAL"; empty: a password
    core::bytes sspi;           // for the client: the challenge, or the last word of Negotiate
    core::bytes nonce;          // of a token, 32 bytes or none
    std::optional<tds::session_recovery> recovery;
};

// The names that a challenge of NTLM tells, and what makes each one different.
struct ntlm_names {
    std::string domain, computer;
    std::uint64_t connection = 0;
};

// From LOGIN7; an error if what it carries is malformed.
core::result<authentication> begin_authentication(const tds::login7& login, const ntlm_names& names);

// A further SSPI message. `user` becomes who NTLM says it is.
boost::system::error_code
take_sspi(authentication& of, core::byte_view blob, const ntlm_names& names, std::string& user);

} // namespace tdsfake::session
