#include "scenario/reader/read_servers.hpp"

#include "core/text.hpp"
#include "scenario/reader/dead_faults.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_faults.hpp"
#include "scenario/reader/read_gate.hpp"
#include "scenario/reader/read_logins.hpp"
#include "scenario/reader/read_queries.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace tdsfake::scenario::reader {
namespace {

// What a list of hosts can hold: labels of letters, digits, `-` and `_`, with dots between.
bool is_host_name(std::string_view text) noexcept {
    constexpr std::size_t longest = 253;
    const auto of_a_label = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    if (text.empty() || text.size() > longest || text.front() == '.' || text.back() == '.') return false;
    if (text.find("..") != std::string_view::npos) return false;
    // What ends in a label of digits is taken for an address.
    const auto dot = text.rfind('.');
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (dot != std::string_view::npos && std::ranges::all_of(text.substr(dot + 1), is_digit)) return false;
    return std::ranges::all_of(text, [&](char c) { return c == '.' || of_a_label(c); });
}

// A host name or a list of them.
std::vector<std::string> read_host_names(context& ctx, const node& n) {
    std::vector<std::string> out;
    const auto add = [&](const node& item) {
        auto text = read_text(ctx, item, "a name", false);
        if (!text) return;
        if (!is_host_name(*text)) {
            ctx.out.error(
                item.where, ticked(*text) + " is not a host name", "letters, digits, `-` and dots: `ag.test`"
            );
        }
        out.push_back(std::move(*text));
    };
    if (!n.is_sequence()) {
        add(n);
        return out;
    }
    if (n.items.empty()) ctx.out.error(n.where, "`names` is an empty list", "for example `names: [ag.test]`");
    for (const auto& item : n.items)
        add(item);
    return out;
}

// A word or a list of words.
enforcement read_enforcement(context& ctx, const node& n) {
    constexpr std::array<std::string_view, 4> words{"prelogin", "packet-size", "tls-record", "smp"};
    constexpr std::array<bool enforcement::*, 4> flags{
        &enforcement::prelogin, &enforcement::packet_size, &enforcement::tls_record, &enforcement::smp
    };
    enforcement out;
    const auto add = [&](const node& item) {
        const auto index = read_word(ctx, item, "`enforce`", words);
        if (!index) return;
        if (out.*flags[*index])
            ctx.out.error(item.where, ticked(words[*index]) + " stands here twice", "remove one");
        out.*flags[*index] = true;
    };
    if (!n.is_sequence()) {
        add(n);
        return out;
    }
    if (n.items.empty())
        ctx.out.error(n.where, "`enforce` is an empty list", "for example `enforce: [packet-size]`");
    for (const auto& item : n.items)
        add(item);
    return out;
}

server read_server(context& ctx, const node& n, std::string name) {
    server out;
    out.name = std::move(name);
    out.where = n.where;
    map_reader map(
        ctx, n, "a server", {"listen", "names", "gate", "identity", "logins", "queries", "faults", "enforce"}
    );
    if (const auto* v = map.get("listen")) out.listen = read_listen(ctx, *v);
    if (out.listen.empty()) out.listen.push_back({"127.0.0.1", 0, std::nullopt, n.where});
    if (const auto* v = map.get("names")) out.names = read_host_names(ctx, *v);
    if (const auto* v = map.get("gate")) out.gate = read_gate(ctx, *v).value_or(gate{gate_phase{}});
    if (const auto* v = map.get("identity")) out.identity = read_identity(ctx, *v);
    if (const auto* v = map.get("logins")) out.logins = read_logins(ctx, *v);
    if (const auto* v = map.get("faults")) out.faults = read_faults(ctx, *v, owner::server);
    if (const auto* v = map.get("enforce")) out.enforce = read_enforcement(ctx, *v);
    if (const auto* v = map.get("queries")) out.queries = read_queries(ctx, *v, out.faults);
    warn_of_faults_beyond(ctx, out);
    return out;
}

// A server's name becomes a part of an environment variable: TDSFAKE_NODE_B_PORT.
bool is_server_name(std::string_view text) {
    return is_name(text) && text.find('_') == std::string_view::npos;
}

void read_named_servers(context& ctx, const node& n, std::vector<server>& out) {
    if (!n.is_map() || n.keys.empty()) {
        ctx.out.error(
            n.where,
            "`servers` must be a map of names to servers",
            "for example `servers: {primary: {}, partner: {gate: refuse}}`"
        );
        return;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        const auto& key = n.keys[i];
        if (!is_server_name(key.text)) {
            ctx.out.error(
                key.where,
                ticked(key.text) + " cannot be the name of a server",
                "a letter first, then letters, digits and `-`, 64 at most: it becomes a part of "
                "TDSFAKE_NAME_PORT"
            );
        }
        const auto same = std::ranges::find_if(out, [&](const server& other) {
            return core::equals_ignoring_case(other.name, key.text);
        });
        if (same != out.end()) {
            ctx.out.error(
                key.where,
                "the names " + ticked(key.text) + " and " + ticked(same->name) +
                    " differ in letter case only",
                "choose another name"
            );
        }
        out.push_back(read_server(ctx, n.items[i], key.text));
    }
}

void check_ports(context& ctx, const std::vector<server>& servers) {
    std::set<std::pair<std::string, std::uint16_t>> seen;
    for (const auto& s : servers) {
        for (const auto& at : s.listen) {
            if (at.port == 0 || seen.emplace(at.address, at.port).second) continue;
            ctx.out.error(
                at.where,
                ticked(at.address) + " port " + std::to_string(at.port) + " is listened on twice",
                "leave out the port: a free one is taken"
            );
        }
    }
}

} // namespace

std::vector<server> read_servers(context& ctx, const node& root) {
    std::vector<server> out;
    const auto* one = root.find("server");
    const auto* several = root.find("servers");
    if (one != nullptr && several != nullptr) {
        ctx.out.error(
            several->where,
            "both `server` and `servers`",
            "put all of them into `servers`, each with its name"
        );
    }
    if (several != nullptr) read_named_servers(ctx, *several, out);
    if (one != nullptr) out.push_back(read_server(ctx, *one, "server"));
    if (out.empty()) {
        node healthy;
        healthy.where = root.where;
        out.push_back(read_server(ctx, healthy, "server"));
    }
    check_ports(ctx, out);
    return out;
}

} // namespace tdsfake::scenario::reader
