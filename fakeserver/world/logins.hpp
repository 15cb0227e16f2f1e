// Who may log in to a server: its rules, and the passwords that its clients have changed meanwhile.
#pragma once

#include "scenario/model.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::world {

// What a login claims.
struct claim {
    enum class means : std::uint8_t {
        password,
        integrated, // NTLM or Kerberos: the name counts, a password is not seen
        token,      // nothing in it is looked at
    };
    means by = means::password;
    std::string_view user, password, new_password, database;
};

class logins {
public:
    explicit logins(const std::vector<scenario::login_rule>& rules) : rules_(rules) {}

    // The numbers of the errors that refuse it, in their order; none: it is let in, and its new password, if
    // it brings one, is in force.
    std::vector<std::int32_t> judge(const claim& of);

private:
    const std::vector<scenario::login_rule>& rules_;
    std::map<std::string, std::string> changed_; // by the rule's user
};

} // namespace tdsfake::world
