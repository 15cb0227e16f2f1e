#include "scenario/reader/read_gate.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>

namespace tdsfake::scenario::reader {
namespace {

std::optional<gate_mode> read_mode(context& ctx, const node& word) {
    const auto index = read_word(ctx, word, "a gate mode", gate_mode_words);
    if (!index) return std::nullopt;
    return static_cast<gate_mode>(*index);
}

// An end that cannot be read still is one: what follows from having none is not reported then.
void read_end(context& ctx, const map_reader& map, location where, gate_phase& phase) {
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
            where, "a gate phase ends in one way: `for`, `until` or `attempts`", "keep one of them"
        );
    }
}

// What `slow` and `unreachable` say of themselves.
bool read_value(context& ctx, const node& value, gate_phase& phase) {
    const bool slow = phase.mode == gate_mode::slow;
    if (!value.is_scalar()) {
        ctx.out.error(
            value.where,
            slow ? "`slow` needs how late the SYN is answered" : "`unreachable` needs what cannot be reached",
            slow ? "for example `slow: 600ms`; its end stands beside it: `{slow: 600ms, for: 3s}`"
                 : "for example `unreachable: host`; its end stands beside it: `{unreachable: host, for: 3s}`"
        );
        return false;
    }
    if (slow) {
        const auto late = read_duration(ctx, value, "`slow`");
        if (late) phase.late = *late;
        return late.has_value();
    }
    const auto what = read_word(ctx, value, "`unreachable`", unreachable_words);
    if (what) phase.what = static_cast<unreachable>(*what);
    return what.has_value();
}

// The key that names the mode; none if the map is not one phase.
const node* mode_of(const node& map) {
    const auto is_value = [](const node& key) { return key.text == "slow" || key.text == "unreachable"; };
    const auto key = std::ranges::find_if(map.keys, is_value);
    if (key != map.keys.end()) return &*key;
    return map.keys.size() == 1 ? &map.keys.front() : nullptr;
}

// `accept`, `{accept: {for: 3s}}`, `{slow: 600ms, for: 3s}`.
std::optional<gate_phase> read_phase(context& ctx, const node& n) {
    if (n.is_sequence()) {
        ctx.out.error(n.where, "a gate phase must be a mode, not a list", "for example `refuse: {for: 3s}`");
        return std::nullopt;
    }
    const auto* word = n.is_map() ? mode_of(n) : &n;
    if (word == nullptr) {
        ctx.out.error(
            n.where,
            "a gate phase is one mode with its end",
            "write phases as a list: `[refuse: {for: 3s}, accept]`"
        );
        return std::nullopt;
    }
    const auto mode = read_mode(ctx, *word);
    if (!mode) return std::nullopt;
    gate_phase phase;
    phase.where = n.where;
    phase.mode = *mode;
    if (phase.mode == gate_mode::slow || phase.mode == gate_mode::unreachable) {
        node missing;
        missing.where = n.where;
        const auto* value = n.is_map() ? n.find(word->text) : &missing;
        if (!read_value(ctx, *value, phase)) return std::nullopt;
        read_end(
            ctx, map_reader(ctx, n, "a gate phase", {word->text, "for", "until", "attempts"}), n.where, phase
        );
    } else if (n.is_map()) {
        const auto& end = n.items.front();
        read_end(ctx, map_reader(ctx, end, "a gate phase", {"for", "until", "attempts"}), end.where, phase);
    }
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
