#include "net/watch_demand.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

namespace tdsfake::net {

using scenario::gate_mode;

namespace {

// Calls `visit` with every gate a server can ever have.
template <class Visitor>
void each_gate(const scenario::server& server, Visitor visit) {
    visit(server.gate);
    for (const auto& address : server.listen) {
        if (address.gate) visit(*address.gate);
    }
    for (const auto& fault : server.faults) {
        for (const auto& step : fault.steps) {
            if (const auto* gate = std::get_if<scenario::gate_step>(&step.what)) visit(gate->phases);
        }
    }
}

// Whether `verify` counts connects to this server.
bool verifies_attempts(const scenario::scenario& scenario, const scenario::server& server) {
    return std::ranges::any_of(scenario.verify, [&](const scenario::verification& check) {
        if (!check.server.empty() && check.server != server.name) return false;
        const auto* counted = std::get_if<scenario::count_check>(&check.what);
        const auto* spaced = std::get_if<scenario::spacing_check>(&check.what);
        return (counted && counted->of == scenario::counter::attempts) ||
               (spaced && spaced->of == scenario::counter::attempts);
    });
}

} // namespace

std::optional<syn_watch::need> filtered(const scenario::scenario& scenario, const scenario::server& server) {
    std::optional<syn_watch::need> result;
    const auto need = [&](std::string purpose, std::string instead) {
        if (!result) result = {std::move(purpose), std::move(instead)};
    };
    const auto look_at = [&](const scenario::gate& gate, bool turned_to) {
        for (const auto& phase : gate) {
            const bool later = turned_to || &phase != &gate.front();
            if (phase.mode == gate_mode::refuse && later && !phase.attempts)
                need("a gate that turns to `refuse` in front of clients", "begin with `refuse`");
            else if (phase.mode != gate_mode::accept && phase.mode != gate_mode::refuse)
                need("ignoring SYNs (the gate of " + server.name + ")", "use `refuse` instead");
            if (phase.attempts) need("counting connects (`attempts`)", "end the phase by time or signal");
        }
    };
    look_at(server.gate, false);
    for (const auto& address : server.listen) {
        if (address.gate) look_at(*address.gate, false);
    }
    const auto look_at_steps = [&](const std::vector<scenario::fault>& faults, bool gates) {
        for (const auto& fault : faults) {
            for (const auto& step : fault.steps) {
                const auto* end = std::get_if<scenario::end_step>(&step.what);
                if (end != nullptr && end->how == scenario::ending::vanish)
                    need("acknowledging nothing (`vanish`)", "use `stall`, which is silent but acknowledges");
                const auto* gate = std::get_if<scenario::gate_step>(&step.what);
                if (gate != nullptr && gates) look_at(gate->phases, true);
            }
        }
    };
    look_at_steps(server.faults, true);
    if (scenario.browser) look_at_steps(scenario.browser->faults, false);
    return result;
}

demand watched(const scenario::scenario& scenario, const scenario::server& server) {
    demand result;
    const auto need = [&](std::string purpose, std::string instead) {
        if (!result.needed) result.needed = {std::move(purpose), std::move(instead)};
    };
    const auto of_server = " in the gate of " + server.name + ")";
    each_gate(server, [&](const scenario::gate& gate) {
        for (const auto& phase : gate) {
            result.any = result.any || phase.mode != gate_mode::accept;
            if (phase.mode == gate_mode::slow) {
                need(
                    "answering a SYN late (`slow`" + of_server,
                    "delay the answer to PRELOGIN instead: `{at: prelogin, do: {wait: 600ms}}`"
                );
            }
            if (phase.mode == gate_mode::unreachable) {
                need(
                    "answering a SYN with ICMP (`unreachable`" + of_server, "use `refuse` or `drop` instead"
                );
            }
            if (phase.attempts) {
                need(
                    "counting connects (`attempts`" + of_server,
                    "end the phase by time or signal instead (`for: 2s`, `until: NAME`)"
                );
            }
        }
    });
    if (result.any && verifies_attempts(scenario, server)) {
        need("counting refused or dropped connects (`attempts` in verify)", "leave `attempts` out of verify");
    }
    return result;
}

} // namespace tdsfake::net
