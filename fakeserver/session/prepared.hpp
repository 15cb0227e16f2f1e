// Prepared statements and output parameters.
#pragma once

#include "scenario/model.hpp"
#include "session/request_values.hpp"
#include "session/state.hpp"
#include "tds/tokens/token_writer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::session {

// The handle under which sp_execute finds it; nothing when the session has prepared more than a server keeps.
std::optional<std::int32_t> prepare(state& session, std::string sql, std::string declaration);
// False: there is no such handle.
bool unprepare(state& session, std::int64_t handle);
void forget_prepared(state& session);

// The handle as the output parameter of sp_prepare and its like.
tds::return_value handle_output(const tds::rpc_call& call, std::int32_t handle);

// A RETURNVALUE for each parameter that the client passed by reference: what the query says, else what the
// client sent. False: a value is none of the type that the client declared; `problem` says so.
bool add_outputs(
    const scenario::query* query,
    const request_values& values,
    std::vector<tds::return_value>& outputs,
    std::string& problem
);

} // namespace tdsfake::session
