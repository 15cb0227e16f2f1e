// How a scenario writes the value of an overridden field (see reply_fields.hpp), and the bytes it stands for.
// The loader asks whether a value can be had, the session has it.
#pragma once

#include "core/bytes.hpp"
#include "tds/prelogin.hpp"
#include "tds/reply_fields.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tdsfake::tds {

// The option that a PRELOGIN field name stands for.
std::optional<prelogin_token> prelogin_field(std::string_view field) noexcept;

// `version: 16.0.4115.0`, `encryption: required`, `instance: text`, `mars: on`, `fedauth-required: 1`; any of
// them also as bytes: `0x01ff`.
std::optional<core::bytes> prelogin_value(prelogin_token token, std::string_view text);

// `16.0.4115` as major, minor, build high, build low.
std::optional<std::array<std::uint8_t, 4>> parse_product_version(std::string_view text) noexcept;

// A decimal number, or a hexadecimal one after 0x.
std::optional<std::uint64_t> parse_field_number(std::string_view text) noexcept;

// What `tds` of the login answer may be: a known version (`7.1`) or the number that goes out (`0x99000099`).
std::optional<std::uint32_t> loginack_version_value(std::string_view text) noexcept;

// Whether the text is a value of that field; for a wrong one, what it should look like is in `expected`.
bool valid_reply_value(
    reply_kind kind, std::string_view field, std::string_view text, std::string_view& expected
);

} // namespace tdsfake::tds
