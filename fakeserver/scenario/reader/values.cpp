#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tdsfake::scenario::reader {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Digits only: no sign, no blanks.
std::optional<std::uint64_t> to_number(std::string_view text, int base = 10) noexcept {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc{} || rest != end) return std::nullopt;
    return value;
}

std::string not_a(const node& n, std::string_view what, std::string_view kind) {
    return std::string(what) + " must be " + std::string(kind) + ", not " + ticked(n.text);
}

// So that no sum of times in a run can overflow.
constexpr core::duration longest_duration = std::chrono::hours(10'000);

std::optional<core::duration>
to_duration(context& ctx, const node& n, std::string_view text, std::string_view what) {
    if (const auto value = core::parse_duration(text)) {
        if (*value <= longest_duration) return value;
        ctx.out.error(n.where, std::string(what) + ": " + ticked(text) + " is too long", "10000h at most");
        return std::nullopt;
    }
    if (to_number(text)) {
        const std::string digits(text);
        ctx.out.error(
            n.where,
            std::string(what) + " needs a unit: " + ticked(text),
            "write `" + digits + "s` or `" + digits + "ms`"
        );
    } else {
        ctx.out.error(
            n.where,
            std::string(what) + " must be a duration, not " + ticked(text),
            "a number and a unit: 250us, 900ms, 2s, 1.5s, 1m, 2h"
        );
    }
    return std::nullopt;
}

} // namespace

bool is_name(std::string_view text) noexcept {
    if (text.empty() || text.size() > 64 || !is_letter(text.front())) return false;
    return std::ranges::all_of(text, [](char c) {
        return is_letter(c) || is_digit(c) || c == '-' || c == '_';
    });
}

bool looks_like_duration(std::string_view text) noexcept {
    return !text.empty() && is_digit(text.front()) && std::ranges::any_of(text, is_letter);
}

std::optional<std::string> read_text(context& ctx, const node& n, std::string_view what, bool may_be_empty) {
    if (n.broken) return std::nullopt;
    if (n.is_scalar() && (may_be_empty || !n.text.empty())) return n.text;
    if (n.is_scalar() || n.is_null()) {
        ctx.out.error(
            n.where,
            std::string(what) + " has no value",
            may_be_empty ? R"(write one; an empty text is "", the word null is "null")" : "write one"
        );
    } else {
        ctx.out.error(
            n.where,
            std::string(what) + " must be a single value, not " + std::string(kind_name(n)),
            "write one text or number; quote a text with brackets or braces"
        );
    }
    return std::nullopt;
}

std::optional<std::size_t>
read_word(context& ctx, const node& n, std::string_view what, std::span<const std::string_view> words) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    const auto it = std::ranges::find(words, *text);
    if (it != words.end()) return static_cast<std::size_t>(it - words.begin());
    ctx.out.error(
        n.where,
        not_a(n, what, words.size() == 1 ? "`" + std::string(words[0]) + "`" : any_of(words)),
        did_you_mean(*text, words, words.size() == 1 ? "it is the only word here" : "write one of them")
    );
    return std::nullopt;
}

bool read_yes(context& ctx, const node& n, std::string_view what) {
    constexpr std::array<std::string_view, 2> words{"yes", "no"};
    return read_word(ctx, n, what, words) == 0U;
}

std::optional<std::uint64_t>
read_number(context& ctx, const node& n, std::string_view what, std::uint64_t least, std::uint64_t most) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    const auto value = to_number(*text);
    if (value && *value >= least && *value <= most) return value;
    ctx.out.error(
        n.where,
        not_a(n, what, "a number from " + std::to_string(least) + " to " + std::to_string(most)),
        "digits only, without sign and unit"
    );
    return std::nullopt;
}

std::optional<std::uint64_t>
read_code(context& ctx, const node& n, std::string_view what, std::uint64_t least, std::uint64_t most) {
    if (n.is_scalar() && n.text.starts_with("0x")) {
        const auto value = to_number(std::string_view(n.text).substr(2), 16);
        if (value && *value >= least && *value <= most) return value;
    }
    return read_number(ctx, n, what, least, most);
}

std::optional<number_range> read_number_range(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    const std::string_view view = *text;
    const auto dots = view.find("..");
    if (dots == std::string_view::npos) {
        if (const auto value = to_number(view)) return number_range{*value, *value};
    } else if (const auto least = to_number(view.substr(0, dots))) {
        const auto rest = view.substr(dots + 2);
        if (rest.empty()) return number_range{*least, std::numeric_limits<std::uint64_t>::max()};
        if (const auto most = to_number(rest); most && *most >= *least) return number_range{*least, *most};
    }
    ctx.out.error(n.where, not_a(n, what, "a number or a range"), "write 3, 2..4 or 3..");
    return std::nullopt;
}

std::optional<unsigned> read_percent(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    if (text->ends_with('%')) {
        const auto value = to_number(std::string_view(*text).substr(0, text->size() - 1));
        if (value && *value <= 100) return static_cast<unsigned>(*value);
    }
    ctx.out.error(n.where, not_a(n, what, "a percentage"), "write 25%, from 0% to 100%");
    return std::nullopt;
}

std::optional<std::uint64_t> read_size(context& ctx, const node& n, std::string_view what) {
    constexpr std::uint64_t most = 1ULL << 40;
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    std::string_view digits = *text;
    std::uint64_t unit = 1;
    if (digits.ends_with("KiB")) unit = 1ULL << 10;
    if (digits.ends_with("MiB")) unit = 1ULL << 20;
    if (unit > 1) digits.remove_suffix(3);
    const auto value = to_number(digits);
    if (value && *value >= 1 && *value <= most / unit) return *value * unit;
    ctx.out.error(n.where, not_a(n, what, "a size in bytes"), "write 512, 64KiB or 1MiB");
    return std::nullopt;
}

std::optional<double> read_factor(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    double value = 0;
    const auto* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, value, std::chars_format::fixed);
    if (error == std::errc{} && rest == end && is_digit(text->front()) && value > 0 && value <= 1e6) {
        return value;
    }
    ctx.out.error(n.where, not_a(n, what, "a factor"), "write 1.5 or 2");
    return std::nullopt;
}

std::optional<core::duration> read_duration(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    if (text->find("..") != std::string::npos) {
        ctx.out.error(
            n.where, std::string(what) + " takes one duration, not a range", "write one, for example 2s"
        );
        return std::nullopt;
    }
    return to_duration(ctx, n, *text, what);
}

std::optional<duration_range> read_duration_range(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    const std::string_view view = *text;
    const auto dots = view.find("..");
    const auto least = to_duration(ctx, n, view.substr(0, dots), what);
    if (!least) return std::nullopt;
    if (dots == std::string_view::npos) return duration_range{*least, *least};
    const auto most = to_duration(ctx, n, view.substr(dots + 2), what);
    if (!most) return std::nullopt;
    if (*most >= *least) return duration_range{*least, *most};
    ctx.out.error(
        n.where, std::string(what) + ": the range " + ticked(view) + " runs backwards", "least first"
    );
    return std::nullopt;
}

std::optional<std::string> read_signal(context& ctx, const node& n, std::string_view what, bool raises) {
    auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    if (!is_name(*text)) {
        ctx.out.error(
            n.where,
            not_a(n, what, "the name of a signal"),
            "a letter first, then letters, digits, `-` and `_`, 64 at most"
        );
        return std::nullopt;
    }
    (raises ? ctx.raised : ctx.awaited).push_back({*text, n.where});
    return text;
}

std::optional<moment> read_moment(context& ctx, const node& n, std::string_view what) {
    if (n.is_scalar() && !n.text.empty() && is_digit(n.text.front())) {
        const auto time = read_duration(ctx, n, what);
        if (!time) return std::nullopt;
        return moment{*time};
    }
    auto signal = read_signal(ctx, n, what, false);
    if (!signal) return std::nullopt;
    return moment{std::move(*signal)};
}

std::vector<pattern> read_patterns(context& ctx, const node& n, std::string_view what) {
    std::vector<pattern> out;
    const auto add = [&](const node& item) {
        const auto text = read_text(ctx, item, what);
        if (!text) return;
        std::string why;
        if (auto p = pattern::parse(*text, why)) {
            out.push_back(std::move(*p));
        } else {
            ctx.out.error(
                item.where,
                std::string(what) + ": " + ticked(*text) + " is not a regular expression: " + why,
                "see the RE2 syntax; escape a literal character with `\\`"
            );
        }
    };
    if (!n.is_sequence()) {
        add(n);
        return out;
    }
    if (n.items.empty()) ctx.out.error(n.where, std::string(what) + " is an empty list", "name one at least");
    for (const auto& item : n.items)
        add(item);
    return out;
}

} // namespace tdsfake::scenario::reader
