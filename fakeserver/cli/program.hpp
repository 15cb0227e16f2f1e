// The command line: run, exec, check, list, show, schema.
#pragma once

namespace tdsfake::cli {

namespace exit_code {
inline constexpr int fine = 0;
inline constexpr int unmet = 1;     // an expectation of the scenario was not met
inline constexpr int bad_input = 2; // the command line or a scenario is wrong; nothing listened
inline constexpr int no_listen = 3; // an address could not be had
inline constexpr int internal = 4;  // a defect of tdsfake
} // namespace exit_code

// Never throws: everything ends in an exit code and a message.
int program(int argc, char** argv);

} // namespace tdsfake::cli
