#include "scenario/reader/read_messages.hpp"

#include "scenario/catalogue.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/stages.hpp"
#include "scenario/reader/values.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

// The value must be one for every stage's reply that has such a field.
void check_field_value(
    context& ctx, const node& n, std::string_view field, const std::vector<stage>& stages
) {
    for (const auto s : stages) {
        const auto kind = reply_at(s);
        if (!kind) continue;
        const auto fields = tds::reply_fields(*kind);
        std::string_view expected;
        if (std::ranges::find(fields, field) == fields.end()) continue;
        if (tds::valid_reply_value(*kind, field, n.text, expected)) continue;
        ctx.out.error(
            n.where,
            ticked(n.text) + " is no value for the field " + ticked(field),
            "it is " + std::string(expected)
        );
        return;
    }
}

field_override
read_override(context& ctx, const node& key, const node& value, const std::vector<stage>& stages) {
    field_override out;
    out.field = key.text;
    out.where = key.where;
    if (!value.is_map()) {
        const auto text = read_text(ctx, value, ticked(key.text));
        if (text == "none") {
            out.none = true;
        } else if (text) {
            check_field_value(ctx, value, key.text, stages);
            out.value = *text;
            if (key.text == "server") ctx.servers_named.push_back({*text, value.where}); // at `lookup`
        }
        return out;
    }
    map_reader map(ctx, value, ticked(key.text), {"value", "offset", "length"});
    if (const auto* v = map.get("value")) {
        out.value = read_text(ctx, *v, "`value`");
        if (out.value) check_field_value(ctx, *v, key.text, stages);
    }
    if (const auto* v = map.get("offset")) {
        if (const auto n = read_code(ctx, *v, "`offset`", 0, 0xffff))
            out.offset = static_cast<std::uint16_t>(*n);
    }
    if (const auto* v = map.get("length")) {
        if (const auto n = read_code(ctx, *v, "`length`", 0, 0xffff))
            out.length = static_cast<std::uint16_t>(*n);
    }
    return out;
}

} // namespace

std::optional<tds::server_message> read_error(context& ctx, const node& n) {
    tds::server_message out;
    const node* number_at = &n;
    bool has_message = false;
    std::optional<std::string> message;
    std::optional<std::uint64_t> state;
    std::optional<std::uint64_t> severity;
    if (n.is_map()) {
        map_reader map(
            ctx, n, "`error`", {"number", "state", "class", "message", "server", "procedure", "line"}
        );
        number_at = map.need("number", "error: {number: 40613, state: 1}");
        if (const auto* v = map.get("state")) state = read_number(ctx, *v, "`state`", 0, 255);
        if (const auto* v = map.get("class")) severity = read_number(ctx, *v, "`class`", 0, 25);
        if (const auto* v = map.get("message")) {
            has_message = true;
            message = read_text(ctx, *v, "`message`");
        }
        if (const auto* v = map.get("server")) out.server = read_text(ctx, *v, "`server`").value_or("");
        if (const auto* v = map.get("procedure"))
            out.procedure = read_text(ctx, *v, "`procedure`").value_or("");
        if (const auto* v = map.get("line")) {
            out.line = static_cast<std::uint32_t>(read_number(ctx, *v, "`line`", 0, 65535).value_or(1));
        }
    }
    if (number_at == nullptr) return std::nullopt;
    const auto number = read_number(ctx, *number_at, "an error number", 0, 0x7fffffff);
    if (!number) return std::nullopt;
    out.number = static_cast<std::int32_t>(*number);
    const auto* known = find_error(out.number);
    if (known == nullptr && has_message && !message) return std::nullopt; // reported already
    if (known == nullptr && !message) {
        ctx.out.error(
            number_at->where,
            "error " + std::to_string(*number) + " is not in the catalogue",
            "spell it out: `error: {number: " + std::to_string(*number) + ", class: 16, message: \"…\"}`"
        );
        return std::nullopt;
    }
    out.message = message ? *message : std::string(known->text);
    out.severity = static_cast<std::uint8_t>(severity.value_or(known != nullptr ? known->severity : 16));
    out.state = static_cast<std::uint8_t>(state.value_or(known != nullptr ? known->state : 1));
    return out;
}

std::vector<field_override> read_overrides(context& ctx, const node& n, const std::vector<stage>& stages) {
    std::vector<field_override> out;
    if (n.is_null()) return out;
    if (n.is_scalar()) {
        constexpr std::array<std::string_view, 1> healthy{"healthy"};
        read_word(ctx, n, "`reply`", healthy);
        return out;
    }
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            "`reply` must be `healthy` or a map of fields, not a list",
            "for example `reply: {encryption: required}`"
        );
        return out;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        const auto& key = n.keys[i];
        for (const auto s : stages) {
            const auto kind = reply_at(s);
            const auto fields = kind ? tds::reply_fields(*kind) : std::span<const std::string_view>{};
            if (std::ranges::find(fields, key.text) != fields.end()) continue;
            const std::string otherwise = fields.empty() ? std::string("write `reply` without fields")
                                                         : "its fields are " + any_of(fields);
            ctx.out.error(
                key.where,
                "the reply at `" + std::string(name(s)) + "` has no field " + ticked(key.text),
                did_you_mean(key.text, fields, otherwise)
            );
            break;
        }
        auto field = read_override(ctx, key, n.items[i], stages);
        const bool lies = field.offset || field.length;
        const bool prelogin = std::ranges::all_of(stages, [](stage s) { return s == stage::prelogin; });
        if (lies && !prelogin) {
            ctx.out.error(
                key.where,
                "only the options of PRELOGIN have an `offset` and a `length` to lie about",
                "use `send` with the bytes that are wanted"
            );
        }
        out.push_back(std::move(field));
    }
    return out;
}

} // namespace tdsfake::scenario::reader
