// Who may log in, and what a login answer says beyond yes: `logins`, `features`, `route`.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

std::vector<login_rule> read_logins(context& ctx, const node& n);
std::vector<feature_rule> read_features(context& ctx, const node& n);
// `{to: SERVER}` or `{host, port}`, each with or without `database`.
route_step read_route(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
