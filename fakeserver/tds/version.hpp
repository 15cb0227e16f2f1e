// TDS versions and what changes on the wire between them (MS-TDS 2.2.6.4, 2.2.7.14; fact sheet 3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tdsfake::tds {

enum class tds_version : std::uint8_t { v7_0, v7_1, v7_1r1, v7_2, v7_3a, v7_3b, v7_4, v8_0 };

constexpr bool at_least(tds_version have, tds_version want) noexcept { return have >= want; }

// What LOGIN7 carries (read little-endian); nothing for an unknown number.
std::optional<tds_version> from_login7_version(std::uint32_t value) noexcept;
std::uint32_t to_login7_version(tds_version version) noexcept;
// What LOGINACK carries (written big-endian).
std::uint32_t to_loginack_version(tds_version version) noexcept;
// "7.4", "7.3B", "7.1r1", …
std::string_view name(tds_version version) noexcept;
std::optional<tds_version> parse_tds_version(std::string_view text) noexcept;

} // namespace tdsfake::tds
