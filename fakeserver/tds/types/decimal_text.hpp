// Exact numbers as text and as TDS carries them: a sign (1 is positive) and a little-endian magnitude of 4,
// 8, 12 or 16 bytes (MS-TDS 2.2.5.5.1.6); money as a number of ten-thousandths.
#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::tds {

// "-123.45" with at most `precision` digits, `scale` of them after the point. Nothing if it does not fit
// exactly.
std::optional<core::bytes> parse_decimal(std::string_view text, unsigned precision, unsigned scale);
// Sign and magnitude of any length up to 17 bytes; nothing for other bytes.
std::optional<std::string> decimal_text(core::byte_view data, unsigned scale);

// "1234.5" as ten-thousandths; at most four digits after the point.
std::optional<std::int64_t> parse_money(std::string_view text);
std::string money_text(std::int64_t ten_thousandths);

} // namespace tdsfake::tds
