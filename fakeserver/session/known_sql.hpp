// SQL that drivers and poolers send on their own: set-up statements, health checks (fact sheet 6.1).
#pragma once

#include "scenario/model.hpp"
#include "session/state.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::session {

// SET, USE, BEGIN TRAN, IF @@TRANCOUNT … : what stage `query` leaves out and a bare DONE answers.
bool is_set_up(std::string_view sql);

// The database of a `USE name` statement that stands alone; empty otherwise.
std::string used_database(std::string_view sql);

// SELECT of a literal or a global that drivers ask for: SELECT 1, SELECT @@VERSION, SELECT DB_NAME() …
std::optional<scenario::result_set>
built_in_result(std::string_view sql, const scenario::server& server, const state& session);

} // namespace tdsfake::session
