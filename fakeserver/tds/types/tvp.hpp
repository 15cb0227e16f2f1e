// A table-valued parameter (MS-TDS 2.2.5.5.5): its columns, and rows that are counted and read past.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/types/type_info.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tdsfake::tds {

inline constexpr std::uint8_t tvp_number = 0xf3;

struct tvp {
    std::string name; // "dbo.orders_list"
    std::vector<type_info> columns;
    std::uint64_t rows = 0;
    bool is_null = false;
};

// The type number has been read. TDS 7.3 and later; bad_value for a column of unknown type.
core::result<tvp> read_tvp(core::byte_reader& reader, tds_version version);

} // namespace tdsfake::tds
