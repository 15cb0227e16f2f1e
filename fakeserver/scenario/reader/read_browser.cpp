#include "scenario/reader/read_browser.hpp"

#include "core/text.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_faults.hpp"
#include "scenario/reader/read_gate.hpp"
#include "scenario/reader/read_servers.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tdsfake::scenario::reader {
namespace {

void check_gate(context& ctx, const gate& phases) {
    for (const auto& phase : phases) {
        if (phase.mode > gate_mode::drop) {
            ctx.out.error(
                phase.where,
                "the gate mode " + ticked(gate_mode_words.at(static_cast<std::size_t>(phase.mode))) +
                    " at the Browser: a datagram is no connect",
                "use `accept`, `refuse` or `drop`, or a fault: `{at: lookup, do: {wait: 600ms}}`"
            );
        }
        if (!phase.attempts) continue;
        ctx.out.error(
            phase.where,
            "`attempts` in the Browser's gate: a datagram is no connect",
            "count with a fault: `{at: lookup, times: 2, do: ignore}`"
        );
    }
}

void check_faults(context& ctx, const std::vector<fault>& faults) {
    for (const auto& f : faults) {
        if (f.per_connection) {
            ctx.out.error(
                f.where, "`per: connection` at the Browser: a datagram has no connection", "leave it out"
            );
        }
        for (const auto& s : f.steps) {
            if (const auto* turn = std::get_if<gate_step>(&s.what)) check_gate(ctx, turn->phases);
        }
    }
}

void check_ports(context& ctx, const std::vector<listen_address>& listen) {
    std::set<std::pair<std::string, std::uint16_t>> seen;
    for (const auto& at : listen) {
        if (at.port == 0 || seen.emplace(at.address, at.port).second) continue;
        ctx.out.error(
            at.where,
            ticked(at.address) + " port " + std::to_string(at.port) + " is listened on twice",
            "remove one"
        );
    }
}

bool asks_for_lookups(const verification& check) {
    if (const auto* counted = std::get_if<count_check>(&check.what)) return counted->of == counter::lookups;
    if (const auto* spaced = std::get_if<spacing_check>(&check.what)) return spaced->of == counter::lookups;
    const auto* seen = std::get_if<seen_check>(&check.what);
    return seen != nullptr && std::ranges::find(seen->at, stage::lookup) != seen->at.end();
}

// The Browser answers with the first server of that instance.
void warn_of_hidden_instances(context& ctx, const std::vector<server>& servers) {
    for (std::size_t i = 0; i < servers.size(); ++i) {
        const auto& instance = servers[i].identity.instance;
        for (std::size_t k = 0; k < i; ++k) {
            if (!core::equals_ignoring_case(servers[k].identity.instance, instance)) continue;
            ctx.out.warning(
                servers[i].where,
                "the servers " + ticked(servers[k].name) + " and " + ticked(servers[i].name) +
                    " are both the instance " + ticked(instance) + ": the Browser finds the first",
                "give each its own: `identity: {instance: …}`"
            );
            break;
        }
    }
}

} // namespace

browser read_browser(context& ctx, const node& n) {
    browser out;
    out.where = n.where;
    map_reader map(ctx, n, "`browser`", {"listen", "gate", "faults"});
    if (const auto* v = map.get("listen")) out.listen = read_listen(ctx, *v);
    if (out.listen.empty()) out.listen.push_back({"127.0.0.1", 0, std::nullopt, n.where});
    if (const auto* v = map.get("gate")) out.gate = read_gate(ctx, *v).value_or(gate{gate_phase{}});
    if (const auto* v = map.get("faults")) out.faults = read_faults(ctx, *v, owner::browser);
    check_gate(ctx, out.gate);
    for (const auto& at : out.listen) {
        if (at.gate) check_gate(ctx, *at.gate);
    }
    check_faults(ctx, out.faults);
    check_ports(ctx, out.listen);
    return out;
}

void check_browser(context& ctx, const scenario& file) {
    if (!file.browser) {
        for (const auto& check : file.verify) {
            if (!asks_for_lookups(check)) continue;
            ctx.out.error(
                check.where,
                "nothing is looked up: this file has no Browser",
                "add `browser: {listen: 127.0.0.1:1434}`"
            );
        }
        return;
    }
    for (const auto& s : file.servers) {
        if (!core::equals_ignoring_case(s.name, browser_name)) continue;
        ctx.out.error(
            s.where, "a server named " + ticked(s.name) + " beside the Browser", "choose another name"
        );
    }
    warn_of_hidden_instances(ctx, file.servers);
}

} // namespace tdsfake::scenario::reader
