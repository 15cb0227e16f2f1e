// `run` and `exec`: a fake from start to verdict.
#pragma once

#include "cli/arguments.hpp"

namespace tdsfake::cli {

// Until SIGINT or SIGTERM; with a command, until that ends. Does not return: the process ends with the exit
// code, so that thousands of open connections are the kernel's to close. Throws what keeps it from starting.
[[noreturn]] void run(const run_arguments& arguments);

} // namespace tdsfake::cli
