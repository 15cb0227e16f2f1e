#include "scenario/reader/positions.hpp"

#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tdsfake::scenario::reader {
namespace {

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

std::optional<left_out_token> read_left_out_token(context& ctx, const node& n) {
    const auto at = read_position(ctx, n, "`without`");
    if (!at) return std::nullopt;
    if (at->from == position::base::token && at->delta == 0) {
        const bool all = n.text.find('.') == std::string::npos;
        return left_out_token{at->token, all ? 0 : at->ordinal};
    }
    ctx.out.error(n.where, "`without` names whole tokens, not " + ticked(n.text), "write done, row or row.3");
    return std::nullopt;
}

} // namespace tdsfake::scenario::reader
