#include "scenario/reader/read_verify.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_condition.hpp"
#include "scenario/reader/stages.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

// What is known of the events that a counter counts.
struct counter_info {
    counter of = counter::connections;
    knowledge known = knowledge::nothing;
    bool has_times = true;      // single events with a time each, so that there are gaps between them
    std::optional<stage> reads; // the message that it counts
};
constexpr std::array<counter_info, 10> counters{{
    {counter::connections, knowledge::connection, true, std::nullopt},
    {counter::prelogins, knowledge::prelogin, true, stage::prelogin},
    {counter::logins, knowledge::login, true, stage::login},
    {counter::accepted, knowledge::login, true, std::nullopt},
    {counter::requests, knowledge::login, true, stage::request},
    {counter::attentions, knowledge::login, true, stage::attention},
    {counter::abandoned, knowledge::connection, true, std::nullopt},
    {counter::attempts, knowledge::addresses, true, std::nullopt},
    {counter::lookups, knowledge::nothing, true, stage::lookup},
    {counter::open, knowledge::login, false, std::nullopt},
}};
constexpr std::array<std::string_view, 4> other_checks{"spacing", "closed", "seen", "never"};

std::vector<std::string_view> check_words() {
    std::vector<std::string_view> words;
    words.reserve(counters.size() + other_checks.size());
    for (const auto& c : counters)
        words.push_back(name(c.of));
    words.insert(words.end(), other_checks.begin(), other_checks.end());
    return words;
}

void read_server_of(context& ctx, map_reader& map, verification& out) {
    const auto* v = map.get("server");
    if (v == nullptr) return;
    out.server = read_text(ctx, *v, "`server`", false).value_or("");
    if (!out.server.empty()) ctx.servers_named.push_back({out.server, v->where});
}

// What the Browser is asked, it is asked on behalf of all servers.
void refuse_server_of(context& ctx, map_reader& map) {
    const auto* v = map.get("server");
    if (v == nullptr) return;
    ctx.out.error(v->where, "the Browser belongs to no server", "leave `server` out");
}

void read_moments(context& ctx, map_reader& map, count_check& out) {
    if (const auto* v = map.get("since")) out.since = read_moment(ctx, *v, "`since`");
    const auto* v = map.get("until");
    if (v == nullptr) return;
    out.until = read_moment(ctx, *v, "`until`");
    const auto* from = out.since ? std::get_if<core::duration>(&*out.since) : nullptr;
    const auto* to = out.until ? std::get_if<core::duration>(&*out.until) : nullptr;
    if (from != nullptr && to != nullptr && *to <= *from) {
        ctx.out.error(v->where, "`until` is not after `since`", "both count from ready");
    }
}

// What such an event knows what it asks for.
condition read_when(context& ctx, map_reader& map, const counter_info& info) {
    const auto* v = map.get("when");
    if (v == nullptr) return {};
    place here{.name = ticked(name(info.of)), .most = info.known};
    if (info.reads) here.at = {*info.reads};
    return read_condition(ctx, *v, here);
}

void read_count(context& ctx, const node& n, const counter_info& info, verification& out) {
    count_check check;
    check.of = info.of;
    const auto what = ticked(name(info.of));
    if (!n.is_map()) {
        check.expected = read_number_range(ctx, n, what).value_or(number_range{});
        out.what = std::move(check);
        return;
    }
    map_reader map(ctx, n, what, {"at-least", "at-most", "server", "when", "since", "until"});
    const auto* least = map.get("at-least");
    const auto* most = map.get("at-most");
    if (least == nullptr && most == nullptr) {
        ctx.out.error(
            n.where,
            what + " says no number",
            "for example `{" + std::string(name(info.of)) + ": {at-least: 2, at-most: 2}}`"
        );
    }
    if (least != nullptr) check.expected.least = read_number(ctx, *least, "`at-least`").value_or(0);
    if (most != nullptr) {
        check.expected.most = read_number(ctx, *most, "`at-most`").value_or(check.expected.most);
        if (check.expected.most < check.expected.least) {
            ctx.out.error(most->where, "`at-most` is below `at-least`", "no count can be both");
        }
    }
    const bool lookup = info.of == counter::lookups;
    if (lookup) refuse_server_of(ctx, map);
    read_server_of(ctx, map, out);
    check.when = read_when(ctx, map, info);
    if (info.has_times) {
        read_moments(ctx, map, check);
    } else {
        for (const auto* word : {"since", "until"}) {
            if (const auto* v = map.get(word)) {
                ctx.out.error(
                    v->where,
                    ticked(word) + " with " + what + ": it counts at the end of the run",
                    "leave it out"
                );
            }
        }
    }
    out.what = std::move(check);
}

void read_spacing(context& ctx, const node& n, verification& out) {
    constexpr std::string_view example = "spacing: {of: logins, at-least: 900ms}";
    spacing_check check;
    map_reader map(ctx, n, "`spacing`", {"of", "at-least", "at-most", "growth", "when", "server"});
    if (const auto* v = map.need("of", example)) {
        std::vector<std::string_view> words;
        for (const auto& c : counters) {
            if (c.has_times) words.push_back(name(c.of));
        }
        if (const auto index = read_word(ctx, *v, "`of`", words)) {
            check.of = counters[*index].of;
            check.when = read_when(ctx, map, counters[*index]);
        }
    }
    const auto* least = map.get("at-least");
    const auto* most = map.get("at-most");
    const auto* growth = map.get("growth");
    if (least != nullptr) check.at_least = read_duration(ctx, *least, "`at-least`");
    if (most != nullptr) check.at_most = read_duration(ctx, *most, "`at-most`");
    if (growth != nullptr) check.growth = read_factor(ctx, *growth, "`growth`");
    if (check.at_least && check.at_most && *check.at_most < *check.at_least) {
        ctx.out.error(most->where, "`at-most` is below `at-least`", "no gap can be both");
    }
    if (map.is_map() && least == nullptr && most == nullptr && growth == nullptr) {
        ctx.out.error(n.where, "`spacing` expects nothing", "for example `" + std::string(example) + "`");
    }
    if (check.of == counter::lookups) refuse_server_of(ctx, map);
    read_server_of(ctx, map, out);
    out.what = std::move(check);
}

void read_closed(context& ctx, const node& n, verification& out) {
    constexpr std::array<std::string_view, 2> sides{"client", "server"};
    closed_check check;
    map_reader map(ctx, n, "`closed`", {"by", "of", "when", "within", "server"});
    if (const auto* v = map.need("by", "closed: {by: client, of: prelogin, within: 5s}")) {
        if (const auto index = read_word(ctx, *v, "`by`", sides)) check.by = static_cast<closer>(*index);
    }
    if (const auto* v = map.get("of")) {
        const auto stages = v->is_sequence() ? std::vector<stage>{} : read_stages(ctx, *v);
        if (v->is_sequence())
            ctx.out.error(v->where, "`of` is one stage, not a list", "write a line for each");
        if (!stages.empty() && stages.front() == stage::start) {
            ctx.out.error(
                v->where, "no connection reaches `start`", "`connect` is the first stage of a connection"
            );
        }
        if (!stages.empty() && stages.front() == stage::lookup) {
            ctx.out.error(
                v->where, "`lookup` is no stage of a connection", "name one that connections reach"
            );
        }
        if (!stages.empty()) check.of = stages.front();
    }
    if (const auto* v = map.get("when"))
        check.when = read_condition(ctx, *v, at_stages({check.of.value_or(stage::connect)}));
    if (const auto* v = map.get("within")) check.within = read_duration(ctx, *v, "`within`");
    read_server_of(ctx, map, out);
    out.what = std::move(check);
}

void read_seen(context& ctx, const node& n, bool never, verification& out) {
    seen_check check;
    check.never = never;
    map_reader map(ctx, n, never ? "`never`" : "`seen`", {"at", "when", "server"});
    if (const auto* v = map.need("at", "seen: {at: login, when: {user: sa}}"))
        check.at = read_stages(ctx, *v);
    if (const auto* v = map.get("when")) check.when = read_condition(ctx, *v, at_stages(check.at));
    if (!check.at.empty() && all_lookups(check.at)) refuse_server_of(ctx, map);
    read_server_of(ctx, map, out);
    out.what = std::move(check);
}

void read_check(context& ctx, const node& n, std::vector<verification>& all) {
    if (!n.is_map() || n.keys.size() != 1) {
        ctx.out.error(
            n.where, "a line of `verify` is one check", "for example `verify: [connections: 1, logins: 2..3]`"
        );
        return;
    }
    const auto& key = n.keys.front();
    const auto& value = n.items.front();
    verification out;
    out.where = n.where;
    out.text = one_line(n);
    const auto* count = std::ranges::find_if(counters, [&](const auto& c) { return name(c.of) == key.text; });
    if (count != counters.end()) {
        read_count(ctx, value, *count, out);
    } else if (key.text == "spacing") {
        read_spacing(ctx, value, out);
    } else if (key.text == "closed") {
        read_closed(ctx, value, out);
    } else if (key.text == "seen" || key.text == "never") {
        read_seen(ctx, value, key.text == "never", out);
    } else {
        const auto words = check_words();
        ctx.out.error(
            key.where,
            "unknown check " + ticked(key.text),
            did_you_mean(key.text, words, "the checks are " + any_of(words))
        );
        return;
    }
    all.push_back(std::move(out));
}

} // namespace

std::vector<verification> read_verify(context& ctx, const node& n) {
    std::vector<verification> out;
    if (n.is_null()) return out;
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "`verify` must be a list, not " + std::string(kind_name(n)),
            "for example `verify: [logins: 3]`"
        );
        return out;
    }
    for (const auto& item : n.items)
        read_check(ctx, item, out);
    return out;
}

} // namespace tdsfake::scenario::reader
