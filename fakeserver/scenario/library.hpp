// The scenarios that are part of the program: every file of scenarios/, embedded when it is built.
#pragma once

#include <span>
#include <string_view>

namespace tdsfake::scenario {

struct library_entry {
    std::string_view name;   // the file's name without .yaml: "refused-10061"
    std::string_view folder; // the class of failure: "tcp"
    std::string_view text;   // the file
    std::string_view about;  // its `about`
};

// Sorted by folder, then by name.
std::span<const library_entry> library() noexcept;
// By name, or by folder and name ("tcp/refused-10061"). Null if there is none.
const library_entry* find_in_library(std::string_view name) noexcept;
// scenarios/scenario.schema.json.
std::string_view schema_text() noexcept;

} // namespace tdsfake::scenario
