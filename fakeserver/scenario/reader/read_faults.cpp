#include "scenario/reader/read_faults.hpp"

#include "scenario/reader/dead_faults.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_condition.hpp"
#include "scenario/reader/read_steps.hpp"
#include "scenario/reader/stages.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

bool has(const std::vector<stage>& stages, stage s) { return std::ranges::find(stages, s) != stages.end(); }

// A message of that stage can be told before it is here whole.
bool comes_in_parts(stage s) {
    return s == stage::prelogin || s == stage::login || s == stage::sspi || s == stage::fedauth ||
           s == stage::batch || s == stage::rpc || s == stage::bulk || s == stage::transaction ||
           s == stage::request;
}

void read_how_often(context& ctx, map_reader& map, fault& out) {
    if (const auto* v = map.get("skip")) out.skip = read_number(ctx, *v, "`skip`").value_or(0);
    if (const auto* v = map.get("every")) out.every = read_number(ctx, *v, "`every`", 1).value_or(1);
    if (const auto* v = map.get("times")) out.times = read_number(ctx, *v, "`times`");
    if (const auto* v = map.get("chance")) out.chance = read_percent(ctx, *v, "`chance`");
    if (const auto* v = map.get("per")) {
        constexpr std::array<std::string_view, 1> words{"connection"};
        out.per_connection = read_word(ctx, *v, "`per`", words).has_value();
    }
    if (const auto* v = map.get("unused")) {
        constexpr std::array<std::string_view, 1> words{"allowed"};
        out.unused_allowed = read_word(ctx, *v, "`unused`", words).has_value();
    }
}

// The time of silence before `idle`, or how much of a message is here.
void read_after(context& ctx, const node& n, fault& out) {
    const bool size = n.is_scalar() && (n.text.ends_with("iB") || std::ranges::all_of(n.text, is_digit));
    if (has(out.at, stage::idle) || out.at.empty()) {
        if (const auto time = read_duration(ctx, n, "`after`")) out.after = *time;
    } else if (!size) {
        ctx.out.error(
            n.where,
            "`after` is the time of silence before `idle`; it means nothing at `" +
                std::string(name(out.at.front())) + "`",
            "a delay is a step: `do: [wait: 5s, …]`"
        );
    } else {
        out.after_bytes = read_size(ctx, n, "`after`");
        for (const auto s : out.at) {
            if (comes_in_parts(s)) continue;
            ctx.out.error(
                n.where,
                "`after` a part of a message: there is none at " + ticked(name(s)),
                s == stage::query ? "use `batch` or `rpc`: the SQL is not known yet"
                                  : "leave it out, or use it at `login`, `batch`, `rpc`, `bulk` …"
            );
        }
    }
}

void read_how_long(context& ctx, map_reader& map, fault& out) {
    if (const auto* v = map.get("since")) out.since = read_moment(ctx, *v, "`since`");
    if (const auto* v = map.get("until")) {
        out.until = read_moment(ctx, *v, "`until`");
        const auto* from = out.since ? std::get_if<core::duration>(&*out.since) : nullptr;
        const auto* to = out.until ? std::get_if<core::duration>(&*out.until) : nullptr;
        if (from != nullptr && to != nullptr && *to <= *from) {
            ctx.out.error(
                v->where, "`until` is not after `since`, so this fault never fires", "both count from ready"
            );
        }
    }
    if (const auto* v = map.get("for")) out.lasts = read_duration(ctx, *v, "`for`");
    if (const auto* v = map.get("after")) {
        read_after(ctx, *v, out);
    }
}

// `start` happens once, at once, so nothing that counts or postpones can go with it.
void check_start(context& ctx, map_reader& map, const fault& f) {
    if (!has(f.at, stage::start)) return;
    for (const auto* word : {"skip", "every", "per", "since", "until", "for"}) {
        if (const auto* v = map.get(word)) {
            ctx.out.error(
                v->where,
                ticked(word) + " at `start`: it happens once, when the server is ready",
                "leave it out; a step `wait` or `hold` postpones what follows"
            );
        }
    }
}

// `lookup` is the Browser's; of the other stages it has `start` only.
void check_owner(context& ctx, const node& at, const fault& f, owner whose) {
    for (const auto s : f.at) {
        if (whose == owner::server && s == stage::lookup) {
            ctx.out.error(
                at.where,
                "`lookup` is no stage of a server: the Browser is asked",
                "write the fault there: `browser: {faults: [{at: lookup, …}]}`"
            );
        } else if (whose == owner::browser && s != stage::lookup && s != stage::start) {
            ctx.out.error(
                at.where,
                ticked(name(s)) + " is no stage of the Browser",
                "its stages are lookup and start; write this fault under `server`"
            );
        }
    }
}

fault read_fault(context& ctx, const node& n, owner whose) {
    fault out;
    out.where = n.where;
    map_reader map(
        ctx,
        n,
        "a fault",
        {"at",
         "when",
         "skip",
         "every",
         "times",
         "chance",
         "per",
         "since",
         "until",
         "for",
         "after",
         "unused",
         "do"}
    );
    if (const auto* v = map.need("at", whose == owner::browser ? "at: lookup" : "at: login")) {
        out.at = read_stages(ctx, *v);
        check_owner(ctx, *v, out, whose);
    }
    read_how_often(ctx, map, out);
    read_how_long(ctx, map, out);
    if (const auto* v = map.get("when")) {
        auto where = at_stages(out.at);
        where.partial = out.after_bytes.has_value();
        out.when = read_condition(ctx, *v, where);
    }
    check_start(ctx, map, out);
    if (const auto* v = map.need("do", "do: close")) {
        out.steps = read_steps(ctx, *v, out.at);
        check_steps(ctx, out.steps, out.at, out.after_bytes.has_value());
        out.text = one_line(*v);
    }
    return out;
}

} // namespace

std::vector<fault> read_faults(context& ctx, const node& n, owner whose) {
    std::vector<fault> out;
    if (n.is_null()) return out;
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "`faults` must be a list, not " + std::string(kind_name(n)),
            "for example `faults: [{at: login, do: close}]`"
        );
        return out;
    }
    for (const auto& item : n.items)
        out.push_back(read_fault(ctx, item, whose));
    warn_of_dead_faults(ctx, out);
    return out;
}

} // namespace tdsfake::scenario::reader
