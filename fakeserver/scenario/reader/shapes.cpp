#include "scenario/reader/shapes.hpp"

#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::array<std::string_view, 3> words{"cut", "segments", "pace"};
constexpr std::array<later_word, 7> later{{
    {"without", "use `send` with the bytes that are wanted"},
    {"insert", "use `send` with the bytes that are wanted"},
    {"overwrite", "use `send` with the bytes that are wanted"},
    {"packet-size", "use `segments`, which splits below the packets"},
    {"packets", "use `segments`, which splits below the packets"},
    {"eom", "use `send: {packet: {status: 0, …}}`"},
    {"repeat", "write the step several times"},
}};

// Names of the borders that the encoders mark (tds/tokens/token_writer).
constexpr std::array<std::string_view, 17> token_borders{
    "error",
    "info",
    "envchange",
    "loginack",
    "featureextack",
    "colmetadata",
    "row",
    "order",
    "returnstatus",
    "returnvalue",
    "done",
    "doneproc",
    "doneinproc",
    "sspi",
    "fedauthinfo",
    "sessionstate",
    "raw",
};
constexpr std::string_view position_forms =
    "a byte 17, from the end -1, a token done, row.10+2 or done-4, or end";

constexpr std::int64_t furthest = 1LL << 40;

std::optional<std::int64_t> to_offset(std::string_view text) noexcept {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!digit || error != std::errc{} || rest != end || value > furthest) return std::nullopt;
    return value;
}

// "row.10+2": the token, its ordinal and the distance from its first byte.
bool parse_token_position(std::string_view text, position& out) {
    const auto name_end = std::min(text.find_first_of(".+-"), text.size());
    out.from = position::base::token;
    out.token = std::string(text.substr(0, name_end));
    text.remove_prefix(name_end);
    if (text.starts_with('.')) {
        const auto end = std::min(text.find_first_of("+-"), text.size());
        const auto ordinal = to_offset(text.substr(1, end - 1));
        if (!ordinal || *ordinal < 1 || *ordinal > 1'000'000'000) return false;
        out.ordinal = static_cast<std::uint32_t>(*ordinal);
        text.remove_prefix(end);
    }
    if (!text.empty()) {
        const auto distance = to_offset(text.substr(1));
        if (!distance) return false;
        out.delta = text.front() == '-' ? -*distance : *distance;
    }
    if (out.token != "end") return true;
    out.from = position::base::end;
    const bool plain = out.ordinal == 1 && out.delta <= 0;
    out.token.clear();
    return plain;
}

void check_tokens(context& ctx, const position& at, bool tokens) {
    if (tokens || at.from != position::base::token) return;
    ctx.out.error(
        at.where,
        "the token " + ticked(at.token) + " as a position: these bytes have no tokens",
        "count bytes: 17, or -1 from the end"
    );
}

void read_segments(context& ctx, const node& value, bool tokens, shapes& out) {
    if (!value.is_sequence() || value.items.empty()) {
        ctx.out.error(
            value.where,
            "`segments` must be a list of positions and times",
            "for example `segments: [8, 2s, done]`"
        );
        return;
    }
    std::optional<std::int64_t> before;
    for (const auto& item : value.items) {
        if (item.is_scalar() && looks_like_duration(item.text)) {
            if (const auto time = read_duration_range(ctx, item, "a pause")) out.segments.emplace_back(*time);
            continue;
        }
        auto at = read_position(ctx, item, "a segment's end");
        if (!at) continue;
        check_tokens(ctx, *at, tokens);
        if (at->from == position::base::start) {
            if (before && at->delta <= *before) {
                ctx.out.error(
                    item.where,
                    "segments end one after the other: " + ticked(item.text) +
                        " is not beyond the one before",
                    "in ascending order"
                );
            }
            if (at->delta == 0)
                ctx.out.error(item.where, "a segment that ends at byte 0 is empty", "leave it out");
            before = at->delta;
        }
        out.segments.emplace_back(std::move(*at));
    }
}

void read_pace(context& ctx, const node& value, shapes& out) {
    map_reader map(ctx, value, "`pace`", {"bytes", "every"});
    if (const auto* bytes = map.need("bytes", "pace: {bytes: 1, every: 10ms}")) {
        out.pace_bytes = read_size(ctx, *bytes, "`bytes`").value_or(0);
    }
    if (const auto* every = map.need("every", "pace: {bytes: 1, every: 10ms}")) {
        out.pace_every = read_duration_range(ctx, *every, "`every`").value_or(duration_range{});
    }
}

} // namespace

std::optional<position> read_position(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    position out;
    out.where = n.where;
    const std::string_view view = *text;
    if (const auto offset = to_offset(view)) {
        out.delta = *offset;
        return out;
    }
    if (view.starts_with('-')) {
        if (const auto offset = to_offset(view.substr(1))) {
            out.from = position::base::end;
            out.delta = -*offset;
            return out;
        }
    } else if (parse_token_position(view, out)) {
        const bool known = out.from == position::base::end ||
                           std::ranges::find(token_borders, out.token) != token_borders.end();
        if (known) return out;
        ctx.out.error(
            n.where,
            std::string(what) + " names no token: " + ticked(out.token),
            did_you_mean(out.token, token_borders, "the tokens are " + any_of(token_borders))
        );
        return std::nullopt;
    }
    ctx.out.error(
        n.where, std::string(what) + " must be a position, not " + ticked(view), std::string(position_forms)
    );
    return std::nullopt;
}

bool is_shape(std::string_view word) noexcept { return std::ranges::find(words, word) != words.end(); }
std::span<const std::string_view> shape_words() noexcept { return words; }
std::span<const later_word> later_shapes() noexcept { return later; }

void read_shape(context& ctx, std::string_view word, const node& value, bool tokens, shapes& out) {
    if (word == "cut") {
        out.cut = read_position(ctx, value, "`cut`");
        if (out.cut) check_tokens(ctx, *out.cut, tokens);
    } else if (word == "segments") {
        read_segments(ctx, value, tokens, out);
    } else if (word == "pace") {
        read_pace(ctx, value, out);
    }
}

} // namespace tdsfake::scenario::reader
