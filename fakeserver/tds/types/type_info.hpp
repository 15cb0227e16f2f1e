// TYPE_INFO and the values behind it, as they are read from the wire (MS-TDS 2.2.5.4 to 2.2.5.6).
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/types/sql_type.hpp"
#include "tds/types/value_text.hpp"
#include "tds/version.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace tdsfake::tds {

using collation_bytes = std::array<std::uint8_t, 5>;
inline constexpr collation_bytes latin1_general{0x09, 0x04, 0xd0, 0x00, 0x34}; // SQL_Latin1_General_CP1_CI_AS

// In place of the length of a value of unlimited size (2.2.5.2.3).
inline constexpr std::uint64_t null_plp = 0xffffffffffffffff;
inline constexpr std::uint64_t unknown_plp = 0xfffffffffffffffe;

inline constexpr std::uint8_t null_number = 0x1f; // NULLTYPE: a parameter's, never a column's

struct type_info {
    // How the length of a value is told.
    enum class prefix : std::uint8_t { none, byte, u_short, u_long, plp };

    std::uint8_t number = 0; // 2.2.5.4
    prefix value_prefix = prefix::none;
    std::uint32_t size = 0; // of a value without prefix; else the declared maximum in bytes
    // What SQL Server calls it; nothing for NULL, UDT and VECTOR.
    std::optional<sql_type> declared;
    std::string class_name; // of a UDT

    // TEXT, NTEXT, IMAGE: rows have a text pointer before the value, and COLMETADATA a table name.
    [[nodiscard]] bool is_long() const noexcept { return value_prefix == prefix::u_long && number != 0x62; }
};

// Nothing for a type that cannot be read past (TVP: see tvp.hpp; unknown numbers); bad_value for a length,
// precision or scale that the type does not have.
core::result<std::optional<type_info>> read_type_info(core::byte_reader& reader, tds_version version);

// Where the value stands: rows of a server or a bulk load have text pointers, parameters have none.
enum class value_place : std::uint8_t { parameter, row };

// A value's bytes, chunks joined; nothing when it is NULL. bad_length: longer than declared, of a length that
// the type does not have, or half a UTF-16 unit.
core::result<datum>
read_value(core::byte_reader& reader, const type_info& type, value_place place = value_place::parameter);

// "nvarchar(30)", "geography", "null", "vector".
std::string name(const type_info& type);
// As T-SQL writes it, cut after `longest` characters or bytes (see value_text).
std::string literal(const type_info& type, const datum& v, std::size_t longest);

} // namespace tdsfake::tds
