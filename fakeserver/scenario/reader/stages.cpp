#include "scenario/reader/stages.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::array all_stages{
    stage::start,
    stage::connect,
    stage::prelogin,
    stage::tls,
    stage::login,
    stage::fedauth,
    stage::sspi,
    stage::batch,
    stage::rpc,
    stage::bulk,
    stage::transaction,
    stage::request,
    stage::query,
    stage::attention,
    stage::idle,
    stage::client_close,
    stage::lookup,
};

constexpr std::array<later_word, 2> later_stages{{
    {"smp", "MARS is not served"},
    {"logout", "TDS 7 has none; the client's FIN is `client-close`", false},
}};

constexpr std::array<later_word, 7> later_conditions{{
    {"session", "use `connection`"},
    {"from", "leave it out"},
    {"to", "use one server per address"},
    {"procedure", "use `sql`"},
    {"status", "leave it out"},
    {"flag", "leave it out"},
    {"seen", "use a signal: raise it at the earlier stage and wait for it with `since`"},
}};

struct condition_key {
    std::string_view word;
    knowledge from;
    std::vector<pattern> condition::* texts;
};
constexpr std::array<condition_key, 12> text_keys{{
    {"encryption", knowledge::prelogin, &condition::encryption},
    {"flight", knowledge::prelogin, &condition::flight},
    {"intent", knowledge::login, &condition::intent},
    {"tds", knowledge::login, &condition::tds},
    {"features", knowledge::login, &condition::features},
    {"user", knowledge::login, &condition::user},
    {"database", knowledge::login, &condition::database},
    {"app", knowledge::login, &condition::app},
    {"host", knowledge::login, &condition::host},
    {"library", knowledge::login, &condition::library},
    {"server-name", knowledge::login, &condition::server_name},
    {"sql", knowledge::sql, &condition::sql},
}};

void report_too_early(
    context& ctx, const node& where, std::string_view word, knowledge from, std::string_view place
) {
    const std::string subject = ticked(word) + " is not known at " + std::string(place);
    switch (from) {
    case knowledge::sql:
        ctx.out.error(
            where.where,
            subject + ": only requests carry SQL",
            "use it at `query`, `batch`, `rpc` or `request`"
        );
        return;
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
    case knowledge::nothing: break;
    }
    ctx.out.error(where.where, subject + ": there is no connection", "leave it out");
}

// Where only a few texts can be asked for, a plain one must be among them.
struct condition_words {
    std::string_view key;
    std::vector<pattern> condition::* texts;
    std::vector<std::string_view> words;
};
void check_words(context& ctx, const map_reader& map, const condition& read) {
    static const std::array<condition_words, 4> few{{
        {"encryption", &condition::encryption, {"off", "on", "not-supported", "required", "strict", "none"}},
        {"flight", &condition::flight, {"client-hello", "client-finished"}},
        {"intent", &condition::intent, {"read-only", "read-write"}},
        {"tds", &condition::tds, {"7.0", "7.1", "7.2", "7.3", "7.4", "8.0"}},
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

} // namespace

knowledge known_at(stage s) noexcept {
    switch (s) {
    case stage::start:
    case stage::lookup: return knowledge::nothing;
    case stage::connect: return knowledge::connection;
    case stage::prelogin:
    case stage::tls: return knowledge::prelogin;
    case stage::login:
    case stage::fedauth:
    case stage::sspi:
    case stage::bulk:
    case stage::transaction:
    case stage::attention:
    case stage::idle:
    case stage::client_close: return knowledge::login;
    case stage::batch:
    case stage::rpc:
    case stage::request:
    case stage::query: break;
    }
    return knowledge::sql;
}

std::optional<tds::reply_kind> reply_at(stage s) noexcept {
    switch (s) {
    case stage::prelogin: return tds::reply_kind::prelogin;
    case stage::login:
    case stage::fedauth:
    case stage::sspi: return tds::reply_kind::login;
    case stage::attention: return tds::reply_kind::attention;
    case stage::lookup: return tds::reply_kind::lookup;
    case stage::batch:
    case stage::rpc:
    case stage::bulk:
    case stage::transaction:
    case stage::request:
    case stage::query: return tds::reply_kind::result;
    case stage::tls:
    case stage::start:
    case stage::connect:
    case stage::idle:
    case stage::client_close: break;
    }
    return std::nullopt;
}

bool has_message(stage s) noexcept {
    return s == stage::client_close || s == stage::tls || reply_at(s).has_value();
}

bool covers(stage wide, stage s) noexcept {
    if (wide == s) return s != stage::start; // every list at `start` runs: each is a timeline of its own
    return wide == stage::request && (s == stage::batch || s == stage::rpc || s == stage::bulk ||
                                      s == stage::transaction || s == stage::query);
}

std::vector<stage> read_stages(context& ctx, const node& n) {
    std::array<std::string_view, all_stages.size()> words;
    std::ranges::transform(all_stages, words.begin(), [](stage s) { return name(s); });
    std::vector<stage> out;
    const auto add = [&](const node& item) {
        const auto* later = std::ranges::find_if(later_stages, [&](const auto& l) {
            return item.is_scalar() && l.word == item.text;
        });
        if (later != later_stages.end()) {
            ctx.out.error(
                item.where,
                later->exists ? "the stage " + ticked(item.text) + " is not served by this version yet"
                              : "there is no stage " + ticked(item.text),
                std::string(later->advice)
            );
            return;
        }
        const auto index = read_word(ctx, item, "`at`", words);
        if (!index) return;
        const auto s = all_stages[*index];
        if (std::ranges::find(out, s) != out.end()) {
            ctx.out.error(item.where, "the stage " + ticked(name(s)) + " stands here twice", "remove one");
            return;
        }
        out.push_back(s);
    };
    if (!n.is_sequence()) {
        add(n);
        return out;
    }
    if (n.items.empty()) ctx.out.error(n.where, "`at` is an empty list", "name one stage at least");
    for (const auto& item : n.items)
        add(item);
    if (out.size() > 1 && std::ranges::find(out, stage::start) != out.end()) {
        ctx.out.error(
            n.where,
            "`start` cannot share a fault with other stages: it has no connection",
            "write two faults"
        );
    }
    return out;
}

bool all_lookups(const std::vector<stage>& stages) noexcept {
    return std::ranges::all_of(stages, [](stage s) { return s == stage::lookup; });
}

condition read_condition(context& ctx, const node& n, knowledge most, std::string_view place, bool lookup) {
    condition out;
    map_reader map(
        ctx,
        n,
        "`when`",
        {"connection",
         "user",
         "database",
         "app",
         "host",
         "library",
         "server-name",
         "sql",
         "instance",
         "request",
         "encryption",
         "flight",
         "intent",
         "tds",
         "features"},
        later_conditions
    );
    if (const auto* value = map.get("connection")) {
        if (most < knowledge::connection)
            report_too_early(ctx, *value, "connection", knowledge::connection, place);
        out.connection = read_number_range(ctx, *value, "`connection`");
        if (out.connection && out.connection->most == 0) {
            ctx.out.error(
                value->where, "connections are counted from 1", "write `connection: 1` for the first"
            );
        }
    }
    for (const auto& key : text_keys) {
        const auto* value = map.get(key.word);
        if (value == nullptr) continue;
        if (most < key.from)
            report_too_early(ctx, *value, key.word, most == knowledge::nothing ? most : key.from, place);
        out.*key.texts = read_patterns(ctx, *value, ticked(key.word));
    }
    for (const auto& [word, texts] :
         {std::pair("instance", &condition::instance), std::pair("request", &condition::request)}) {
        const auto* value = map.get(word);
        if (value == nullptr) continue;
        if (!lookup) {
            ctx.out.error(
                value->where,
                ticked(word) + " is not known at " + std::string(place) + ": the Browser is asked it",
                "use it at `lookup`"
            );
        }
        out.*texts = read_patterns(ctx, *value, ticked(word));
    }
    check_words(ctx, map, out);
    return out;
}

} // namespace tdsfake::scenario::reader
