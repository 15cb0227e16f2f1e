#include "world/world.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::world {

using scenario::gate_mode;

namespace {

std::string_view mode_name(gate_mode mode) {
    return scenario::gate_mode_words.at(static_cast<std::size_t>(mode));
}

// What became of a connect.
std::string_view outcome_of(gate_mode mode) {
    constexpr std::array<std::string_view, 6> words{
        "accepted", "refused", "dropped", "delayed", "unreachable", "dropped"
    };
    return words.at(static_cast<std::size_t>(mode));
}

// Of the faults and of verify.
template <class Predicate>
bool any_condition(const scenario::scenario& scenario, Predicate holds) {
    const auto in = [&](const std::vector<scenario::fault>& faults) {
        return std::ranges::any_of(faults, [&](const scenario::fault& f) { return holds(f.when); });
    };
    if (scenario.browser && in(scenario.browser->faults)) return true;
    return std::ranges::any_of(scenario.servers, [&](const auto& s) { return in(s.faults); }) ||
           std::ranges::any_of(scenario.verify, [&](const scenario::verification& check) {
               return std::visit([&](const auto& one) { return holds(one.when); }, check.what);
           });
}

} // namespace

world::world(std::shared_ptr<const scenario::scenario> scenario, journal::journal& journal)
    : scenario_(std::move(scenario)),
      journal_(journal),
      lookup_([this](const std::string& name) { return when_raised(name); }),
      expectations_(*scenario_, lookup_) {
    servers_.reserve(scenario_->servers.size() + 1);
    static const std::vector<scenario::login_rule> nobody;
    for (const auto& server : scenario_->servers) {
        add_server(server.gate, server.listen, server.faults, server.logins);
        servers_.back().answers.resize(server.queries.size());
    }
    if (const auto& browser = scenario_->browser)
        add_server(browser->gate, browser->listen, browser->faults, nobody);
    asks_for_fields_ =
        any_condition(*scenario_, [](const scenario::condition& when) { return !when.fields.empty(); });
}

void world::add_server(
    const scenario::gate& gate,
    const std::vector<scenario::listen_address>& listen,
    const std::vector<scenario::fault>& faults,
    const std::vector<scenario::login_rule>& accounts
) {
    const auto is_raised = [this](const std::string& name) { return raised(name); };
    auto& state = servers_.emplace_back(faults, accounts, scenario_->seed);
    state.gates.emplace_back(gate, is_raised);
    for (const auto& address : listen) {
        if (address.gate) state.gates.emplace_back(*address.gate, is_raised);
    }
}

world::place world::place_of(std::string_view server) const {
    for (std::size_t s = 0; s < scenario_->servers.size(); ++s) {
        if (scenario_->servers[s].name == server) return servers_[s].at;
    }
    return {};
}

void world::ready(core::instant now) {
    ready_ = now;
    expectations_.ready_at(now);
    for (std::uint32_t s = 0; s < servers_.size(); ++s) {
        for (std::size_t g = 0; g < servers_[s].gates.size(); ++g) {
            servers_[s].gates[g].start(now);
            gate_changed(s, g, now);
        }
    }
    for (std::uint32_t s = 0; s < servers_.size(); ++s) {
        const member nobody{.server = s};
        const moment start{.stages = scenario::stage::start, .server = s, .who = &nobody.who, .now = now};
        for (const auto& chosen : servers_[s].faults.consider_each(start, ready_, lookup_)) {
            run({.server = s, .rest = chosen.fault->steps}, now);
        }
    }
}

std::optional<core::instant> world::next_deadline() const {
    std::optional<core::instant> next;
    const auto sooner = [&](const std::optional<core::instant>& at) {
        if (at && (!next || *at < *next)) next = at;
    };
    for (const auto& server : servers_) {
        for (const auto& gate : server.gates)
            sooner(gate.deadline());
    }
    for (const auto& list : timelines_)
        sooner(list.until);
    return next;
}

void world::expired(core::instant now) {
    for (std::uint32_t s = 0; s < servers_.size(); ++s) {
        for (std::size_t g = 0; g < servers_[s].gates.size(); ++g) {
            if (servers_[s].gates[g].expired(now)) gate_changed(s, g, now);
        }
    }
    // The earliest first, whatever the order in which they were added.
    const auto earlier = [](const timeline& a, const timeline& b) {
        return a.until && (!b.until || *a.until < *b.until);
    };
    while (!timelines_.empty()) {
        const auto next = std::ranges::min_element(timelines_, earlier);
        if (!next->until || *next->until > now) break;
        auto due = std::move(*next);
        timelines_.erase(next);
        run(std::move(due), now);
    }
}

void world::signal(const std::string& name, core::instant now) {
    if (!signals_.emplace(name, now).second) return; // stays raised
    journal_.add({.what = journal::kind::signal, .at = now, .fields = {{"name", name}}});
    for (std::uint32_t s = 0; s < servers_.size(); ++s) {
        for (std::size_t g = 0; g < servers_[s].gates.size(); ++g) {
            if (servers_[s].gates[g].raised(name, now)) gate_changed(s, g, now);
        }
    }
    const auto [first, last] = holders_.equal_range(name);
    for (auto it = first; it != last; ++it) {
        effects_.push_back({.what = effect::kind::wake, .connection = it->second, .signal = name});
    }
    holders_.erase(first, last);
    std::vector<timeline> freed;
    std::erase_if(timelines_, [&](timeline& list) {
        if (list.held_for != name) return false;
        freed.push_back(std::move(list));
        return true;
    });
    for (auto& list : freed)
        run(std::move(list), now);
}

scenario::gate_phase world::attempt(
    std::uint32_t server, std::size_t gate, std::string_view from, core::instant now, std::string_view to
) {
    auto& machine = servers_[server].gates[gate];
    auto met = machine.phase();
    attempted(server, met.mode, from, now, to);
    if (machine.attempted(now)) gate_changed(server, gate, now);
    return met;
}

void world::attempted(
    std::uint32_t server, gate_mode met, std::string_view from, core::instant now, std::string_view to
) {
    const peer who{.from = std::string(from), .to = std::string(to)};
    if (met == gate_mode::accept) { // told as `connect`, later
        expectations_.count(scenario::counter::attempts, server, &who, {}, now);
        return;
    }
    journal::event told{
        .what = journal::kind::attempt, .at = now, .server = server, .fields = {{"peer", std::string(from)}}
    };
    if (!to.empty()) told.fields.emplace_back("local", std::string(to));
    told.fields.emplace_back("outcome", outcome_of(met));
    journal_.add(std::move(told));
    expectations_.count(scenario::counter::attempts, server, &who, {}, now, journal_.last_sequence());
}

void world::opened(member& m) {
    m.id = ++last_id_;
    m.who.connection = ++servers_[m.server].connections;
    members_.emplace(m.id, &m);
}

void world::gone(member& m, scenario::closer by, core::instant now) {
    if (members_.erase(m.id) == 0) return;
    std::erase_if(holders_, [&](const auto& holder) { return holder.second == m.id; });
    if (by == scenario::closer::client && !m.login_answered) {
        count(scenario::counter::abandoned, m, now);
    } else {
        expectations_.came_close(
            scenario::counter::abandoned,
            m.server,
            m.who,
            m.login_answered ? "its login was answered" : "the server closed it",
            now,
            journal_.last_sequence()
        );
    }
    expectations_.closed(by, m.server, m.who, now, journal_.last_sequence());
    servers_[m.server].faults.forget(m.who.connection);
}

choice world::consider(member& m, moment event) {
    event.line = journal_.last_sequence();
    if (event.so_far) { // a part of a message has not reached its stage
        event.server = m.server;
        event.who = &m.who;
        return servers_[m.server].faults.consider(event, ready_, lookup_);
    }
    event.server = m.server;
    event.who = &m.who;
    expectations_.reached(event);
    const auto chosen = servers_[m.server].faults.consider(event, ready_, lookup_);
    m.who.seen = m.who.seen | event.stages;
    return chosen;
}

void world::pass(member& m, moment event) {
    event.line = journal_.last_sequence();
    event.server = m.server;
    event.who = &m.who;
    expectations_.reached(event);
    m.who.seen = m.who.seen | event.stages;
}

void world::awaits(const member& m, const scenario::step& step) {
    expectations_.awaits(m.server, m.who, step, journal_.last_sequence());
}

void world::came(const member& m, const scenario::step& step) { expectations_.came(m.server, m.who, step); }

void world::came_not(const member& m, const scenario::step& step, std::string seen) {
    expectations_.came(m.server, m.who, step);
    expectations_.came_not(m.who, step, std::move(seen));
}

void world::count(scenario::counter what, const member& m, core::instant now, const message& read) {
    expectations_.count(what, m.server, &m.who, read, now, journal_.last_sequence());
}

choice world::consider_lookup(const lookup& asked, std::string_view from, core::instant now) {
    const auto server = scenario_->browser_index();
    const peer who{.from = std::string(from), .asked = &asked};
    const moment event{
        .stages = scenario::stage::lookup,
        .server = server,
        .who = &who,
        .now = now,
        .line = journal_.last_sequence()
    };
    expectations_.count(scenario::counter::lookups, server, &who, {}, now, event.line);
    expectations_.reached(event);
    return servers_[server].faults.consider(event, ready_, lookup_);
}

void world::answered(std::uint32_t server, const scenario::query& one) {
    ++servers_[server].answers[static_cast<std::size_t>(&one - scenario_->servers[server].queries.data())];
}

void world::cut_short(std::uint32_t server, const scenario::fault& fault) {
    servers_[server].faults.cut_short(fault);
}

void world::shaped(std::uint32_t server, const scenario::fault& fault, std::string problem) {
    if (!problem.empty()) problem += " (journal line " + std::to_string(journal_.last_sequence()) + ")";
    servers_[server].faults.shaped(fault, std::move(problem));
}

std::vector<unmet> world::judge() const {
    std::vector<open_connection> open;
    open.reserve(members_.size());
    for (const auto& [id, m] : members_)
        open.push_back({m->server, &m->who});
    std::ranges::sort(open, {}, [](const auto& one) { return std::pair(one.server, one.who->connection); });
    auto result = expectations_.judge(open);
    for (std::size_t s = 0; s < servers_.size(); ++s) {
        const auto& faults =
            s < scenario_->servers.size() ? scenario_->servers[s].faults : scenario_->browser->faults;
        for (std::size_t i = 0; i < faults.size(); ++i) {
            const auto& tally = servers_[s].faults.of(i);
            const auto& course = servers_[s].faults.course_of(i);
            if (faults[i].unused_allowed) continue;
            const auto at = std::string(scenario::name(faults[i].at.front()));
            if (course.misshaped > 0 && course.shaped == 0) {
                result.push_back(
                    {"the shapes of the fault at " + at + " apply",
                     faults[i].where.line,
                     "they never did: " + course.problem}
                );
            }
            if (tally.fired > 0) continue;
            const auto matched = tally.matched == 0   ? std::string("no event matched it")
                                 : tally.matched == 1 ? std::string("1 event matched it")
                                                      : std::to_string(tally.matched) + " events matched it";
            result.push_back(
                {"the fault at " + at + " fires",
                 faults[i].where.line,
                 "it never fired: " + matched +
                     (tally.matched == 0 ? servers_[s].faults.nearest(i).told() : std::string())}
            );
        }
    }
    return result;
}

std::optional<core::instant> world::when_raised(const std::string& name) const {
    const auto found = signals_.find(name);
    if (found == signals_.end()) return std::nullopt;
    return found->second;
}

// Of a gate that is not the one for all.
std::string world::address_of(std::uint32_t server, std::size_t gate) const {
    const bool browser = server == scenario_->browser_index();
    for (const auto& one : browser ? scenario_->browser->listen : scenario_->servers[server].listen) {
        if (one.gate && --gate == 0) return one.address;
    }
    return {};
}

void world::gate_changed(std::uint32_t server, std::size_t gate, core::instant now) {
    const auto& phase = servers_[server].gates[gate].phase();
    journal::event turned{
        .what = journal::kind::gate, .at = now, .server = server, .fields = {{"mode", mode_name(phase.mode)}}
    };
    if (gate > 0) turned.fields.emplace_back("address", address_of(server, gate));
    if (phase.mode == gate_mode::slow) turned.fields.emplace_back("late", core::format_duration(phase.late));
    if (phase.mode == gate_mode::unreachable) {
        turned.fields.emplace_back(
            "what", scenario::unreachable_words.at(static_cast<std::size_t>(phase.what))
        );
    }
    journal_.add(std::move(turned));
    effects_.push_back({.what = effect::kind::gate_changed, .server = server, .gate = gate});
}

} // namespace tdsfake::world
