// What a pool asks for when it hands a connection on: RESETCONNECTION (MS-TDS 2.2.3.1.2).
#pragma once

#include "session/state.hpp"

#include <cstdint>

namespace tdsfake::session {

// As after the login: nothing prepared, the first database, the usual settings. An open transaction is rolled
// back, unless `status` has RESETCONNECTIONSKIPTRAN.
void reset(state& session, std::uint8_t status);

} // namespace tdsfake::session
