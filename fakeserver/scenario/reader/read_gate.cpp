#include "scenario/reader/read_gate.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::array<std::string_view, 3> mode_words{"accept", "refuse", "drop"};
constexpr std::array<later_word, 3> later_modes{{
    {"slow", "use `drop` for a time: `[drop: {for: 600ms}, accept]`"},
    {"unreachable", "use `refuse` or `drop`"},
    {"backlog-full", "use `drop`"},
}};

std::optional<gate_mode> read_mode(context& ctx, const node& word) {
    const auto* later = std::ranges::find_if(later_modes, [&](const auto& l) {
        return word.is_scalar() && l.word == word.text;
    });
    if (later != later_modes.end()) {
        ctx.out.error(
            word.where,
            "the gate mode " + ticked(word.text) + " is not served by this version yet",
            std::string(later->advice)
        );
        return std::nullopt;
    }
    const auto index = read_word(ctx, word, "a gate mode", mode_words);
    if (!index) return std::nullopt;
    return static_cast<gate_mode>(*index);
}

// An end that cannot be read still is one: what follows from having none is not reported then.
void read_end(context& ctx, const node& n, gate_phase& phase) {
    map_reader map(ctx, n, "a gate phase", {"for", "until", "attempts"});
    int ends = 0;
    if (const auto* value = map.get("for")) {
        ++ends;
        phase.lasts = read_duration(ctx, *value, "`for`").value_or(core::duration{});
    }
    if (const auto* value = map.get("until")) {
        ++ends;
        phase.until = read_signal(ctx, *value, "`until`", false).value_or("");
    }
    if (const auto* value = map.get("attempts")) {
        ++ends;
        phase.attempts = read_number(ctx, *value, "`attempts`", 1).value_or(1);
    }
    if (ends > 1) {
        ctx.out.error(
            n.where, "a gate phase ends in one way: `for`, `until` or `attempts`", "keep one of them"
        );
    }
}

// `accept` or `{accept: {for: 3s}}`.
std::optional<gate_phase> read_phase(context& ctx, const node& n) {
    gate_phase phase;
    phase.where = n.where;
    if (!n.is_map()) {
        if (n.is_sequence()) {
            ctx.out.error(
                n.where, "a gate phase must be a mode, not a list", "for example `refuse: {for: 3s}`"
            );
            return std::nullopt;
        }
        const auto mode = read_mode(ctx, n);
        if (!mode) return std::nullopt;
        phase.mode = *mode;
        return phase;
    }
    if (n.keys.size() != 1) {
        ctx.out.error(
            n.where,
            "a gate phase is one mode with its end",
            "write phases as a list: `[refuse: {for: 3s}, accept]`"
        );
        return std::nullopt;
    }
    const auto mode = read_mode(ctx, n.keys.front());
    if (!mode) return std::nullopt;
    phase.mode = *mode;
    read_end(ctx, n.items.front(), phase);
    return phase;
}

bool ends(const gate_phase& phase) { return phase.lasts || phase.until || phase.attempts; }

} // namespace

std::optional<gate> read_gate(context& ctx, const node& n) {
    gate phases;
    bool complete = true;
    const auto add = [&](const node& item) {
        if (auto phase = read_phase(ctx, item)) {
            phases.push_back(std::move(*phase));
        } else {
            complete = false;
        }
    };
    if (n.is_sequence()) {
        for (const auto& item : n.items)
            add(item);
        if (n.items.empty()) {
            ctx.out.error(n.where, "`gate` is an empty list", "for example `gate: refuse`");
            return std::nullopt;
        }
    } else {
        add(n);
    }
    if (!complete) return std::nullopt;

    for (std::size_t i = 0; i + 1 < phases.size(); ++i) {
        if (ends(phases[i])) continue;
        ctx.out.error(
            phases[i].where,
            "this gate phase never ends, so the phases after it are never reached",
            "give it an end: `for: 3s`, `until: SIGNAL` or `attempts: 2`"
        );
    }
    if (ends(phases.back())) {
        ctx.out.error(
            phases.back().where,
            "the last gate phase stays for ever, so it can have no end",
            "add what comes after it: `[refuse: {for: 3s}, accept]`"
        );
    }
    return phases;
}

} // namespace tdsfake::scenario::reader
