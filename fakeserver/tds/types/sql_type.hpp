// SQL Server's types as a declaration names them: `int`, `nvarchar(30)`, `decimal(18,4)`, `datetime2(3)`. One
// table describes them all; how they travel is in type_info, how their values are written in value_text.
#pragma once

#include "tds/version.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tdsfake::tds {

enum class type_id : std::uint8_t {
    bit,
    tinyint,
    smallint,
    int_,
    bigint,
    real,
    float_,
    smallmoney,
    money,
    decimal,
    numeric,
    date,
    time,
    datetime2,
    datetimeoffset,
    smalldatetime,
    datetime,
    char_,
    varchar,
    text,
    nchar,
    nvarchar,
    ntext,
    binary,
    varbinary,
    image,
    xml,
    json,
    uniqueidentifier,
    sql_variant,
};

// A declaration: the type with what stands in its parentheses.
struct sql_type {
    type_id id = type_id::int_;
    std::uint32_t length = 0;   // characters or bytes; max_length: (max). Of CHAR … VARBINARY only
    std::uint8_t precision = 0; // DECIMAL, NUMERIC: digits, 1..38
    std::uint8_t scale = 0;     // of those digits after the point; TIME … DATETIMEOFFSET: of a second, 0..7

    static constexpr std::uint32_t max_length = 0xffffffff;
    [[nodiscard]] bool is_max() const noexcept { return length == max_length; }
    bool operator==(const sql_type&) const = default;
};

// The shape of a value's bytes.
enum class value_class : std::uint8_t {
    integer,  // 1, 2, 4 or 8 bytes
    real,     // 4 or 8 bytes
    money,    // 4 bytes, or high and low half
    decimal,  // a sign and a magnitude
    temporal, // dates and times
    ansi,     // code page 1252
    unicode,  // UTF-16LE
    binary,
    guid,
    variant, // base type, properties, value
};

// What may stand in the parentheses of a declaration.
enum class type_arguments : std::uint8_t { none, length, length_or_max, precision_scale, scale };

struct type_entry {
    type_id id{};
    std::string_view name;
    value_class values{};
    type_arguments arguments{};
    std::uint8_t size = 0;     // of a value; 0: it varies
    std::uint8_t fixed = 0;    // type number of a column that is NOT NULL; 0: the same as `nullable`
    std::uint8_t nullable = 0; // type number (MS-TDS 2.2.5.4)
    std::uint16_t most = 0;    // longest length
    tds_version since{};       // clients of an older TDS get another type in its place
};
const type_entry& entry_of(type_id id) noexcept;
std::span<const type_entry> all_types() noexcept;

// "nvarchar(30)"; letter case and blanks do not matter. Nothing if it is no type: `problem` says why.
std::optional<sql_type> parse_type(std::string_view text, std::string& problem);
// As SQL Server writes it.
std::string name(const sql_type& t);

// Bytes of a decimal with so many digits, its sign included: 5, 9, 13 or 17 (2.2.5.5.1.6).
std::uint8_t decimal_size(unsigned precision) noexcept;
// Bytes of the time part with so many digits of a second: 3, 4 or 5.
std::uint8_t time_size(unsigned scale) noexcept;

} // namespace tdsfake::tds
