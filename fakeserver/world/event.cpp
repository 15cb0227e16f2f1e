#include "world/event.hpp"

#include <algorithm>

namespace tdsfake::world {

bool holds(const scenario::condition& when, const peer& who, std::string_view sql) {
    if (when.connection && !when.connection->contains(who.connection)) return false;
    const auto login_field = [&](const std::vector<scenario::pattern>& wanted, std::string_view have) {
        return wanted.empty() || (who.login_read && scenario::matches_any(wanted, have));
    };
    const auto lookup_field = [&](const std::vector<scenario::pattern>& wanted,
                                  std::string_view lookup::* have) {
        return wanted.empty() || (who.asked != nullptr && !(who.asked->*have).empty() &&
                                  scenario::matches_any(wanted, who.asked->*have));
    };
    const auto has_feature = [&] {
        return when.features.empty() || std::ranges::any_of(who.features, [&](const std::string& feature) {
                   return scenario::matches_any(when.features, feature);
               });
    };
    // A client without PRELOGIN asked for nothing, which is known once it logs in.
    const bool wish_known = who.prelogin_read || who.login_read;
    const auto wish = who.prelogin_read ? who.encryption : std::string_view("none");
    if (!when.encryption.empty() && !(wish_known && scenario::matches_any(when.encryption, wish)))
        return false;
    if (!when.flight.empty() && !scenario::matches_any(when.flight, who.flight)) return false;
    return has_feature() && login_field(when.intent, who.intent) && login_field(when.tds, who.tds) &&
           login_field(when.user, who.user) && login_field(when.database, who.database) &&
           login_field(when.app, who.app) && login_field(when.host, who.host) &&
           login_field(when.library, who.library) && login_field(when.server_name, who.server_name) &&
           (when.sql.empty() || (!sql.empty() && scenario::matches_any(when.sql, sql))) &&
           lookup_field(when.instance, &lookup::instance) && lookup_field(when.request, &lookup::request) &&
           (when.other_sql.empty() || sql.empty() || !scenario::matches_any(when.other_sql, sql));
}

} // namespace tdsfake::world
