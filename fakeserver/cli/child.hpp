// The command that `exec` runs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace tdsfake::cli {

// Starts it with these variables added to the environment. Throws bad_input if it cannot be started.
pid_t start_child(
    const std::vector<std::string>& command, const std::vector<std::pair<std::string, std::string>>& variables
);

// Its exit code as a shell has it (128 + n after signal n); -1 while it runs.
int reap(pid_t child);

} // namespace tdsfake::cli
