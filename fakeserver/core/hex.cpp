#include "core/hex.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace tdsfake::core {

namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t bytes_per_line = 16;

void append_hex(std::string& out, std::uint8_t byte) {
    out += digits[byte >> 4];
    out += digits[byte & 0x0f];
}

// The value of a hex digit, or -1.
int digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// "0010  41 42 43 …  |ABC…|"
void append_line(std::string& out, std::size_t offset, byte_view line) {
    for (int shift = 12; shift >= 0; shift -= 4)
        out += digits[offset >> shift & 0x0f];
    out += ' ';
    for (std::size_t i = 0; i < bytes_per_line; ++i) {
        // One more blank in the middle, so that the eye finds byte 8.
        out.append(i % 8 == 0 ? 2 : 1, ' ');
        if (i < line.size()) {
            append_hex(out, line[i]);
        } else {
            out += "  ";
        }
    }
    out += "  |";
    for (const auto byte : line)
        out += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
    out += "|\n";
}

} // namespace

std::string to_hex(byte_view data) {
    std::string out;
    out.reserve(data.size() * 3);
    for (const auto byte : data) {
        if (!out.empty()) out += ' ';
        append_hex(out, byte);
    }
    return out;
}

std::optional<bytes> from_hex(std::string_view text) {
    bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size();) {
        if (is_blank(text[i])) {
            ++i;
            continue;
        }
        if (i + 1 == text.size()) return std::nullopt;
        const int high = digit_value(text[i]);
        const int low = digit_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
        i += 2;
    }
    return out;
}

std::string hexdump(byte_view data, std::size_t limit) {
    const auto shown = data.first(std::min(data.size(), limit));
    std::string out;
    for (std::size_t at = 0; at < shown.size(); at += bytes_per_line) {
        append_line(out, at, shown.subspan(at, std::min(bytes_per_line, shown.size() - at)));
    }
    if (shown.size() < data.size())
        out += "… " + std::to_string(data.size() - shown.size()) + " more bytes\n";
    return out;
}

} // namespace tdsfake::core
