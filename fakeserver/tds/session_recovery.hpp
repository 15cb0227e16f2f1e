// The feature SESSIONRECOVERY as a client sends it when it reconnects (MS-TDS 2.2.6.4, 2.2.7.22).
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tdsfake::tds {

struct session_state {
    std::uint8_t id = 0;
    core::bytes value;
};

// One of the two blocks: as the session began, and what has changed since.
struct recovered_session {
    std::string database; // empty: unchanged
    core::bytes collation;
    std::string language;
    std::vector<session_state> states;
};

struct session_recovery {
    recovered_session initial;
    recovered_session changed;

    [[nodiscard]] const std::string& database() const noexcept {
        return changed.database.empty() ? initial.database : changed.database;
    }
    [[nodiscard]] const std::string& language() const noexcept {
        return changed.language.empty() ? initial.language : changed.language;
    }
};

// Twice: DWORD length of { B_VARCHAR database, B_VARBYTE collation, B_VARCHAR language,
// { id, length (1, or FF and 4), value } … }. Not for the empty data of a first login.
core::result<session_recovery> parse_session_recovery(core::byte_view data);

} // namespace tdsfake::tds
