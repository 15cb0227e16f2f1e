#include "session/browser.hpp"

#include "core/hex.hpp"
#include "session/describe.hpp"
#include "session/shaped_answer.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;

namespace {

// Datagrams whose list waits; a flood of them must not fill the memory.
constexpr std::size_t most_waiting = 10'000;

} // namespace

void browser::received(
    lookup_id lookup,
    std::size_t gate,
    const std::string& from,
    core::byte_view datagram,
    core::instant now,
    browser_actions& out
) {
    if (world_.gate_of(index(), gate).mode() == scenario::gate_mode::drop) {
        note(kind::attempt, now, {{"peer", from}, {"outcome", "dropped"}});
        out.push_back({.what = browser_action::kind::done, .lookup = lookup});
        return;
    }
    auto request = tds::parse_ssrp_request(datagram);
    if (request.has_error()) {
        // A Browser does not answer what it does not understand.
        note(
            kind::violation,
            now,
            {{"reason", "no request of the SQL Server Browser's: " + request.error().message()},
             {"peer", from},
             {"hexdump", datagram.empty() ? std::string("(empty datagram)") : core::hexdump(datagram)}}
        );
        out.push_back({.what = browser_action::kind::done, .lookup = lookup});
        return;
    }
    const world::lookup asked{tds::name(request.value().kind), request.value().instance};
    std::vector<journal::field> about{{"message", "SSRP"}, {"request", asked.request}};
    if (!asked.instance.empty()) about.emplace_back("instance", std::string(asked.instance));
    about.emplace_back("lookup", lookup);
    about.emplace_back("peer", from);
    about.emplace_back("bytes", datagram.size());
    note(kind::received, now, std::move(about));

    const auto chosen = world_.consider_lookup(asked, from, now);
    if (!chosen) {
        answer(lookup, request.value(), {}, nullptr, now, out);
        out.push_back({.what = browser_action::kind::done, .lookup = lookup});
        return;
    }
    note(
        kind::fault,
        now,
        {{"rule", chosen.fault->where.line},
         {"stage", scenario::name(scenario::stage::lookup)},
         {"steps", step_names(*chosen.fault)},
         {"firing", chosen.firing},
         {"lookup", lookup}}
    );
    list l{.fault = chosen.fault, .request = std::move(request.value()), .clock = now};
    if (run(lookup, l, now, out)) {
        out.push_back({.what = browser_action::kind::done, .lookup = lookup});
        return;
    }
    lists_.insert_or_assign(lookup, std::move(l));
}

void browser::timer_expired(lookup_id lookup, core::instant now, browser_actions& out) {
    go_on(lookup, now, out);
}

void browser::woken(const std::string& signal, core::instant now, browser_actions& out) {
    std::vector<lookup_id> freed;
    for (auto& [lookup, l] : lists_) {
        if (l.held_for == nullptr || *l.held_for != signal) continue;
        l.held_for = nullptr;
        freed.push_back(lookup);
    }
    std::ranges::sort(freed); // as they came, whatever the hash table's order
    for (const auto lookup : freed)
        go_on(lookup, now, out);
}

void browser::go_on(lookup_id lookup, core::instant now, browser_actions& out) {
    const auto found = lists_.find(lookup);
    if (found == lists_.end()) return;
    found->second.clock = now; // the next wait is never shorter than said, however late this one ended
    if (!run(lookup, found->second, now, out)) return;
    lists_.erase(lookup);
    out.push_back({.what = browser_action::kind::done, .lookup = lookup});
}

bool browser::run(lookup_id lookup, list& l, core::instant now, browser_actions& out) {
    while (l.next < l.fault->steps.size()) {
        if (!perform(lookup, l, l.fault->steps[l.next++], now, out)) return false;
    }
    if (!l.answered) answer(lookup, l.request, {}, l.fault, now, out);
    return true;
}

// False: the list waits.
bool browser::perform(
    lookup_id lookup, list& l, const scenario::step& step, core::instant now, browser_actions& out
) {
    const bool waits = std::holds_alternative<scenario::wait_step>(step.what) ||
                       std::holds_alternative<scenario::hold_step>(step.what);
    if (waits && lists_.size() >= most_waiting && !lists_.contains(lookup)) {
        if (!std::exchange(told_of_flood_, true)) {
            note(
                kind::notice,
                now,
                {{"text",
                  std::to_string(most_waiting) +
                      " lookups wait: those that would have to wait beside them are not answered"}}
            );
        }
        l.next = l.fault->steps.size();
        l.answered = true;
        return true;
    }
    if (const auto* wait = std::get_if<scenario::wait_step>(&step.what)) {
        l.clock += world_.draw(wait->time, step.where, lookup, ++l.draws);
        if (l.clock <= now) return true;
        out.push_back({.what = browser_action::kind::start_timer, .lookup = lookup, .at = l.clock});
        return false;
    }
    if (const auto* hold = std::get_if<scenario::hold_step>(&step.what)) {
        if (world_.raised(hold->signal)) return true;
        l.held_for = &hold->signal;
        world_.hold(world::browser_id, hold->signal);
        return false;
    }
    if (const auto* reply = std::get_if<scenario::reply_step>(&step.what)) {
        l.answered = true;
        answer(lookup, l.request, *reply, l.fault, now, out);
        return true;
    }
    if (const auto* bytes = std::get_if<scenario::send_step>(&step.what)) {
        l.answered = true;
        send(
            lookup,
            std::get<core::bytes>(bytes->what),
            bytes->shape,
            {{"message", "bytes"}},
            l.fault,
            now,
            out
        );
        return true;
    }
    note(kind::step, now, {{"step", scenario::name(step)}, {"rule", step.where.line}, {"lookup", lookup}});
    if (std::holds_alternative<scenario::ignore_step>(step.what)) {
        l.answered = true;
    } else { // gate, signal, endings of the servers' connections
        world_.perform(step, index(), 0, now);
    }
    return true;
}

void browser::answer(
    lookup_id lookup,
    const tds::ssrp_request& request,
    const scenario::reply_step& how,
    const scenario::fault* by,
    core::instant now,
    browser_actions& out
) {
    auto reply = reply_to(request, instances_, how.overrides);
    if (!reply.problem.empty()) note_misfit(by, std::move(reply.problem), now);
    if (!reply.data) return;
    send(
        lookup,
        std::move(*reply.data),
        how.shape,
        {{"message", "SSRP"}, {"text", std::move(reply.text)}},
        by,
        now,
        out
    );
}

void browser::send(
    lookup_id lookup,
    core::bytes data,
    const scenario::shapes& shape,
    std::vector<journal::field> about,
    const scenario::fault* by,
    core::instant now,
    browser_actions& out
) {
    std::vector<std::string> problems;
    const auto whole = shaped_at_once(std::move(data), shape, problems);
    for (auto& problem : problems)
        note_misfit(by, std::move(problem), now);
    if (by != nullptr && problems.empty() && !shape.empty()) world_.shaped(index(), *by);
    about.emplace_back("lookup", lookup);
    about.emplace_back("bytes", whole.size());
    if (shape.repeat > 1) about.emplace_back("repeat", shape.repeat);
    note(kind::sent, now, std::move(about));
    for (std::uint64_t n = 0; n < shape.repeat; ++n)
        out.push_back({.what = browser_action::kind::send, .lookup = lookup, .data = whole});
}

void browser::note_misfit(const scenario::fault* by, std::string problem, core::instant now) {
    note(kind::notice, now, {{"text", problem}});
    if (by != nullptr) world_.shaped(index(), *by, std::move(problem));
}

void browser::note(kind what, core::instant now, std::vector<journal::field> about) {
    world_.log().add({.what = what, .at = now, .server = index(), .fields = std::move(about)});
}

} // namespace tdsfake::session
