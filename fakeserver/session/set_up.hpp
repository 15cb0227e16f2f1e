// The statements that drivers and poolers send to set a session up: SET, USE, BEGIN TRAN … (fact sheet 6.1).
#pragma once

#include <string_view>
#include <vector>

namespace tdsfake::session {

// A text that begins with such statements, however they are separated.
struct set_up {
    std::vector<std::string_view> statements;
    std::string_view rest; // from the first statement that is none of them; comments before it are left out
};

[[nodiscard]] set_up split_set_up(std::string_view sql);

// Nothing but set-up, or nothing at all: what stage `query` leaves out and a bare DONE answers.
[[nodiscard]] bool is_set_up(std::string_view sql);

} // namespace tdsfake::session
