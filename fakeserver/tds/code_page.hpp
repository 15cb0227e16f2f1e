// Code page 1252, the one of SQL_Latin1_General_CP1_CI_AS, in which VARCHAR and pre-TDS7 text travels.
#pragma once

#include "core/bytes.hpp"

#include <string>
#include <string_view>

namespace tdsfake::tds {

// The five bytes that 1252 leaves undefined become the C1 controls of the same number, as Windows does it.
std::string cp1252_to_utf8(core::byte_view data);

// What 1252 does not have becomes '?', as SQL Server does it.
core::bytes utf8_to_cp1252(std::string_view text);

} // namespace tdsfake::tds
