#include "tds/version.hpp"

#include "core/text.hpp"

#include <array>

namespace tdsfake::tds {

namespace {

struct row {
    tds_version version;
    std::uint32_t login7;
    std::uint32_t loginack;
    std::string_view name;
};

// LOGINACK repeats the LOGIN7 number big-endian, except for 7.0 and 7.1, which have numbers of their own
// there.
constexpr std::array<row, 8> rows{{
    {tds_version::v7_0, 0x70000000, 0x07000000, "7.0"},
    {tds_version::v7_1, 0x71000000, 0x07010000, "7.1"},
    {tds_version::v7_1r1, 0x71000001, 0x71000001, "7.1r1"},
    {tds_version::v7_2, 0x72090002, 0x72090002, "7.2"},
    {tds_version::v7_3a, 0x730a0003, 0x730a0003, "7.3A"},
    {tds_version::v7_3b, 0x730b0003, 0x730b0003, "7.3B"},
    {tds_version::v7_4, 0x74000004, 0x74000004, "7.4"},
    {tds_version::v8_0, 0x08000000, 0x08000000, "8.0"},
}};

const row& row_of(tds_version version) noexcept { return rows[static_cast<std::size_t>(version)]; }

} // namespace

std::optional<tds_version> from_login7_version(std::uint32_t value) noexcept {
    for (const auto& candidate : rows) {
        if (candidate.login7 == value) return candidate.version;
    }
    return std::nullopt;
}

std::uint32_t to_login7_version(tds_version version) noexcept { return row_of(version).login7; }
std::uint32_t to_loginack_version(tds_version version) noexcept { return row_of(version).loginack; }
std::string_view name(tds_version version) noexcept { return row_of(version).name; }

std::optional<tds_version> parse_tds_version(std::string_view text) noexcept {
    if (text == "7.3") return tds_version::v7_3b; // what servers of that generation settled on
    for (const auto& candidate : rows) {
        if (core::equals_ignoring_case(candidate.name, text)) return candidate.version;
    }
    return std::nullopt;
}

} // namespace tdsfake::tds
