// Texts of clients and scenarios on a terminal.
#pragma once

#include <cstddef>
#include <string>

namespace tdsfake::report {

// Control characters, of Unicode as well, and those that turn the direction of writing, become blanks: a
// client must not get a hold of the terminal.
std::string without_controls(std::string text);

// At most so many bytes, and "…" if some are missing; cut between characters (UTF-8).
std::string shortened(std::string text, std::size_t longest);

} // namespace tdsfake::report
