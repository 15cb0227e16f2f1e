// What connections share: rules and their counters, gates, signals, lists of server steps, expectations.
// Sans-IO: time comes in as an argument, timers go out as data, effects on connections and gates go out
// through a queue.
#pragma once

#include "journal/journal.hpp"
#include "scenario/model.hpp"
#include "world/effect.hpp"
#include "world/event.hpp"
#include "world/expectations.hpp"
#include "world/gate_machine.hpp"
#include "world/logins.hpp"
#include "world/rules.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tdsfake::world {

// A live connection as the world knows it. Owned by its session; the world keeps a pointer from opened() to
// gone().
struct member {
    connection_id id = 0;
    std::uint32_t server = 0;
    peer who;
    bool idle = false;           // logged in, nothing running
    bool login_answered = false; // accepted or refused
};

class world {
public:
    world(std::shared_ptr<const scenario::scenario> scenario, journal::journal& journal);

    // --- the life of the servers
    void ready(core::instant now); // clocks start, gates open, `start` lists run
    [[nodiscard]] std::optional<core::instant> next_deadline() const;
    void expired(core::instant now);
    void signal(const std::string& name, core::instant now);
    [[nodiscard]] bool raised(const std::string& name) const { return signals_.contains(name); }

    // --- gates: number 0 of a server is for all its addresses without one of their own
    [[nodiscard]] const gate_machine& gate_of(std::uint32_t server, std::size_t gate) const {
        return servers_[server].gates[gate];
    }
    // A connect met the gate; tells what is to become of it, then moves on if it was the last of its phase.
    // `to`: which of the server's addresses.
    scenario::gate_phase attempt(
        std::uint32_t server,
        std::size_t gate,
        std::string_view from,
        core::instant now,
        std::string_view to = {}
    );
    // The same for one that met a phase which is over: nothing moves on.
    void attempted(
        std::uint32_t server,
        scenario::gate_mode met,
        std::string_view from,
        core::instant now,
        std::string_view to = {}
    );

    // --- connections
    void opened(member& m); // sets its id and number
    void gone(member& m, scenario::closer by, core::instant now);
    choice consider(member& m, moment event);
    // The same for a message that no rule is to see: it only counts for `verify`.
    void pass(member& m, moment event);
    // Whether any condition asks for fields of messages: else nobody needs to keep them.
    [[nodiscard]] bool asks_for_fields() const noexcept { return asks_for_fields_; }
    void count(scenario::counter what, const member& m, core::instant now, const message& read = {});
    // A datagram asked the Browser, whose index is scenario().browser_index().
    choice consider_lookup(const lookup& asked, std::string_view from, core::instant now);
    [[nodiscard]] const rules& rules_of(std::uint32_t server) const { return servers_[server].faults; }
    [[nodiscard]] logins& logins_of(std::uint32_t server) { return servers_[server].credentials; }

    // --- queries: one of this server's was answered from; how often, by its place among them
    void answered(std::uint32_t server, const scenario::query& one);
    [[nodiscard]] std::uint64_t answers_of(std::uint32_t server, std::size_t query) const {
        return servers_[server].answers[query];
    }

    // --- where the servers are, for those that are sent to one of them
    struct place {
        std::string host;
        std::uint16_t port = 0;
    };
    void placed(std::uint32_t server, place at) { servers_[server].at = std::move(at); }
    // Of the server with that name; the loader has seen that there is one.
    [[nodiscard]] place place_of(std::string_view server) const;

    // --- `expect`: begun; the message has come; another has, or none: `seen` says what
    void awaits(const member& m, const scenario::step& step);
    void came(const member& m, const scenario::step& step);
    void came_not(const member& m, const scenario::step& step, std::string seen);

    // --- lists
    // The connection is over before its list is.
    void cut_short(std::uint32_t server, const scenario::fault& fault);
    // A list sent an answer with shapes; `problem`: what they ask for and it does not have.
    void shaped(std::uint32_t server, const scenario::fault& fault, std::string problem = {});
    // Performs gate, signal and targeted endings for a list that runs on `origin` (0: none).
    void perform(const scenario::step& step, std::uint32_t server, connection_id origin, core::instant now);
    // Goes on with the server steps (and waits and holds between them) of a list whose connection is over;
    // first with what the list was waiting for.
    struct remainder {
        std::span<const scenario::step> steps;
        std::optional<core::instant> until;
        std::optional<std::string> held_for;
    };
    void outlive(std::uint32_t server, connection_id origin, remainder rest, core::instant now);
    // Asks for a wake effect when the signal is raised.
    void hold(connection_id id, const std::string& signal);
    // A duration of the range, a pure function of seed, step, connection and the caller's own count of draws.
    [[nodiscard]] core::duration draw(
        const scenario::duration_range& range,
        const scenario::location& step,
        connection_id id,
        std::uint64_t nth
    ) const;

    // --- out
    // Also true when next_deadline() may have changed.
    [[nodiscard]] bool has_effects() const noexcept { return !effects_.empty() || deadlines_changed_; }
    std::vector<effect> take_effects() {
        deadlines_changed_ = false;
        return std::exchange(effects_, {});
    }
    [[nodiscard]] std::vector<unmet> judge() const;
    // Lists without a connection that have not come to their end: the steps that are left.
    struct running_list {
        std::uint32_t server = 0;
        std::span<const scenario::step> rest;
    };
    [[nodiscard]] std::vector<running_list> still_running() const;
    [[nodiscard]] const scenario::scenario& scenario() const noexcept { return *scenario_; }
    [[nodiscard]] journal::journal& log() noexcept { return journal_; }
    [[nodiscard]] std::size_t open_connections() const noexcept { return members_.size(); }

private:
    struct server_state {
        server_state(
            const std::vector<scenario::fault>& rules,
            const std::vector<scenario::login_rule>& accounts,
            std::uint64_t seed
        )
            : faults(rules, seed),
              credentials(accounts) {}
        rules faults;
        logins credentials;
        std::vector<std::uint64_t> answers; // by query
        place at;
        std::vector<gate_machine> gates;
        std::uint64_t connections = 0;
    };
    // A list of server steps that runs on its own.
    struct timeline {
        std::uint32_t server = 0;
        connection_id origin = 0;
        std::span<const scenario::step> rest;
        std::optional<core::instant> until;
        std::optional<std::string> held_for;
        std::uint64_t draws = 0;
    };

    void add_server(
        const scenario::gate& gate,
        const std::vector<scenario::listen_address>& listen,
        const std::vector<scenario::fault>& faults,
        const std::vector<scenario::login_rule>& accounts
    );
    std::optional<core::instant> when_raised(const std::string& name) const;
    void add_timeline(timeline list);
    void run(timeline list, core::instant now);
    void end_targets(const scenario::end_step& step, std::uint32_t server, connection_id origin);
    [[nodiscard]] std::string address_of(std::uint32_t server, std::size_t gate) const;
    void gate_changed(std::uint32_t server, std::size_t gate, core::instant now);

    std::shared_ptr<const scenario::scenario> scenario_;
    journal::journal& journal_;
    std::map<std::string, core::instant> signals_;
    std::vector<server_state> servers_; // the Browser's is the last, if there is one
    std::vector<timeline> timelines_;
    std::unordered_map<connection_id, member*> members_;
    std::multimap<std::string, connection_id> holders_;
    std::vector<effect> effects_;
    signal_lookup lookup_;
    expectations expectations_;
    core::instant ready_{};
    connection_id last_id_ = 0;
    bool deadlines_changed_ = false;
    bool asks_for_fields_ = false;
};

} // namespace tdsfake::world
