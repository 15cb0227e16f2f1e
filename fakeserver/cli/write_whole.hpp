// Files that others wait for.
#pragma once

#include <string>

namespace tdsfake::cli {

// Written beside and renamed, so that a reader sees all of it or nothing. Throws bad_input, which names the
// option.
void write_whole(const std::string& option, const std::string& path, const std::string& text);

} // namespace tdsfake::cli
