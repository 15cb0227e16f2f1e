// What a server says of itself when it is asked in SQL: @@VERSION, SERVERPROPERTY('Edition'), DB_NAME() …
#pragma once

#include "scenario/model.hpp"
#include "session/state.hpp"
#include "tds/types/sql_type.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

// A value with its type; no text is NULL.
struct sql_value {
    tds::sql_type type;
    bool nullable = true;
    std::optional<std::string> text;
};

// "@@version"; letter case does not matter. Nothing for one that is not known.
std::optional<sql_value>
global_value(std::string_view name, const scenario::server& server, const state& session);
// "db_name", and its arguments. The same for words without parentheses: "system_user".
std::optional<sql_value> function_value(
    std::string_view name,
    const std::vector<sql_value>& arguments,
    const scenario::server& server,
    const state& session
);

} // namespace tdsfake::session
