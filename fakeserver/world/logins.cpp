#include "world/logins.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace tdsfake::world {

namespace {

constexpr std::int32_t cannot_open_database = 4060;
constexpr std::int32_t login_failed = 18456;
constexpr std::int32_t account_disabled = 18470;
constexpr std::int32_t account_locked = 18486;
constexpr std::int32_t password_expired = 18487;
constexpr std::int32_t password_must_change = 18488;

} // namespace

std::vector<std::int32_t> logins::judge(const claim& of) {
    if (rules_.empty() || of.by == claim::means::token) return {};
    const auto rule = std::ranges::find_if(rules_, [&](const scenario::login_rule& r) {
        return core::equals_ignoring_case(r.user, of.user);
    });
    if (rule == rules_.end()) return {login_failed};
    // A locked account is told so whatever the password is; a disabled one only to who knows it.
    if (rule->locked) return {account_locked};
    const auto changed = changed_.find(rule->user);
    if (of.by == claim::means::password) {
        const auto* valid = changed != changed_.end() ? &changed->second
                            : rule->password          ? &*rule->password
                                                      : nullptr;
        if (valid != nullptr && *valid != of.password) return {login_failed};
    }
    if (rule->disabled) return {account_disabled};
    const bool changes = of.by == claim::means::password && !of.new_password.empty();
    if (!changes && changed == changed_.end()) {
        if (rule->expired) return {password_expired};
        if (rule->must_change) return {password_must_change};
    }
    const bool opens = of.database.empty() || rule->databases.empty() ||
                       std::ranges::any_of(rule->databases, [&](const std::string& name) {
                           return core::equals_ignoring_case(name, of.database);
                       });
    // A new password stays one, also if the database cannot be opened afterwards.
    if (changes) changed_.insert_or_assign(rule->user, std::string(of.new_password));
    if (!opens) return {cannot_open_database, login_failed};
    return {};
}

} // namespace tdsfake::world
