#include "tds/types/decimal_text.hpp"

#include "tds/types/sql_type.hpp"

#include <algorithm>
#include <limits>

namespace tdsfake::tds {

namespace {

__extension__ using magnitude = unsigned __int128; // 38 digits need 127 bits

constexpr unsigned most_digits = 38;
constexpr std::uint8_t positive = 1;

struct number {
    bool negative = false;
    magnitude value = 0; // scaled
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// [+-]digits[.digits], scaled so that `scale` digits stand after the point.
std::optional<number> parse(std::string_view text, unsigned digits, unsigned scale) {
    number out;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        out.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const auto point = std::min(text.find('.'), text.size());
    auto whole = text.substr(0, point);
    auto fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
    if (whole.empty() && fraction.empty()) return std::nullopt;
    if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit))
        return std::nullopt;
    while (whole.starts_with('0'))
        whole.remove_prefix(1);
    while (fraction.ends_with('0'))
        fraction.remove_suffix(1);
    if (fraction.size() > scale || whole.size() + scale > digits) return std::nullopt;
    for (const char c : whole)
        out.value = out.value * 10 + static_cast<unsigned>(c - '0');
    for (unsigned i = 0; i < scale; ++i) {
        out.value = out.value * 10 + (i < fraction.size() ? static_cast<unsigned>(fraction[i] - '0') : 0U);
    }
    if (out.value == 0) out.negative = false;
    return out;
}

std::string to_text(bool negative, magnitude value, unsigned scale) {
    std::string digits;
    do {
        digits += static_cast<char>('0' + static_cast<int>(value % 10));
        value /= 10;
        if (digits.size() == scale && scale > 0) digits += '.';
    } while (value > 0 || digits.size() <= scale);
    if (digits.ends_with('.')) digits += '0';
    if (negative) digits += '-';
    std::ranges::reverse(digits);
    return digits;
}

} // namespace

std::optional<core::bytes> parse_decimal(std::string_view text, unsigned precision, unsigned scale) {
    const auto parsed = parse(text, std::min(precision, most_digits), scale);
    if (!parsed) return std::nullopt;
    core::bytes out{static_cast<std::uint8_t>(parsed->negative ? 0 : positive)};
    auto rest = parsed->value;
    for (auto left = decimal_size(precision) - 1; left > 0; --left) {
        out.push_back(static_cast<std::uint8_t>(rest));
        rest >>= 8;
    }
    return out;
}

std::optional<std::string> decimal_text(core::byte_view data, unsigned scale) {
    if (data.size() < 2 || data.size() > 17 || scale > most_digits) return std::nullopt;
    magnitude value = 0;
    for (std::size_t i = data.size(); i-- > 1;)
        value = value << 8 | data[i];
    return to_text(data[0] == 0 && value != 0, value, scale);
}

std::optional<std::int64_t> parse_money(std::string_view text) {
    const auto parsed = parse(text, 19, 4);
    if (!parsed) return std::nullopt;
    constexpr auto most = static_cast<magnitude>(std::numeric_limits<std::int64_t>::max());
    if (parsed->value > most + (parsed->negative ? 1 : 0)) return std::nullopt;
    const auto bits = static_cast<std::uint64_t>(parsed->value);
    return static_cast<std::int64_t>(parsed->negative ? ~bits + 1 : bits);
}

std::string money_text(std::int64_t ten_thousandths) {
    const bool negative = ten_thousandths < 0;
    const auto bits = static_cast<std::uint64_t>(ten_thousandths);
    return to_text(negative, negative ? ~bits + 1 : bits, 4);
}

} // namespace tdsfake::tds
