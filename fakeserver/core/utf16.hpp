// UTF-16LE as TDS carries it, and UTF-8 as everything else here does.
#pragma once

#include "core/bytes.hpp"

#include <string>
#include <string_view>

namespace tdsfake::core {

// UTF-16LE to UTF-8. A lone surrogate becomes U+FFFD; an odd last byte is left out.
std::string utf16le_to_utf8(byte_view data);

// UTF-8 to UTF-16LE. An ill-formed sequence becomes U+FFFD.
bytes utf8_to_utf16le(std::string_view text);

} // namespace tdsfake::core
