// B_VARCHAR and US_VARCHAR (MS-TDS 2.2.5.1.2): a count of UTF-16 units, then UTF-16LE.
#pragma once

#include "core/bytes.hpp"
#include "core/utf16.hpp"

#include <string>

namespace tdsfake::tds {

inline std::string read_b_varchar(core::byte_reader& reader) {
    const std::size_t units = reader.u8();
    return core::utf16le_to_utf8(reader.take(2 * units));
}

inline std::string read_us_varchar(core::byte_reader& reader) {
    const std::size_t units = reader.u16_le();
    return core::utf16le_to_utf8(reader.take(2 * units));
}

} // namespace tdsfake::tds
