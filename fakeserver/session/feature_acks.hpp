// FEATUREEXTACK: what a server says of the features that a client asked for (MS-TDS 2.2.7.11; fact sheet
// 3.1).
#pragma once

#include "core/bytes.hpp"
#include "scenario/model.hpp"
#include "session/authentication.hpp"
#include "tds/login7.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace tdsfake::session {

// In the order of asking, each once. Never one that was not asked for: clients end the connection then.
std::vector<std::pair<std::uint8_t, core::bytes>>
feature_acks(const scenario::identity& identity, const tds::login7& login, const authentication& auth);

} // namespace tdsfake::session
