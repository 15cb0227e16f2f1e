// The words of the language for the values of the model, and what kinds of steps there are.
#include "scenario/model.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario {
namespace {

template <class... Cases>
struct overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

std::string_view name(ending how) noexcept {
    constexpr std::array<std::string_view, 4> words{"close", "half-close", "reset", "vanish"};
    return words[static_cast<std::size_t>(how)];
}

constexpr std::array<condition_key, 19> text_keys{{
    {"from", &condition::from},
    {"to", &condition::to},
    {"encryption", &condition::encryption},
    {"flight", &condition::flight},
    {"user", &condition::user},
    {"database", &condition::database},
    {"app", &condition::app},
    {"host", &condition::host},
    {"library", &condition::library},
    {"server-name", &condition::server_name},
    {"intent", &condition::intent},
    {"tds", &condition::tds},
    {"features", &condition::features},
    {"sql", &condition::sql},
    {"procedure", &condition::procedure},
    {"status", &condition::status},
    {"flag", &condition::flag},
    {"instance", &condition::instance},
    {"request", &condition::request},
}};

} // namespace

std::span<const condition_key> condition_keys() noexcept { return text_keys; }

bool condition::empty() const noexcept {
    return !connection && !session && seen.empty() && fields.empty() &&
           std::ranges::all_of(text_keys, [&](const condition_key& key) {
               return (this->*key.texts).empty();
           });
}

std::string_view name(stage s) noexcept {
    constexpr std::array<std::string_view, 18> words{
        "start",
        "connect",
        "prelogin",
        "tls",
        "login",
        "fedauth",
        "sspi",
        "batch",
        "rpc",
        "bulk",
        "transaction",
        "request",
        "query",
        "attention",
        "smp",
        "idle",
        "client-close",
        "lookup",
    };
    return words[static_cast<std::size_t>(s)];
}

std::string_view name(counter c) noexcept {
    constexpr std::array<std::string_view, 10> words{
        "connections",
        "prelogins",
        "logins",
        "accepted",
        "requests",
        "attentions",
        "abandoned",
        "attempts",
        "open",
        "lookups",
    };
    return words[static_cast<std::size_t>(c)];
}

std::string_view name(const step& s) noexcept {
    using word = std::string_view;
    return std::visit(
        overloaded{
            [](const wait_step&) -> word { return "wait"; },
            [](const hold_step&) -> word { return "hold"; },
            [](const stall_step&) -> word { return "stall"; },
            [](const ignore_step&) -> word { return "ignore"; },
            [](const stay_step&) -> word { return "stay"; },
            [](const reply_step&) -> word { return "reply"; },
            [](const error_step&) -> word { return "error"; },
            [](const tokens_step&) -> word { return "tokens"; },
            [](const send_step&) -> word { return "send"; },
            [](const route_step&) -> word { return "route"; },
            [](const end_step& end) -> word { return name(end.how); },
            [](const gate_step&) -> word { return "gate"; },
            [](const signal_step&) -> word { return "signal"; },
            [](const expect_step&) -> word { return "expect"; },
            [](const stop_reading_step&) -> word { return "stop-reading"; },
        },
        s.what
    );
}

bool answers(const step& s) noexcept {
    return std::holds_alternative<reply_step>(s.what) || std::holds_alternative<error_step>(s.what) ||
           std::holds_alternative<tokens_step>(s.what) || std::holds_alternative<send_step>(s.what) ||
           std::holds_alternative<route_step>(s.what) || std::holds_alternative<ignore_step>(s.what) ||
           std::holds_alternative<stall_step>(s.what);
}

bool is_server_step(const step& s) noexcept {
    if (const auto* end = std::get_if<end_step>(&s.what)) return end->whom != target::self;
    return std::holds_alternative<gate_step>(s.what) || std::holds_alternative<signal_step>(s.what);
}

} // namespace tdsfake::scenario
