// Values of SQL Server's types: as text, the way scenarios and the journal write them, and as bytes, the way
// they travel (without the length in front of them). The bytes are those of the newest TDS; what an older
// client gets instead is the business of type_writer.
#pragma once

#include "core/bytes.hpp"
#include "tds/types/sql_type.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::tds {

// A value's bytes; nothing is NULL.
using datum = std::optional<core::bytes>;

// Nothing if the text is no value of that type. CHAR, NCHAR and BINARY are padded to their length.
std::optional<core::bytes> parse_value(const sql_type& t, std::string_view text);
// The same of a character type's value that may be longer than its column: cut, no character in half. Nothing
// for other types.
std::optional<core::bytes> cut_value(const sql_type& t, std::string_view text);
// What such a text looks like, for messages: "a number from 0 to 255".
std::string value_form(const sql_type& t);

// Bytes that are no value of the type come out as 0x….
std::string value_text(const sql_type& t, core::byte_view data);

// As T-SQL writes it: N'it''s', 0x00ff, 12.5, '2024-01-02'. At most `longest` characters of it, and how long
// it is if it is longer.
std::string literal(const sql_type& t, const datum& v, std::size_t longest = static_cast<std::size_t>(-1));

} // namespace tdsfake::tds
