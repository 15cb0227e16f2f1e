#include "tds/reply_values.hpp"

#include "core/hex.hpp"
#include "tds/version.hpp"

#include <charconv>

namespace tdsfake::tds {

namespace {

// Up to four numbers with dots between them; each at most `most`.
std::optional<std::array<std::uint32_t, 4>> dotted(std::string_view text) noexcept {
    std::array<std::uint32_t, 4> parts{};
    std::size_t count = 0;
    while (count < parts.size()) {
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), parts[count]);
        if (failure != std::errc{}) return std::nullopt;
        ++count;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) return count >= 2 ? std::optional(parts) : std::nullopt;
        if (text.front() != '.') return std::nullopt;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

std::optional<core::bytes> one_byte(std::string_view text) {
    if (text == "on") return core::bytes{1};
    if (text == "off") return core::bytes{0};
    const auto number = parse_field_number(text);
    if (!number || *number > 0xff) return std::nullopt;
    return core::bytes{static_cast<std::uint8_t>(*number)};
}

} // namespace

std::optional<prelogin_token> prelogin_field(std::string_view field) noexcept {
    if (field == "version") return prelogin_token::version;
    if (field == "encryption") return prelogin_token::encryption;
    if (field == "instance") return prelogin_token::instance;
    if (field == "thread-id") return prelogin_token::thread_id;
    if (field == "mars") return prelogin_token::mars;
    if (field == "trace-id") return prelogin_token::trace_id;
    if (field == "fedauth-required") return prelogin_token::fedauth_required;
    if (field == "nonce") return prelogin_token::nonce;
    return std::nullopt;
}

std::optional<core::bytes> prelogin_value(prelogin_token token, std::string_view text) {
    if (text.starts_with("0x")) return core::from_hex(text.substr(2));
    switch (token) {
    case prelogin_token::version: {
        const auto parts = dotted(text);
        if (!parts || (*parts)[0] > 0xff || (*parts)[1] > 0xff || (*parts)[2] > 0xffff ||
            (*parts)[3] > 0xffff) {
            return std::nullopt;
        }
        core::byte_writer out;
        out.u8((*parts)[0]);
        out.u8((*parts)[1]);
        out.u16_be((*parts)[2]);
        out.u16_be((*parts)[3]);
        return out.take();
    }
    case prelogin_token::encryption: {
        const auto value = parse_encryption(text);
        return value ? std::optional(core::bytes{*value}) : std::nullopt;
    }
    case prelogin_token::instance: {
        // The server's answer is a verdict: 00 the instance is right, 01 it is not.
        if (text == "right") return core::bytes{0};
        if (text == "wrong") return core::bytes{1};
        return one_byte(text);
    }
    case prelogin_token::mars:
    case prelogin_token::fedauth_required: return one_byte(text);
    default: return std::nullopt;
    }
}

std::optional<std::array<std::uint8_t, 4>> parse_product_version(std::string_view text) noexcept {
    const auto parts = dotted(text);
    if (!parts || (*parts)[0] > 0xff || (*parts)[1] > 0xff || (*parts)[2] > 0xffff) return std::nullopt;
    return std::array<std::uint8_t, 4>{
        static_cast<std::uint8_t>((*parts)[0]),
        static_cast<std::uint8_t>((*parts)[1]),
        static_cast<std::uint8_t>((*parts)[2] >> 8),
        static_cast<std::uint8_t>((*parts)[2])
    };
}

std::optional<std::uint64_t> parse_field_number(std::string_view text) noexcept {
    const int base = text.starts_with("0x") ? 16 : 10;
    if (base == 16) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::uint32_t> loginack_version_value(std::string_view text) noexcept {
    if (const auto known = parse_tds_version(text)) return to_loginack_version(*known);
    if (!text.starts_with("0x")) return std::nullopt;
    const auto number = parse_field_number(text);
    if (!number || *number > 0xffffffff) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

bool valid_reply_value(
    reply_kind kind, std::string_view field, std::string_view text, std::string_view& expected
) {
    if (kind == reply_kind::prelogin) {
        const auto token = prelogin_field(field);
        expected = field == "version"      ? "a version like 16.0.4115.0, or bytes like 0x1000"
                   : field == "encryption" ? "off, on, not-supported, required, or a byte like 0x42"
                   : field == "instance"   ? "right, wrong, or bytes like 0x01"
                   : field == "mars" || field == "fedauth-required" ? "on, off, or bytes like 0x02"
                                                                    : "bytes like 0x0102";
        return token && prelogin_value(*token, text).has_value();
    }
    if (kind == reply_kind::lookup) { // its texts leave as they are
        expected = "a number from 0 to 65535, decimal or like 0xffff";
        return field != "size" || parse_field_number(text).value_or(0x10000) <= 0xffff;
    }
    if (field == "tds") {
        expected = "a TDS version like 7.1, or the number to send like 0x99000099";
        return loginack_version_value(text).has_value();
    }
    if (field == "version") {
        expected = "a version like 16.0.4115";
        return parse_product_version(text).has_value();
    }
    if (field == "collation") {
        expected = "bytes like 0x0904d00034";
        return text.starts_with("0x") && core::from_hex(text.substr(2)).has_value();
    }
    const bool number = field == "packet-size" || field == "affected" || field == "status" ||
                        field == "command" || field == "return" || field == "columns";
    if (number) {
        expected = "a number, decimal or like 0x21";
        return parse_field_number(text).has_value();
    }
    if (field == "loginack" || field == "featureextack" || field == "colmetadata" || field == "outputs" ||
        field == "done") {
        expected = "none (it can only be left out)";
        return false;
    }
    return true; // text
}

} // namespace tdsfake::tds
