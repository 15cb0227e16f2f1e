#include "core/duration.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace tdsfake::core {

namespace {

struct unit {
    std::string_view name;
    std::int64_t nanoseconds;
    bool fractions; // "1.5s" reads well, "1.5h" less so than "90m": format_duration writes it for these only
};

// Ascending, as format_duration prefers the larger of two that are equally short.
constexpr std::array<unit, 5> units{{
    {"us", 1'000, true},
    {"ms", 1'000'000, true},
    {"s", 1'000'000'000, true},
    {"m", 60'000'000'000, false},
    {"h", 3'600'000'000'000, false},
}};

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

const unit* find_unit(std::string_view name) noexcept {
    for (const auto& candidate : units) {
        if (candidate.name == name) return &candidate;
    }
    return nullptr;
}

// `whole` and the digits after the point in `of`; nothing when it overflows or is not a whole number of ns.
std::optional<std::int64_t>
scale(std::string_view whole, std::string_view fraction, const unit& of) noexcept {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    std::int64_t count = 0;
    for (const char c : whole) {
        if (count > (most - (c - '0')) / 10) return std::nullopt;
        count = count * 10 + (c - '0');
    }
    if (count > most / of.nanoseconds) return std::nullopt;
    std::int64_t total = count * of.nanoseconds;
    std::int64_t place = of.nanoseconds;
    for (const char c : fraction) {
        if (place % 10 != 0 && c != '0') return std::nullopt;
        place /= 10;
        const std::int64_t part = (c - '0') * place;
        if (total > most - part) return std::nullopt;
        total += part;
    }
    return total;
}

// `value` as a decimal number of `of`, or nothing when this form is not to be used.
std::optional<std::string> in_unit(std::uint64_t value, const unit& of) {
    const auto size = static_cast<std::uint64_t>(of.nanoseconds);
    std::string text = std::to_string(value / size);
    std::uint64_t rest = value % size;
    if (rest != 0 && !of.fractions) return std::nullopt;
    if (value < size && of.nanoseconds != units.front().nanoseconds) return std::nullopt;
    if (rest != 0) text += '.';
    for (std::uint64_t place = size / 10; rest != 0; place /= 10) {
        text += static_cast<char>('0' + rest / place);
        rest %= place;
    }
    text += of.name;
    return text;
}

} // namespace

std::optional<duration> parse_duration(std::string_view text) {
    const auto digits = [&text] {
        std::size_t count = 0;
        while (count < text.size() && is_digit(text[count]))
            ++count;
        const auto found = text.substr(0, count);
        text.remove_prefix(count);
        return found;
    };
    const auto whole = digits();
    if (whole.empty()) return std::nullopt;
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = digits();
        if (fraction.empty()) return std::nullopt;
    }
    const unit* const of = find_unit(text);
    if (of == nullptr) return std::nullopt;
    const auto total = scale(whole, fraction, *of);
    if (!total) return std::nullopt;
    return duration{*total};
}

std::string format_duration(duration value) {
    if (value == duration::zero()) return "0s";
    const bool negative = value < duration::zero();
    // Negated as unsigned: the smallest int64 has no positive twin.
    const auto bits = static_cast<std::uint64_t>(value.count());
    const std::uint64_t magnitude = negative ? 0 - bits : bits;
    std::string best;
    for (const auto& candidate : units) {
        const auto text = in_unit(magnitude, candidate);
        if (text && (best.empty() || text->size() <= best.size())) best = *text;
    }
    return negative ? "-" + best : best;
}

} // namespace tdsfake::core
