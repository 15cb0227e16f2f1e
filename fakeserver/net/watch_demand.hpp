// What a server's gates, and `verify`, ask for that takes a watch over its SYNs.
#pragma once

#include "net/syn_watch.hpp"
#include "scenario/model.hpp"

#include <optional>

namespace tdsfake::net {

struct demand {
    bool any = false; // some connects are not accepted: better seen than not
    std::optional<syn_watch::need> needed;
};
// What of it takes a socket filter; nothing, if nothing does.
std::optional<syn_watch::need> filtered(const scenario::scenario& scenario, const scenario::server& server);
demand watched(const scenario::scenario& scenario, const scenario::server& server);

} // namespace tdsfake::net
