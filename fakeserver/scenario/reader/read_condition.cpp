#include "scenario/reader/read_condition.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/message_fields.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace tdsfake::scenario::reader {
namespace {

// Keys that ask of the connection, and from when on the answer is known.
struct connection_key {
    std::string_view word;
    knowledge from;
};
constexpr std::array<connection_key, 12> connection_keys{{
    {"from", knowledge::addresses},
    {"to", knowledge::addresses},
    {"encryption", knowledge::prelogin},
    {"intent", knowledge::login},
    {"tds", knowledge::login},
    {"features", knowledge::login},
    {"user", knowledge::login},
    {"database", knowledge::login},
    {"app", knowledge::login},
    {"host", knowledge::login},
    {"library", knowledge::login},
    {"server-name", knowledge::login},
}};

// Keys that ask of a message, and which messages can tell.
struct message_key {
    std::string_view word;
    std::initializer_list<stage> told_at;
    std::string_view why_not;
    std::string_view advice;
};
constexpr std::initializer_list<stage> with_sql{stage::batch, stage::rpc, stage::request, stage::query};
constexpr std::initializer_list<stage> with_procedure{stage::rpc, stage::request, stage::query};
constexpr std::initializer_list<stage> of_requests{
    stage::batch, stage::rpc, stage::bulk, stage::transaction, stage::request, stage::query, stage::attention
};
constexpr std::initializer_list<stage> in_sessions{
    stage::batch,
    stage::rpc,
    stage::bulk,
    stage::transaction,
    stage::request,
    stage::query,
    stage::attention,
    stage::smp
};
constexpr std::initializer_list<stage> at_tls{stage::tls};
constexpr std::initializer_list<stage> at_smp{stage::smp};
constexpr std::initializer_list<stage> at_lookup{stage::lookup};
constexpr std::array<message_key, 8> message_keys{{
    {"sql", with_sql, "only requests carry SQL", "use it at `query`, `batch`, `rpc` or `request`"},
    {"procedure", with_procedure, "only calls name one", "use it at `rpc`, `request` or `query`"},
    {"status", of_requests, "only requests carry it", "use it at `request` or `attention`"},
    {"session",
     in_sessions,
     "only what MARS carries has one",
     "use it at `request`, `query`, `attention` or `smp`"},
    {"flight", at_tls, "it is of the TLS handshake", "use it in a fault at `tls`"},
    {"flag", at_smp, "it is of SMP", "use it at `smp`"},
    {"instance", at_lookup, "the Browser is asked it", "use it at `lookup`"},
    {"request", at_lookup, "the Browser is asked it", "use it at `lookup`"},
}};

const message_key* find_message_key(std::string_view word) {
    const auto* found = std::ranges::find_if(message_keys, [&](const auto& k) { return k.word == word; });
    return found == message_keys.end() ? nullptr : found;
}

void report_too_early(
    context& ctx, const node& where, std::string_view word, knowledge from, const place& at
) {
    const std::string subject = ticked(word) + " is not known at " + at.name;
    if (at.most <= knowledge::addresses) from = knowledge::connection;
    switch (from) {
    case knowledge::login:
        ctx.out.error(
            where.where,
            subject + ": the client sends it with its login",
            "use it at `login` or a later stage; `connection` is known from `connect` on"
        );
        return;
    case knowledge::prelogin:
        ctx.out.error(
            where.where,
            subject + ": nothing was read yet",
            "use it at `prelogin` or a later stage; `connection` is known from `connect` on"
        );
        return;
    case knowledge::connection:
    case knowledge::addresses:
    case knowledge::nothing: break;
    }
    ctx.out.error(where.where, subject + ": there is no connection", "leave it out");
}

void check_known(context& ctx, const node& value, std::string_view word, const place& at) {
    if (at.unknown) return;
    const auto* key = find_message_key(word);
    const bool of_message = (key != nullptr && word != "session") || word == "fields";
    const bool login = std::ranges::find(at.at, stage::login) != at.at.end();
    const auto* own = std::ranges::find_if(connection_keys, [&](const auto& k) { return k.word == word; });
    const bool of_login = own != connection_keys.end() && own->from == knowledge::login && login;
    const bool of_prelogin = word == "encryption" && std::ranges::find(at.at, stage::prelogin) != at.at.end();
    if (at.partial && (of_message || of_login || of_prelogin)) {
        ctx.out.error(
            value.where,
            ticked(word) + " is not known when only a part of the message is here",
            "`connection`, `session`, `from`, `to`, `seen` and what an earlier message told are"
        );
        return;
    }
    if (key != nullptr) {
        const auto untold = std::ranges::find_if(at.at, [&](stage s) {
            return std::ranges::find(key->told_at, s) == key->told_at.end();
        });
        if (!at.at.empty() && untold == at.at.end()) return;
        const auto where = at.at.empty() ? at.name : ticked(name(*untold));
        ctx.out.error(
            value.where,
            ticked(word) + " is not known at " + where + ": " + std::string(key->why_not),
            std::string(key->advice)
        );
        return;
    }
    const auto* from = std::ranges::find_if(connection_keys, [&](const auto& k) { return k.word == word; });
    const auto needed = from == connection_keys.end() ? knowledge::connection : from->from;
    const bool of_datagram = word == "from" && !at.at.empty() && all_lookups(at.at);
    if (at.most < needed && !of_datagram) report_too_early(ctx, value, word, needed, at);
}

// Where only a few texts can be asked for, a plain one must be among them.
struct condition_words {
    std::string_view key;
    std::vector<pattern> condition::* texts;
    std::vector<std::string_view> words;
};
void check_words(context& ctx, const map_reader& map, const condition& read) {
    static const std::array<condition_words, 6> few{{
        {"encryption", &condition::encryption, {"off", "on", "not-supported", "required", "strict", "none"}},
        {"flight", &condition::flight, {"client-hello", "client-finished"}},
        {"intent", &condition::intent, {"read-only", "read-write"}},
        {"tds", &condition::tds, {"7.0", "7.1", "7.2", "7.3", "7.4", "8.0"}},
        {"status", &condition::status, {"reset", "ignore"}},
        {"flag", &condition::flag, {"syn", "ack", "fin"}},
    }};
    for (const auto& [key, texts, words] : few) {
        for (const auto& one : read.*texts) {
            const bool known = std::ranges::any_of(words, [&](auto word) { return one.matches(word); });
            if (known) continue;
            ctx.out.error(
                map.get(key)->where,
                ticked(one.text()) + " is never the " + ticked(key) + " of a client",
                did_you_mean(one.text(), words, "it is " + any_of(words))
            );
        }
    }
}

void read_seen_before(context& ctx, const node& value, const place& at, condition& out) {
    if (!at.unknown && (at.at.empty() || at.most <= knowledge::connection)) {
        ctx.out.error(
            value.where,
            "`seen` is not known at " + at.name + ": nothing can have come before it",
            "use it at `prelogin` or a later stage"
        );
    }
    out.seen = read_stages(ctx, value, "`seen`");
    for (const auto s : out.seen) {
        if (s != stage::start && s != stage::lookup) continue;
        ctx.out.error(
            value.where, ticked(name(s)) + " is not of a connection", "name a stage that a connection reaches"
        );
    }
}

bool is_range(std::string_view text) {
    const auto dots = text.find("..");
    return dots != std::string_view::npos && dots > 0 &&
           text.find_first_not_of("0123456789.") == std::string_view::npos;
}

field_condition read_field(context& ctx, const node& key, const node& value) {
    field_condition out{.name = key.text};
    if (value.is_scalar() && is_range(value.text)) {
        out.numbers = read_number_range(ctx, value, ticked(key.text));
    } else {
        out.texts = read_patterns(ctx, value, ticked(key.text));
        out.absent = std::ranges::any_of(out.texts, [](const pattern& p) { return p.text() == "none"; });
    }
    return out;
}

void read_fields(context& ctx, const node& n, const place& at, condition& out) {
    if (at.partial) return check_known(ctx, n, "fields", at);
    if (!at.unknown &&
        (at.at.empty() || std::ranges::any_of(at.at, [](stage s) { return fields_at(s).empty(); }))) {
        ctx.out.error(
            n.where,
            "`fields` is not known at " + at.name + ": there is no message",
            "use it at a stage at which one is read"
        );
        return;
    }
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            "`fields` must be a map, not " + std::string(kind_name(n)),
            "for example `fields: {packet-size: 8000}`"
        );
        return;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        const auto& key = n.keys[i];
        for (const auto s : at.at) {
            const auto known = fields_at(s);
            if (std::ranges::find(known, key.text) != known.end()) continue;
            ctx.out.error(
                key.where,
                "the journal has no field " + ticked(key.text) + " at " + ticked(name(s)),
                did_you_mean(key.text, known, "it has " + any_of(known))
            );
            break;
        }
        out.fields.push_back(read_field(ctx, key, n.items[i]));
    }
}

// A request with the IGNORE bit is no request any more.
void check_status(context& ctx, const node& value, const place& at, const condition& read) {
    const bool attention = std::ranges::find(at.at, stage::attention) != at.at.end();
    const auto can_be = [&](std::string_view word) { return matches_any(read.status, word); };
    if (at.unknown || attention || read.status.empty() || can_be("reset") || !can_be("ignore")) return;
    ctx.out.error(
        value.where,
        "`status: ignore` never holds at " + at.name + ": a request with that bit is an `attention`",
        "use it at `attention`"
    );
}

} // namespace

place at_stages(const std::vector<stage>& stages) {
    if (stages.empty()) return {.name = "this stage", .most = knowledge::login, .unknown = true};
    const auto least = std::ranges::min_element(stages, [](stage left, stage right) {
        return known_at(left) < known_at(right);
    });
    return {.name = "`" + std::string(name(*least)) + "`", .most = known_at(*least), .at = stages};
}

condition read_condition(context& ctx, const node& n, const place& where) {
    condition out;
    map_reader map(ctx, n, "`when`", {"connection", "session",     "from",     "to",   "encryption",
                                      "flight",     "user",        "database", "app",  "host",
                                      "library",    "server-name", "intent",   "tds",  "features",
                                      "sql",        "procedure",   "status",   "flag", "seen",
                                      "fields",     "instance",    "request"});
    if (const auto* value = map.get("connection")) {
        check_known(ctx, *value, "connection", where);
        out.connection = read_number_range(ctx, *value, "`connection`");
        if (out.connection && out.connection->most == 0) {
            ctx.out.error(
                value->where, "connections are counted from 1", "write `connection: 1` for the first"
            );
        }
    }
    if (const auto* value = map.get("session")) {
        check_known(ctx, *value, "session", where);
        out.session = read_number_range(ctx, *value, "`session`");
    }
    for (const auto& key : condition_keys()) {
        const auto* value = map.get(key.word);
        if (value == nullptr) continue;
        check_known(ctx, *value, key.word, where);
        out.*key.texts = read_patterns(ctx, *value, ticked(key.word));
    }
    if (const auto* value = map.get("seen")) read_seen_before(ctx, *value, where, out);
    if (const auto* value = map.get("fields")) read_fields(ctx, *value, where, out);
    if (const auto* value = map.get("status")) check_status(ctx, *value, where, out);
    check_words(ctx, map, out);
    return out;
}

} // namespace tdsfake::scenario::reader
