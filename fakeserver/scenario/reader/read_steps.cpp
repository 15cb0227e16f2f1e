#include "scenario/reader/read_steps.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_condition.hpp"
#include "scenario/reader/read_gate.hpp"
#include "scenario/reader/read_logins.hpp"
#include "scenario/reader/read_messages.hpp"
#include "scenario/reader/read_shapes.hpp"
#include "scenario/reader/read_tokens.hpp"
#include "scenario/reader/stages.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

using stages_of_fault = std::vector<stage>;

constexpr std::array<later_word, 1> later_steps{{
    {"kill", "write `reset: all`, `close: idle` or `vanish: others`", false},
}};

constexpr std::array<std::string_view, 4> target_words{"self", "all", "idle", "others"};

using any_step = decltype(step::what);

// A step's value; null where the step stands as a word alone.
struct step_source {
    const node& at;
    const node* value;
    const stages_of_fault& stages;
};

bool has_value(const step_source& s) { return s.value != nullptr && !s.value->is_null(); }

// Steps such as `wait` mean nothing without a value.
const node* need_value(context& ctx, const step_source& s, std::string_view word, std::string_view example) {
    if (has_value(s)) return s.value;
    ctx.out.error(s.at.where, ticked(word) + " needs a value", "for example `" + std::string(example) + "`");
    return nullptr;
}

template <class Step>
std::optional<any_step> without_value(context& ctx, const step_source& s, std::string_view word) {
    if (has_value(s)) {
        ctx.out.error(
            s.value->where, ticked(word) + " takes no value", "write `" + std::string(word) + "` alone"
        );
    }
    return any_step{Step{}};
}

std::optional<any_step> read_wait(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "wait", "wait: 2s");
    if (value == nullptr) return std::nullopt;
    const auto time = read_duration_range(ctx, *value, "`wait`");
    if (!time) return std::nullopt;
    return any_step{wait_step{*time}};
}

std::optional<any_step> read_signal_step(context& ctx, const step_source& s, bool raises) {
    const std::string_view word = raises ? "signal" : "hold";
    const auto* value = need_value(ctx, s, word, raises ? "signal: up" : "hold: up");
    if (value == nullptr) return std::nullopt;
    auto signal = read_signal(ctx, *value, ticked(word), raises);
    if (!signal) return std::nullopt;
    if (raises) return any_step{signal_step{std::move(*signal)}};
    return any_step{hold_step{std::move(*signal)}};
}

std::optional<any_step> read_reply(context& ctx, const step_source& s) {
    // At `tls` an alert may stand in the place of our flight.
    const auto* alert = has_value(s) && s.value->is_map() ? s.value->find("alert") : nullptr;
    const auto is_tls = [](stage at) { return at == stage::tls; };
    if (alert != nullptr) {
        if (!std::ranges::all_of(s.stages, is_tls)) {
            ctx.out.error(
                alert->where,
                "the reply is an alert at `tls` only, in the place of our flight",
                "elsewhere write `send: {alert: NAME}`"
            );
            return std::nullopt;
        }
        map_reader map(ctx, *s.value, "the reply at `tls`", {"alert"});
        auto what = read_alert(ctx, *alert);
        if (!what) return std::nullopt;
        return any_step{send_step{.what = *what}};
    }
    reply_step out;
    if (has_value(s)) out.overrides = read_overrides(ctx, *s.value, s.stages);
    return any_step{std::move(out)};
}

std::optional<any_step> read_error_step(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "error", "error: 40613");
    if (value == nullptr) return std::nullopt;
    auto error = read_error(ctx, *value);
    if (!error) return std::nullopt;
    return any_step{error_step{std::move(*error), {}}};
}

std::optional<any_step> read_tokens_step(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "tokens", "tokens: [{info: hello}, done]");
    if (value == nullptr) return std::nullopt;
    return any_step{tokens_step{read_tokens(ctx, *value), {}}};
}

std::optional<any_step> read_send(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "send", "send: {hex: 04 01 00 08 00 00 01 00}");
    if (value == nullptr) return std::nullopt;
    auto step = read_send_step(ctx, *value);
    if (!step) return std::nullopt;
    return any_step{std::move(*step)};
}

std::optional<any_step> read_route_step(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "route", "route: {host: node2, port: 1433}");
    if (value == nullptr) return std::nullopt;
    return any_step{read_route(ctx, *value)};
}

std::optional<any_step> read_gate_step(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "gate", "gate: refuse");
    if (value == nullptr) return std::nullopt;
    auto phases = read_gate(ctx, *value);
    if (!phases) return std::nullopt;
    return any_step{gate_step{std::move(*phases)}};
}

std::optional<any_step> read_ending(context& ctx, const step_source& s, ending how, std::string_view word) {
    end_step out;
    out.how = how;
    if (!has_value(s)) return any_step{std::move(out)};
    const auto read_target = [&](const node& n) {
        const auto words = std::span(target_words).subspan(1);
        if (const auto index = read_word(ctx, n, "whom " + ticked(word) + " ends", words)) {
            out.whom = static_cast<target>(*index + 1);
        }
    };
    if (!s.value->is_map()) {
        read_target(*s.value);
        return any_step{std::move(out)};
    }
    map_reader map(ctx, *s.value, ticked(word), {"which", "when", "for", "close-notify"});
    if (const auto* which = map.get("which")) read_target(*which);
    if (const auto* when = map.get("when")) {
        out.when = read_condition(ctx, *when, {.name = "an ending", .most = knowledge::login});
        if (map.get("which") == nullptr) {
            ctx.out.error(
                when->where,
                "`when` chooses among several connections",
                "say which: `" + std::string(word) + ": {which: all, when: …}`"
            );
        }
    }
    if (const auto* lasts = map.get("for")) {
        out.heals_after = read_duration(ctx, *lasts, "`for`");
        if (how != ending::vanish) {
            ctx.out.error(lasts->where, "only `vanish` heals: `for` means nothing here", "leave it out");
        }
    }
    if (const auto* notify = map.get("close-notify")) {
        out.close_notify = read_yes(ctx, *notify, "`close-notify`");
        if (how == ending::reset || how == ending::vanish) {
            ctx.out.error(
                notify->where,
                ticked(word) + " never says that TLS ends: `close-notify` means nothing here",
                "leave it out, or use `close` or `half-close`"
            );
        }
    }
    return any_step{std::move(out)};
}

// A stage or a list of stages, or `{at, when, within}`.
std::optional<any_step> read_expect(context& ctx, const step_source& s) {
    const auto* value = need_value(ctx, s, "expect", "expect: login");
    if (value == nullptr) return std::nullopt;
    const auto line = one_line(*value);
    expect_step out{.text = "expect: " + (value->is_map() ? "{" + line + "}" : line)};
    if (!value->is_map()) {
        out.at = read_stages(ctx, *value, "`expect`");
        return any_step{std::move(out)};
    }
    map_reader map(ctx, *value, "`expect`", {"at", "when", "within"});
    if (const auto* at = map.need("at", "expect: {at: login, within: 5s}")) out.at = read_stages(ctx, *at);
    if (const auto* when = map.get("when")) out.when = read_condition(ctx, *when, at_stages(out.at));
    if (const auto* within = map.get("within")) out.within = read_duration(ctx, *within, "`within`");
    return any_step{std::move(out)};
}

std::optional<any_step> read_stop_reading(context& ctx, const step_source& s) {
    stop_reading_step out;
    if (!has_value(s)) return any_step{out};
    map_reader map(ctx, *s.value, "`stop-reading`", {"for"});
    if (const auto* lasts = map.need("for", "stop-reading: {for: 30s}"))
        out.lasts = read_duration(ctx, *lasts, "`for`");
    return any_step{out};
}

struct step_word {
    std::string_view word;
    std::optional<any_step> (*read)(context&, const step_source&);
};
constexpr std::array<step_word, 18> step_words{{
    {"wait", [](context& c, const step_source& s) { return read_wait(c, s); }},
    {"hold", [](context& c, const step_source& s) { return read_signal_step(c, s, false); }},
    {"stall", [](context& c, const step_source& s) { return without_value<stall_step>(c, s, "stall"); }},
    {"ignore", [](context& c, const step_source& s) { return without_value<ignore_step>(c, s, "ignore"); }},
    {"stay", [](context& c, const step_source& s) { return without_value<stay_step>(c, s, "stay"); }},
    {"reply", [](context& c, const step_source& s) { return read_reply(c, s); }},
    {"error", [](context& c, const step_source& s) { return read_error_step(c, s); }},
    {"tokens", [](context& c, const step_source& s) { return read_tokens_step(c, s); }},
    {"send", [](context& c, const step_source& s) { return read_send(c, s); }},
    {"route", [](context& c, const step_source& s) { return read_route_step(c, s); }},
    {"close", [](context& c, const step_source& s) { return read_ending(c, s, ending::close, "close"); }},
    {"half-close",
     [](context& c, const step_source& s) { return read_ending(c, s, ending::half_close, "half-close"); }},
    {"reset", [](context& c, const step_source& s) { return read_ending(c, s, ending::reset, "reset"); }},
    {"vanish", [](context& c, const step_source& s) { return read_ending(c, s, ending::vanish, "vanish"); }},
    {"gate", [](context& c, const step_source& s) { return read_gate_step(c, s); }},
    {"signal", [](context& c, const step_source& s) { return read_signal_step(c, s, true); }},
    {"expect", [](context& c, const step_source& s) { return read_expect(c, s); }},
    {"stop-reading", [](context& c, const step_source& s) { return read_stop_reading(c, s); }},
}};

const step_word* find_step(std::string_view word) {
    const auto* it = std::ranges::find_if(step_words, [&](const auto& s) { return s.word == word; });
    return it == step_words.end() ? nullptr : it;
}

void report_unknown_step(context& ctx, const node& word, bool shapes_too) {
    std::vector<std::string_view> words;
    words.reserve(step_words.size());
    for (const auto& s : step_words)
        words.push_back(s.word);
    const auto steps = any_of(words);
    if (shapes_too) words.insert(words.end(), shape_words().begin(), shape_words().end());
    const auto step = std::ranges::find(later_steps, word.text, &later_word::word);
    if (step != later_steps.end()) {
        ctx.out.error(
            word.where,
            step->exists ? ticked(word.text) + " is not served by this version yet"
                         : "unknown step " + ticked(word.text),
            std::string(step->advice)
        );
        return;
    }
    ctx.out.error(
        word.where,
        "unknown step " + ticked(word.text),
        did_you_mean(word.text, words, "the steps are " + steps)
    );
}

shapes* shapes_of(step& s) {
    if (auto* r = std::get_if<reply_step>(&s.what)) return &r->shape;
    if (auto* e = std::get_if<error_step>(&s.what)) return &e->shape;
    if (auto* t = std::get_if<tokens_step>(&s.what)) return &t->shape;
    if (auto* d = std::get_if<send_step>(&s.what)) return &d->shape;
    if (auto* t = std::get_if<route_step>(&s.what)) return &t->shape;
    return nullptr;
}

// What the bytes of this step are made of, at any of its stages.
shapable made_of(const step& s, const stages_of_fault& stages) {
    if (std::holds_alternative<send_step>(s.what)) return {.tokens = false, .packets = false};
    if (!std::holds_alternative<reply_step>(s.what)) return {};
    const auto any = [&](stage wanted) { return std::ranges::find(stages, wanted) != stages.end(); };
    return {
        .tokens = !any(stage::prelogin) && !any(stage::tls) && !any(stage::lookup),
        .packets = !any(stage::lookup)
    };
}

void read_shapes_beside(
    context& ctx, const node& n, std::size_t step_at, step& s, const stages_of_fault& stages
) {
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        const auto& key = n.keys[i];
        if (i == step_at || !is_shape(key.text)) continue;
        auto* shape = shapes_of(s);
        if (shape == nullptr) {
            ctx.out.error(
                key.where,
                ticked(key.text) + " shapes what is sent, and " + ticked(name(s)) + " sends nothing",
                "put it beside `reply`, `error`, `tokens` or `send`"
            );
            continue;
        }
        read_shape(ctx, key, n.items[i], made_of(s, stages), *shape);
    }
}

// `{reply: healthy, cut: 20}`: one step, and shapes beside it.
void read_step_map(context& ctx, const node& n, const stages_of_fault& stages, std::vector<step>& out) {
    std::optional<std::size_t> step_at;
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        const auto& key = n.keys[i];
        if (is_shape(key.text)) continue;
        if (find_step(key.text) == nullptr) {
            report_unknown_step(ctx, key, true);
            return;
        }
        if (step_at) {
            ctx.out.error(
                key.where,
                "two steps in one map: " + ticked(n.keys[*step_at].text) + " and " + ticked(key.text),
                "write a list, which says the order: `do: [wait: 1s, reset]`"
            );
            return;
        }
        step_at = i;
    }
    if (!step_at) {
        ctx.out.error(
            n.where,
            "no step here",
            n.keys.empty() ? "for example `do: close`"
                           : "a shape stands beside what it shapes: `{reply: healthy, cut: 20}`"
        );
        return;
    }
    const auto& key = n.keys[*step_at];
    auto what = find_step(key.text)->read(ctx, {key, &n.items[*step_at], stages});
    if (!what) return;
    step s{std::move(*what), n.where};
    read_shapes_beside(ctx, n, *step_at, s, stages);
    out.push_back(std::move(s));
}

void read_step(context& ctx, const node& n, const stages_of_fault& stages, std::vector<step>& out) {
    switch (n.type) {
    case node::kind::null: ctx.out.error(n.where, "no step here", "for example `do: close`"); return;
    case node::kind::sequence:
        ctx.out.error(n.where, "a list inside a list of steps", "write all steps in one list");
        return;
    case node::kind::map: read_step_map(ctx, n, stages, out); return;
    case node::kind::scalar: break;
    }
    if (n.broken) return;
    const auto* word = find_step(n.text);
    if (word == nullptr) {
        report_unknown_step(ctx, n, false);
        return;
    }
    if (auto what = word->read(ctx, {n, nullptr, stages})) out.push_back({std::move(*what), n.where});
}

} // namespace

std::vector<step> read_steps(context& ctx, const node& n, const std::vector<stage>& stages) {
    std::vector<step> out;
    if (!n.is_sequence()) {
        read_step(ctx, n, stages, out);
        return out;
    }
    if (n.items.empty())
        ctx.out.error(n.where, "`do` is an empty list", "name one step at least, for example `close`");
    auto at = stages;
    for (const auto& item : n.items) {
        read_step(ctx, item, at, out);
        // What follows answers to the message that was expected.
        const auto* expected = out.empty() ? nullptr : std::get_if<expect_step>(&out.back().what);
        if (expected != nullptr) at = expected->at;
    }
    return out;
}

} // namespace tdsfake::scenario::reader
