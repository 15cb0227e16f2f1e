// Remote procedure calls as a session sees them: which SQL they mean, which of their parameters are the
// user's.
#pragma once

#include "journal/event.hpp"
#include "session/state.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

// Fills in `asked` from the message, and what the journal says of it.
void take_rpc(
    request& asked, const state& session, tds::rpc_request&& message, std::vector<journal::field>& what
);
// The same for a bulk load.
void take_bulk(request& asked, tds::bulk_load&& message, std::vector<journal::field>& what);

// A parameter of the statement or procedure, not one of sp_executesql and its like.
struct user_parameter {
    std::string name; // with its @; of an unnamed one the declaration's
    const tds::rpc_parameter* given = nullptr;
    std::uint16_t ordinal = 0; // among all parameters of the call, from 0
};
std::vector<user_parameter> user_parameters(const tds::rpc_call& call, std::string_view declaration);

// The names in "@a int, @b decimal(18,4) = 0 output".
std::vector<std::string> declared_names(std::string_view declaration);

// The whole number that parameter `position` (from 0) holds, such as a handle.
std::optional<std::int64_t> whole_number(const tds::rpc_call& call, std::size_t position);

// What the call executes and how its parameters are declared: its own, or those that were prepared. Null: it
// executes nothing, or a handle that does not exist.
struct statement_text {
    std::string_view sql;
    std::string_view declaration;
};
std::optional<statement_text> statement_of(const tds::rpc_call& call, const state& session);

} // namespace tdsfake::session
