// The server's error messages by number: severity and text as SQL Server documents them (fact sheet, section
// 8).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tdsfake::scenario {

struct catalogue_entry {
    std::int32_t number = 0;
    std::uint8_t severity = 0;
    std::uint8_t state = 1;
    // Placeholders: {user}, {database}, {server}, replaced by what the client asked for, and {spid}.
    std::string_view text;
};

// Null if the number is not in the catalogue.
const catalogue_entry* find_error(std::int32_t number) noexcept;
std::span<const catalogue_entry> all_errors() noexcept;

} // namespace tdsfake::scenario
