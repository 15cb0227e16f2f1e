// Bytes as text, for scenario files ("12 01 00 2f"), hexdumps and error messages.
#pragma once

#include "core/bytes.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::core {

// "12 01 00 2f": lower case, one blank between bytes.
std::string to_hex(byte_view data);

// Reads hex digits in pairs; blanks and line ends between pairs are skipped. Nothing on any other text.
std::optional<bytes> from_hex(std::string_view text);

// The first `limit` bytes, 16 a line with offset and ASCII column; says how many more there are.
std::string hexdump(byte_view data, std::size_t limit = 256);

} // namespace tdsfake::core
