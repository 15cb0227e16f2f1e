// PRELOGIN, both directions (MS-TDS 2.2.6.5).
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::tds {

enum class prelogin_token : std::uint8_t {
    version = 0x00,
    encryption = 0x01,
    instance = 0x02,
    thread_id = 0x03,
    mars = 0x04,
    trace_id = 0x05,
    fedauth_required = 0x06,
    nonce = 0x07,
    terminator = 0xff,
};

enum class encryption : std::uint8_t {
    off = 0x00,
    on = 0x01,
    not_supported = 0x02,
    required = 0x03,
    extended = 0x20,
    client_certificate = 0x80, // a flag beside off, on, required
};

// "off", "on", "not-supported", "required", "on+certificate", "0x42".
std::string encryption_name(std::uint8_t value);
// The reverse; also takes "0x42". Nothing on an unknown word.
std::optional<std::uint8_t> parse_encryption(std::string_view text);

// One option as it stands in the message. `offset` and `length` are derived on encoding unless a lie is set.
struct prelogin_option {
    std::uint8_t token = 0;
    core::bytes data;
    std::optional<std::uint16_t> false_offset;
    std::optional<std::uint16_t> false_length;
};

// The options in wire order.
struct prelogin {
    std::vector<prelogin_option> options;
    bool terminator = true; // false: leave FF out (encoding only)

    [[nodiscard]] const prelogin_option* find(prelogin_token token) const noexcept;
    [[nodiscard]] prelogin_option& option(prelogin_token token); // finds or adds
    void remove(prelogin_token token);

    [[nodiscard]] std::optional<std::uint8_t> encryption() const noexcept;
    [[nodiscard]] std::optional<std::uint8_t> mars() const noexcept;
    [[nodiscard]] std::string version() const;  // "16.0.4115.2", empty when absent
    [[nodiscard]] std::string instance() const; // text up to NUL
};

// A request as a server reads it: VERSION must come first, options must lie inside, none twice, FF must be
// there.
core::result<prelogin> parse_prelogin(core::byte_view payload);
// A lenient read of any PRELOGIN payload, for describing replies: only what over-reads is an error.
core::result<prelogin> parse_prelogin_leniently(core::byte_view payload);
core::bytes encode_prelogin(const prelogin& message);

} // namespace tdsfake::tds
