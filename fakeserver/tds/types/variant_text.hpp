// SQL_VARIANT (MS-TDS 2.2.5.5.4): the base type's number, how many bytes of properties follow, those, the
// value.
#pragma once

#include "core/bytes.hpp"
#include "tds/types/sql_type.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::tds {

// `TYPE: value`, or a value whose type is told by its looks: a whole number is an int or a bigint, a number
// with a point numeric, 0x… varbinary, all else nvarchar.
std::optional<core::bytes> parse_variant(std::string_view text);
// `TYPE: value`; nothing for bytes that are none.
std::optional<std::string> variant_text(core::byte_view data);

// The base type and the value that such bytes hold.
struct variant_parts {
    sql_type base;
    core::byte_view data;
};
std::optional<variant_parts> take_variant_apart(core::byte_view data);

} // namespace tdsfake::tds
