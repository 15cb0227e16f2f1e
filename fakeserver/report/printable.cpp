#include "report/printable.hpp"

#include <array>
#include <string_view>

namespace tdsfake::report {

std::string without_controls(std::string text) {
    static constexpr auto directions = std::to_array<std::string_view>({
        "\u061c",
        "\u200e",
        "\u200f",
        "\u202a",
        "\u202b",
        "\u202c",
        "\u202d",
        "\u202e",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
    });
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = [&](std::size_t at) {
            return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
        };
        std::size_t size = byte(i) < 0x20 || byte(i) == 0x7f ? 1 : 0;
        if (byte(i) == 0xc2 && byte(i + 1) >= 0x80 && byte(i + 1) < 0xa0) size = 2; // C1
        for (const auto one : directions)
            if (std::string_view(text).substr(i).starts_with(one)) size = one.size();
        if (size > 0) text.replace(i, size, 1, ' ');
    }
    return text;
}

std::string shortened(std::string text, std::size_t longest) {
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    return text + "…";
}

} // namespace tdsfake::report
