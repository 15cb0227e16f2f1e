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
    stage::smp,
    stage::idle,
    stage::client_close,
    stage::lookup,
};

constexpr std::array<later_word, 1> later_stages{{
    {"logout", "TDS 7 has none; the client's FIN is `client-close`", false},
}};

} // namespace

knowledge known_at(stage s) noexcept {
    switch (s) {
    case stage::start:
    case stage::lookup: return knowledge::nothing;
    case stage::connect: return knowledge::connection;
    case stage::prelogin:
    case stage::tls: return knowledge::prelogin;
    default: break;
    }
    return knowledge::login;
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
    case stage::smp:
    case stage::start:
    case stage::connect:
    case stage::idle:
    case stage::client_close: break;
    }
    return std::nullopt;
}

bool has_message(stage s) noexcept {
    return s == stage::client_close || s == stage::tls || s == stage::smp || reply_at(s).has_value();
}

bool covers(stage wide, stage s) noexcept {
    if (wide == s) return s != stage::start; // every list at `start` runs: each is a timeline of its own
    return wide == stage::request && (s == stage::batch || s == stage::rpc || s == stage::bulk ||
                                      s == stage::transaction || s == stage::query);
}

std::vector<stage> read_stages(context& ctx, const node& n, std::string_view what) {
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
        const auto index = read_word(ctx, item, what, words);
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
    if (n.items.empty())
        ctx.out.error(n.where, std::string(what) + " is an empty list", "name one stage at least");
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

} // namespace tdsfake::scenario::reader
