#include "core/utf16.hpp"

namespace tdsfake::core {

namespace {

constexpr char32_t replacement = 0xfffd;

constexpr bool is_high_surrogate(char32_t unit) noexcept { return unit >= 0xd800 && unit <= 0xdbff; }
constexpr bool is_low_surrogate(char32_t unit) noexcept { return unit >= 0xdc00 && unit <= 0xdfff; }

void append_utf8(std::string& out, char32_t code) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0 | code >> 6);
        put(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        put(0xe0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    } else {
        put(0xf0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3f));
        put(0x80 | (code >> 6 & 0x3f));
        put(0x80 | (code & 0x3f));
    }
}

// The code point at `at`, which is moved behind it. Of an ill-formed sequence the longest prefix that could
// have begun a valid one is replaced as a whole (Unicode 3.9, "maximal subpart").
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
    const auto byte = [&](std::size_t i) -> char32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const char32_t lead = byte(at++);
    if (lead < 0x80) return lead;

    int more = 0;
    char32_t code = 0;
    char32_t least = 0x80; // bounds of the second byte: no overlong form, no surrogate, nothing above 10FFFF
    char32_t most = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
        code = lead & 0x1f;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        code = lead & 0x0f;
        if (lead == 0xe0) least = 0xa0;
        if (lead == 0xed) most = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        code = lead & 0x07;
        if (lead == 0xf0) least = 0x90;
        if (lead == 0xf4) most = 0x8f;
    } else {
        return replacement;
    }
    for (; more > 0; --more) {
        const char32_t next = byte(at);
        if (next < least || next > most) return replacement;
        code = code << 6 | (next & 0x3f);
        ++at;
        least = 0x80;
        most = 0xbf;
    }
    return code;
}

} // namespace

std::string utf16le_to_utf8(byte_view data) {
    std::string out;
    out.reserve(data.size() / 2);
    const std::size_t units = data.size() / 2;
    const auto unit = [&](std::size_t i) -> char32_t {
        return static_cast<char32_t>(data[2 * i] | data[2 * i + 1] << 8);
    };
    for (std::size_t i = 0; i < units; ++i) {
        char32_t code = unit(i);
        if (is_high_surrogate(code) && i + 1 < units && is_low_surrogate(unit(i + 1))) {
            code = 0x10000 + ((code - 0xd800) << 10) + (unit(++i) - 0xdc00);
        } else if (is_high_surrogate(code) || is_low_surrogate(code)) {
            code = replacement;
        }
        append_utf8(out, code);
    }
    return out;
}

bytes utf8_to_utf16le(std::string_view text) {
    bytes out;
    out.reserve(text.size() * 2);
    const auto put = [&out](char32_t unit) {
        out.push_back(static_cast<std::uint8_t>(unit));
        out.push_back(static_cast<std::uint8_t>(unit >> 8));
    };
    for (std::size_t at = 0; at < text.size();) {
        const char32_t code = next_code_point(text, at);
        if (code < 0x10000) {
            put(code);
        } else {
            put(0xd800 + ((code - 0x10000) >> 10));
            put(0xdc00 + ((code - 0x10000) & 0x3ff));
        }
    }
    return out;
}

} // namespace tdsfake::core
