// TYPE_INFO and the values that follow it (MS-TDS 2.2.5.4 to 2.2.5.6), as far as reading past them needs.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/version.hpp"

#include <cstdint>
#include <optional>

namespace tdsfake::tds {

// Type numbers that somebody here asks for by name (2.2.5.4).
namespace data_type {
inline constexpr std::uint8_t text = 0x23;
inline constexpr std::uint8_t intn = 0x26;
inline constexpr std::uint8_t int4 = 0x38;
inline constexpr std::uint8_t ntext = 0x63;
inline constexpr std::uint8_t bigvarchar = 0xa7;
inline constexpr std::uint8_t bigchar = 0xaf;
inline constexpr std::uint8_t nvarchar = 0xe7;
inline constexpr std::uint8_t nchar = 0xef;
} // namespace data_type

struct type_info {
    // How the length of a value is told.
    enum class prefix : std::uint8_t { none, byte, u_short, u_long, plp };

    std::uint8_t type = 0;
    prefix value_prefix = prefix::none;
    std::uint32_t size = 0; // of a value without prefix; else the declared maximum in bytes
};

// Nothing for a type that cannot be read past (TVP, VECTOR, unknown numbers).
core::result<std::optional<type_info>> read_type_info(core::byte_reader& reader, tds_version version);

// A value's bytes, chunks joined; nothing when it is NULL. Values of text and image are read as parameters
// carry them: without a text pointer.
core::result<std::optional<core::bytes>> read_value(core::byte_reader& reader, const type_info& type);

} // namespace tdsfake::tds
