#include "scenario/reader/read_logins.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/values.hpp"
#include "tds/login7.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

bool read_yes(context& ctx, const map_reader& map, std::string_view key) {
    constexpr std::array<std::string_view, 2> words{"yes", "no"};
    const auto* v = map.get(key);
    if (v == nullptr) return false;
    const auto index = read_word(ctx, *v, ticked(key), words);
    return index && *index == 0;
}

login_rule read_login(context& ctx, const node& n) {
    login_rule out;
    map_reader map(
        ctx, n, "a login", {"user", "password", "databases", "must-change", "expired", "locked", "disabled"}
    );
    if (const auto* v = map.need("user", "logins: [{user: sa, password: secret}]")) {
        out.user = read_text(ctx, *v, "`user`", false).value_or("");
    }
    if (const auto* v = map.get("password")) out.password = read_text(ctx, *v, "`password`");
    if (const auto* v = map.get("databases")) {
        if (!v->is_sequence() || v->items.empty()) {
            ctx.out.error(
                v->where,
                "`databases` must be a list of names",
                "for example `databases: [master, app]`; without it, any"
            );
        } else {
            for (const auto& item : v->items) {
                if (auto name = read_text(ctx, item, "a database", false))
                    out.databases.push_back(std::move(*name));
            }
        }
    }
    out.must_change = read_yes(ctx, map, "must-change");
    out.expired = read_yes(ctx, map, "expired");
    out.locked = read_yes(ctx, map, "locked");
    out.disabled = read_yes(ctx, map, "disabled");
    return out;
}

// The features that have a name, without FEDAUTH: its acknowledgement follows from the login.
constexpr std::array<std::uint8_t, 11> feature_ids{
    0x01, 0x04, 0x05, 0x08, 0x09, 0x0a, 0x0b, 0x0d, 0x0e, 0x0f, 0x10
};

std::optional<std::uint8_t> read_feature_id(context& ctx, const node& key) {
    std::vector<std::string> names;
    for (const auto id : feature_ids)
        names.push_back(tds::feature_name(id));
    const auto it = std::ranges::find(names, key.text);
    if (it != names.end()) return feature_ids[static_cast<std::size_t>(it - names.begin())];
    if (key.text.starts_with("0x")) {
        const auto byte = core::from_hex(std::string_view(key.text).substr(2));
        if (byte && byte->size() == 1 && byte->front() != 0xff) return byte->front();
    }
    const std::vector<std::string_view> words(names.begin(), names.end());
    ctx.out.error(
        key.where,
        "unknown feature " + ticked(key.text),
        did_you_mean(key.text, words, "the features are " + any_of(words) + "; others by number: `0x42`")
    );
    return std::nullopt;
}

feature_rule read_feature(context& ctx, const node& n) {
    feature_rule out;
    if (n.is_scalar() && n.text.starts_with("0x")) {
        out.what = feature_rule::answer::bytes;
        if (auto data = core::from_hex(std::string_view(n.text).substr(2))) {
            out.data = std::move(*data);
        } else {
            ctx.out.error(n.where, ticked(n.text) + " is no list of bytes", "pairs of hex digits: `0x0102`");
        }
        return out;
    }
    constexpr std::array<std::string_view, 3> words{"on", "refused", "off"};
    if (const auto index = read_word(ctx, n, "a feature", words))
        out.what = static_cast<feature_rule::answer>(*index);
    return out;
}

} // namespace

std::vector<login_rule> read_logins(context& ctx, const node& n) {
    std::vector<login_rule> out;
    if (!n.is_sequence() || n.items.empty()) {
        ctx.out.error(
            n.where,
            "`logins` must be a list with one login at least",
            "for example `logins: [{user: sa, password: secret}]`; without `logins`, anyone may log in"
        );
        return out;
    }
    for (const auto& item : n.items) {
        auto login = read_login(ctx, item);
        const bool again = !login.user.empty() && std::ranges::any_of(out, [&](const auto& other) {
            return core::equals_ignoring_case(other.user, login.user);
        });
        if (again) {
            ctx.out.error(
                item.where,
                "the user " + ticked(login.user) + " stands here twice",
                "the first one would always decide: keep one"
            );
        }
        out.push_back(std::move(login));
    }
    return out;
}

std::vector<feature_rule> read_features(context& ctx, const node& n) {
    std::vector<feature_rule> out;
    if (n.is_null()) return out;
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            "`features` must be a map of features to answers",
            "for example `features: {utf8-support: off, json: on}`"
        );
        return out;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        const auto id = read_feature_id(ctx, n.keys[i]);
        auto rule = read_feature(ctx, n.items[i]);
        if (!id) continue;
        rule.id = *id;
        out.push_back(std::move(rule));
    }
    return out;
}

route_step read_route(context& ctx, const node& n) {
    route_step out;
    map_reader map(ctx, n, "`route`", {"to", "host", "port", "database"});
    const auto* to = map.get("to");
    const auto* host = map.get("host");
    const auto* port = map.get("port");
    if (to != nullptr) {
        out.to = read_text(ctx, *to, "`to`", false).value_or("");
        if (!out.to.empty()) ctx.servers_named.push_back({out.to, to->where});
    }
    if (host != nullptr) out.host = read_text(ctx, *host, "`host`", false).value_or("");
    if (port != nullptr)
        out.port = static_cast<std::uint16_t>(read_number(ctx, *port, "`port`", 0, 65535).value_or(0));
    if (const auto* v = map.get("database")) out.database = read_text(ctx, *v, "`database`");
    if (!map.is_map()) return out;
    const auto* other = host != nullptr ? host : port;
    if (to != nullptr && other != nullptr) {
        ctx.out.error(
            other->where, "`to` is a server with its own host and port", "keep `to`, or `host` and `port`"
        );
    } else if (to == nullptr && (host == nullptr || port == nullptr)) {
        ctx.out.error(
            n.where,
            "`route` does not say where to",
            "`route: {to: SERVER}`, a server of this scenario, or `route: {host: node2, port: 1433}`"
        );
    }
    return out;
}

} // namespace tdsfake::scenario::reader
