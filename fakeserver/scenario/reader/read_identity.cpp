// `listen` and `identity`: where a server is and what it says of itself.
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_gate.hpp"
#include "scenario/reader/read_logins.hpp"
#include "scenario/reader/read_servers.hpp"
#include "scenario/reader/read_tls.hpp"
#include "scenario/reader/values.hpp"
#include "tds/packet.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::array<later_word, 1> later_identity{{
    {"collation", "override it: `{at: login, do: {reply: {collation: …}}}`"},
}};

bool is_address(const std::string& text, bool v6) {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    return inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), ignored.data()) == 1;
}

// `127.0.0.1`, `127.0.0.1:1433`, `::1`, `[::1]`, `[::1]:1433`.
bool parse_address(std::string_view text, listen_address& out) {
    std::string_view port;
    bool v6 = false;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return false;
        v6 = true;
        port = text.substr(end + 1);
        text = text.substr(1, end - 1);
    } else if (std::ranges::count(text, ':') == 1) {
        const auto colon = text.find(':');
        port = text.substr(colon);
        text = text.substr(0, colon);
    } else {
        v6 = text.find(':') != std::string_view::npos;
    }
    out.address = std::string(text);
    if (!is_address(out.address, v6)) return false;
    if (port.empty()) return true;
    const auto* end = port.data() + port.size();
    const auto [rest, error] = std::from_chars(port.data() + 1, end, out.port);
    return port.front() == ':' && port.size() > 1 && error == std::errc{} && rest == end;
}

void read_address(context& ctx, const node& n, listen_address& out) {
    const auto text = read_text(ctx, n, "an address", false);
    if (!text || parse_address(*text, out)) return;
    ctx.out.error(
        n.where,
        ticked(*text) + " is no address to listen on",
        "an IP address with or without a port: 127.0.0.1, 127.0.0.1:1433, \"[::1]:1433\""
    );
}

listen_address read_one(context& ctx, const node& n) {
    listen_address out;
    out.where = n.where;
    if (!n.is_map()) {
        read_address(ctx, n, out);
        return out;
    }
    map_reader map(ctx, n, "an address", {"address", "gate"});
    if (const auto* v = map.need("address", "listen: [{address: 127.0.0.1, gate: refuse}]"))
        read_address(ctx, *v, out);
    if (const auto* v = map.get("gate")) out.gate = read_gate(ctx, *v);
    return out;
}

// `16.0.4115` as PRELOGIN and LOGINACK carry it: major, minor, build (2 bytes, big-endian).
std::optional<std::array<std::uint8_t, 4>> read_version(context& ctx, const node& n) {
    const auto text = read_text(ctx, n, "`version`", false);
    if (!text) return std::nullopt;
    std::array<unsigned, 3> parts{};
    const auto* at = text->data();
    const auto* end = at + text->size();
    bool good = true;
    for (std::size_t i = 0; i < parts.size() && good; ++i) {
        if (i > 0) {
            good = at != end && *at == '.';
            if (good) ++at;
        }
        const auto [rest, error] = std::from_chars(at, end, parts[i]);
        good = good && error == std::errc{} && parts[i] <= (i == 2 ? 0xffffU : 0xffU);
        at = rest;
    }
    if (!good || at != end) {
        ctx.out.error(
            n.where, "`version` must be major.minor.build, not " + ticked(*text), "for example 16.0.4115"
        );
        return std::nullopt;
    }
    return std::array<std::uint8_t, 4>{
        static_cast<std::uint8_t>(parts[0]),
        static_cast<std::uint8_t>(parts[1]),
        static_cast<std::uint8_t>(parts[2] >> 8),
        static_cast<std::uint8_t>(parts[2] & 0xff)
    };
}

void read_tds(context& ctx, const node& n, identity& out) {
    constexpr std::array<std::string_view, 6> words{"7.0", "7.1", "7.2", "7.3", "7.4", "8.0"};
    constexpr std::array versions{
        tds::tds_version::v7_0,
        tds::tds_version::v7_1r1,
        tds::tds_version::v7_2,
        tds::tds_version::v7_3b,
        tds::tds_version::v7_4,
        tds::tds_version::v8_0
    };
    if (const auto index = read_word(ctx, n, "`tds`", words)) out.tds = versions[*index];
}

std::string read_name(context& ctx, const node& n, std::string_view what, std::string otherwise) {
    auto text = read_text(ctx, n, what, false);
    if (!text) return otherwise;
    if (text->size() <= 128) return std::move(*text);
    ctx.out.error(n.where, std::string(what) + " is longer than 128 bytes", "shorten it");
    return otherwise;
}

} // namespace

std::vector<listen_address> read_listen(context& ctx, const node& n) {
    std::vector<listen_address> out;
    if (!n.is_sequence()) {
        out.push_back(read_one(ctx, n));
        return out;
    }
    if (n.items.empty()) {
        ctx.out.error(n.where, "`listen` is an empty list", "leave it out for 127.0.0.1 and a free port");
    }
    for (const auto& item : n.items) {
        auto one = read_one(ctx, item);
        const bool again = std::ranges::any_of(out, [&](const auto& other) {
            return one.port == 0 && other.port == 0 && other.address == one.address && !one.address.empty();
        });
        if (again)
            ctx.out.error(
                item.where, ticked(one.address) + " stands here twice", "keep one, or give them ports"
            );
        out.push_back(std::move(one));
    }
    return out;
}

identity read_identity(context& ctx, const node& n) {
    identity out;
    map_reader map(
        ctx,
        n,
        "`identity`",
        {"name",
         "instance",
         "version",
         "tds",
         "packet-size",
         "encryption",
         "certificate",
         "tls",
         "mars",
         "features",
         "failover-partner"},
        later_identity
    );
    if (const auto* v = map.get("name")) out.name = read_name(ctx, *v, "`name`", out.name);
    if (const auto* v = map.get("instance")) out.instance = read_name(ctx, *v, "`instance`", out.instance);
    if (const auto* v = map.get("version")) out.version = read_version(ctx, *v).value_or(out.version);
    if (const auto* v = map.get("tds")) read_tds(ctx, *v, out);
    read_encryption(ctx, map, out);
    if (const auto* v = map.get("mars")) {
        constexpr std::array<std::string_view, 2> words{"on", "off"};
        if (const auto index = read_word(ctx, *v, "`mars`", words)) out.mars = *index == 0;
    }
    if (const auto* v = map.get("features")) out.features = read_features(ctx, *v);
    if (const auto* v = map.get("failover-partner"))
        out.failover_partner = read_name(ctx, *v, "`failover-partner`", {});
    if (const auto* v = map.get("packet-size")) {
        const auto size = read_number(ctx, *v, "`packet-size`", tds::min_packet_size, tds::max_packet_size);
        out.packet_size = static_cast<std::uint32_t>(size.value_or(out.packet_size));
    }
    return out;
}

} // namespace tdsfake::scenario::reader
