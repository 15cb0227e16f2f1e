#include "scenario/reader/login_tokens.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/values.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

using token = tds::scripted_token;
using source = token_source;

struct envchange_word {
    std::string_view word;
    std::uint8_t type;
};
constexpr auto envchanges = std::to_array<envchange_word>({
    {"database", 1},
    {"language", 2},
    {"charset", 3},
    {"packet-size", 4},
    {"locale", 5},
    {"comparison", 6},
    {"collation", 7},
    {"begin-transaction", 8},
    {"commit-transaction", 9},
    {"rollback-transaction", 10},
    {"enlist-dtc", 11},
    {"defect", 12},
    {"mirroring-partner", 13},
    {"promote-transaction", 15},
    {"transaction-manager-address", 16},
    {"transaction-ended", 17},
    {"reset-ack", 18},
    {"user-instance", 19},
    {"routing", 20},
    {"enhanced-routing", 21},
});

bool has_texts(std::uint8_t type) noexcept { return (type >= 1 && type <= 6) || type == 13 || type == 19; }

// A map of ids to bytes: `{0x0a: 0x01}`.
std::vector<std::pair<std::uint8_t, core::bytes>>
read_by_id(context& ctx, const node& n, std::string_view what, std::string_view example) {
    std::vector<std::pair<std::uint8_t, core::bytes>> out;
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            std::string(what) + " must be a map of ids to bytes",
            "for example `" + std::string(example) + "`"
        );
        return out;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        if (const auto id = read_code(ctx, n.keys[i], "an id", 0, 255))
            out.emplace_back(
                static_cast<std::uint8_t>(*id), read_hex_value(ctx, n.items[i], ticked(n.keys[i].text))
            );
    }
    return out;
}

} // namespace

std::optional<token> read_envchange(context& ctx, const source& s) {
    constexpr std::string_view example = "envchange: {type: database, new: orders, old: master}";
    if (!need(ctx, s, "envchange", example)) return std::nullopt;
    map_reader map(ctx, *s.value, "`envchange`", {"type", "new", "old", "host", "port", "length"});
    const auto* type = map.need("type", example);
    if (type == nullptr) return std::nullopt;
    tds::scripted_envchange change;
    const auto known =
        std::ranges::find(envchanges, type->is_scalar() ? type->text : "", &envchange_word::word);
    if (known != envchanges.end()) {
        change.type = known->type;
    } else if (const auto number = read_code(ctx, *type, "`type`, a known word or", 0, 255)) {
        change.type = static_cast<std::uint8_t>(*number);
    }
    const auto read_value = [&](std::string_view key, std::string& text, core::bytes& bytes) {
        const auto* n = map.get(key);
        if (n == nullptr) return;
        if (has_texts(change.type)) {
            text = read_text(ctx, *n, ticked(key)).value_or("");
        } else {
            bytes = read_hex_value(ctx, *n, ticked(key));
        }
    };
    change.is_text = has_texts(change.type);
    read_value("new", change.new_text, change.new_bytes);
    read_value("old", change.old_text, change.old_bytes);
    if (const auto* host = map.get("host")) {
        std::uint16_t port = 1433;
        read_into(ctx, map, "port", port, 0xffff);
        change.route = {read_text(ctx, *host, "`host`").value_or(""), port};
        if (change.type != 20) {
            ctx.out.error(
                host->where, "only `routing` has a host", "write its values as bytes: `new: 0x0102`"
            );
        }
    }
    token out{std::move(change)};
    read_length(ctx, map, out);
    return out;
}

std::optional<token> read_loginack(context& ctx, const source& s) {
    map_reader map(ctx, value_of(s), "`loginack`", {"interface", "tds", "program", "version", "length"});
    tds::loginack ack{.tds_version = tds::to_loginack_version(tds::tds_version::v7_4)};
    read_into(ctx, map, "interface", ack.interface, 255);
    const auto read = [&](std::string_view key, auto parse, auto& out, std::string_view looks_like) {
        const auto* n = map.get(key);
        const auto text = n != nullptr ? read_text(ctx, *n, ticked(key), false) : std::nullopt;
        if (!text) return;
        if (const auto value = parse(*text)) {
            out = *value;
        } else {
            ctx.out.error(n->where, ticked(key) + " cannot be " + ticked(*text), std::string(looks_like));
        }
    };
    read(
        "tds",
        tds::loginack_version_value,
        ack.tds_version,
        "a TDS version like 7.1, or the number to send like 0x99000099"
    );
    read("version", tds::parse_product_version, ack.version, "a version like 16.0.4115");
    if (const auto* n = map.get("program")) ack.program_name = read_text(ctx, *n, "`program`").value_or("");
    token out{std::move(ack)};
    read_length(ctx, map, out);
    return out;
}

std::optional<token> read_features(context& ctx, const source& s) {
    if (s.value == nullptr || s.value->is_null()) return token{tds::scripted_features{}};
    return token{
        tds::scripted_features{read_by_id(ctx, *s.value, "`featureextack`", "featureextack: {0x0a: 0x01}")}
    };
}

// Bytes, or `{data, length}`.
std::optional<token> read_sspi(context& ctx, const source& s) {
    if (!need(ctx, s, "sspi", "sspi: 0x4e544c4d")) return std::nullopt;
    if (!s.value->is_map()) return token{tds::scripted_sspi{read_hex_value(ctx, *s.value, "`sspi`")}};
    map_reader map(ctx, *s.value, "`sspi`", {"data", "length"});
    token out{tds::scripted_sspi{}};
    if (const auto* n = map.get("data")) out.what = tds::scripted_sspi{read_hex_value(ctx, *n, "`data`")};
    read_length(ctx, map, out);
    return out;
}

std::optional<token> read_fedauthinfo(context& ctx, const source& s) {
    map_reader map(ctx, value_of(s), "`fedauthinfo`", {"sts-url", "spn", "length"});
    tds::scripted_fedauth info;
    if (const auto* n = map.get("sts-url"))
        info.options.emplace_back(std::uint8_t{1}, read_text(ctx, *n, "`sts-url`").value_or(""));
    if (const auto* n = map.get("spn"))
        info.options.emplace_back(std::uint8_t{2}, read_text(ctx, *n, "`spn`").value_or(""));
    token out{std::move(info)};
    read_length(ctx, map, out, 0xffffffff);
    return out;
}

std::optional<token> read_sessionstate(context& ctx, const source& s) {
    constexpr std::array<std::string_view, 2> words{"yes", "no"};
    map_reader map(ctx, value_of(s), "`sessionstate`", {"sequence", "recoverable", "states", "length"});
    tds::scripted_state state;
    read_into(ctx, map, "sequence", state.sequence, 0xffffffff);
    if (const auto* n = map.get("recoverable"))
        state.recoverable = read_word(ctx, *n, "`recoverable`", words) != 1U;
    if (const auto* n = map.get("states"))
        state.states = read_by_id(ctx, *n, "`states`", "states: {9: 0x01}");
    token out{std::move(state)};
    read_length(ctx, map, out, 0xffffffff);
    return out;
}

} // namespace tdsfake::scenario::reader
