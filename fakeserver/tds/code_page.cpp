#include "tds/code_page.hpp"

#include "core/utf16.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::tds {

namespace {

// 80..9F; everything else is Latin-1.
constexpr std::array<std::uint16_t, 32> upper_controls{
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

constexpr bool is_high_surrogate(unsigned unit) noexcept { return unit >= 0xd800 && unit <= 0xdbff; }

} // namespace

std::string cp1252_to_utf8(core::byte_view data) {
    core::byte_writer utf16;
    for (const auto byte : data) {
        utf16.u16_le(byte >= 0x80 && byte <= 0x9f ? upper_controls[byte - 0x80U] : byte);
    }
    return core::utf16le_to_utf8(utf16.view());
}

core::bytes utf8_to_cp1252(std::string_view text) {
    const auto utf16 = core::utf8_to_utf16le(text);
    core::bytes out;
    out.reserve(utf16.size() / 2);
    for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
        const auto unit = static_cast<unsigned>(utf16[i] | utf16[i + 1] << 8);
        const auto special = std::ranges::find(upper_controls, unit);
        if (special != upper_controls.end()) {
            out.push_back(static_cast<std::uint8_t>(0x80 + (special - upper_controls.begin())));
        } else if (unit < 0x80 || (unit >= 0xa0 && unit <= 0xff)) {
            out.push_back(static_cast<std::uint8_t>(unit));
        } else {
            out.push_back('?');
            if (is_high_surrogate(unit)) i += 2; // one character, one '?'
        }
    }
    return out;
}

} // namespace tdsfake::tds
