// SELECT lists without a table: literals, globals, functions of server_values, CAST and CONVERT. Enough for
// what drivers, pools and ORMs ask on their own; no SQL engine.
#pragma once

#include "scenario/model.hpp"
#include "session/state.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace tdsfake::session {

// The results of a batch of such SELECTs, SET statements among them. Nothing if it holds anything else.
std::optional<std::vector<scenario::result_set>>
evaluated(std::string_view sql, const scenario::server& server, const state& session);

} // namespace tdsfake::session
