// SQL that drivers and poolers send on their own, and what it is answered with (fact sheet 6.1).
#pragma once

#include "scenario/model.hpp"
#include "session/state.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

// The database of a `USE name` statement that stands alone; empty otherwise.
std::string used_database(std::string_view sql);

// SELECT of literals, globals and server properties that drivers, pools and ORMs ask for; nothing if the
// statement is none of these.
std::optional<std::vector<scenario::result_set>>
built_in_results(std::string_view sql, const scenario::server& server, const state& session);
// Procedures that they call by name, such as sp_tables.
std::optional<std::vector<scenario::result_set>>
built_in_procedure(std::string_view name, const scenario::server& server, const state& session);

} // namespace tdsfake::session
