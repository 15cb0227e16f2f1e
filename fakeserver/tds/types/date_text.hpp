// Dates and times as text and as TDS carries them (MS-TDS 2.2.5.5.1.8). Texts are ISO 8601: `2024-01-02`,
// `03:04:05.1234567`, `2024-01-02 03:04:05 +02:00`; a `T` may stand for the blank.
#pragma once

#include "core/bytes.hpp"
#include "tds/types/sql_type.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::tds {

// `t` is one of date, time, datetime2, datetimeoffset, smalldatetime and datetime. Nothing if the text is
// none, lies outside what the type holds, or has more digits of a second than `t.scale`. DATETIME rounds to
// 1/300 second and SMALLDATETIME to the minute, as SQL Server does.
std::optional<core::bytes> parse_temporal(const sql_type& t, std::string_view text);
// With the digits of a second that the type has; nothing for bytes that are no such value.
std::optional<std::string> temporal_text(const sql_type& t, core::byte_view data);

} // namespace tdsfake::tds
