#include "net/fake.hpp"

#include <algorithm>
#include <limits>

namespace tdsfake::net {

using scenario::gate_mode;

namespace {

// Timers of the world, owner 0.
enum world_timer : std::uint32_t { deadline = 1, settle };
constexpr core::duration settling_time = std::chrono::microseconds(200);
constexpr std::size_t read_buffer_size = std::size_t{64} << 10;

bool all_of_gate(const scenario::gate& gate, gate_mode mode) {
    return std::ranges::all_of(gate, [&](const auto& phase) { return phase.mode == mode; });
}
bool counts(const scenario::gate& gate) {
    return std::ranges::any_of(gate, [](const auto& phase) { return phase.attempts.has_value(); });
}

listener::mode mode_for(const world::gate_machine& gate) {
    if (gate.counting() || gate.mode() == gate_mode::drop) return listener::mode::guarded;
    return gate.mode() == gate_mode::refuse ? listener::mode::shut : listener::mode::open;
}

// Calls `visit` with every gate a server can ever have.
template <class Visitor>
void each_gate(const scenario::server& server, Visitor visit) {
    visit(server.gate);
    for (const auto& address : server.listen) {
        if (address.gate) visit(*address.gate);
    }
    for (const auto& fault : server.faults) {
        for (const auto& step : fault.steps) {
            if (const auto* gate = std::get_if<scenario::gate_step>(&step.what)) visit(gate->phases);
        }
    }
}

// Whether `verify` counts connects to this server.
bool verifies_attempts(const scenario::scenario& scenario, const scenario::server& server) {
    return std::ranges::any_of(scenario.verify, [&](const scenario::verification& check) {
        if (!check.server.empty() && check.server != server.name) return false;
        const auto* counted = std::get_if<scenario::count_check>(&check.what);
        const auto* spaced = std::get_if<scenario::spacing_check>(&check.what);
        return (counted && counted->of == scenario::counter::attempts) ||
               (spaced && spaced->of == scenario::counter::attempts);
    });
}

std::vector<scenario::listen_address> addresses_of(const scenario::server& server) {
    if (server.listen.empty()) return {{.address = "127.0.0.1"}};
    return server.listen;
}

} // namespace

bound_listeners bind_servers(boost::asio::io_context& io, const scenario::scenario& scenario) {
    bound_listeners out;
    for (const auto& server : scenario.servers) {
        std::vector<endpoint> wanted;
        for (const auto& at : addresses_of(server)) {
            const auto parsed = endpoint::parse(at.address, at.port);
            if (!parsed)
                throw start_up_error("cannot listen on \"" + at.address + "\": not an IPv4 or IPv6 address");
            wanted.push_back(*parsed);
        }
        out.push_back(bind_all(io, wanted));
    }
    return out;
}

fake::fake(
    boost::asio::io_context& io,
    std::shared_ptr<const scenario::scenario> scenario,
    bound_listeners bound,
    journal::journal& journal,
    session::options options,
    tls::key_log log
)
    : io_(io),
      scenario_(std::move(scenario)),
      journal_(journal),
      options_(options),
      tls_(*scenario_, std::move(log)),
      world_(scenario_, journal),
      timers_(io, clock_, [this](owner_id owner, std::uint32_t timer) { timer_expired(owner, timer); }),
      read_buffer_(read_buffer_size),
      context_{
          .io = io,
          .world = world_,
          .time = clock_,
          .timers = timers_,
          .read_buffer = read_buffer_,
          .after_input = [this] { carry_out_effects(); },
          .finished = [this](world::connection_id id) { finished(id); },
      } {
    for (const auto& server : scenario_->servers) {
        const auto listen = addresses_of(server);
        auto& listeners = bound[servers_.size()];
        auto& added = servers_.emplace_back();
        std::size_t own_gates = 0;
        for (std::size_t i = 0; i < listeners.size(); ++i) {
            added.addresses.push_back(
                {.listener = std::move(listeners[i]), .gate = listen[i].gate ? ++own_gates : 0}
            );
            added.addresses.back().local = added.addresses.back().listener->address().to_string();
        }
        std::vector<std::string> addresses;
        for (const auto& at : listen)
            addresses.push_back(at.address);
        const auto number = static_cast<std::uint32_t>(servers_.size() - 1);
        tls_.addresses(number, std::move(addresses));
        const auto& first = added.addresses.front().listener->address();
        world_.placed(number, {.host = first.host(), .port = first.port()});
        open_watches(number);
    }
    if (scenario_->browser) open_browser();
    options_.tls = &tls_;
}

fake::~fake() = default;

void fake::open_browser() {
    std::vector<session::known_instance> instances;
    for (std::size_t s = 0; s < servers_.size(); ++s) {
        const auto port = servers_[s].addresses.front().listener->address().port();
        instances.push_back(session::known_as(scenario_->servers[s], port));
    }
    browser_ = std::make_unique<udp_browser>(io_, world_, clock_, timers_, std::move(instances), [this] {
        carry_out_effects();
    });
}

std::vector<endpoint> fake::browser_addresses() const {
    return browser_ ? browser_->addresses() : std::vector<endpoint>();
}

void fake::open_watches(std::uint32_t s) {
    const auto& server = scenario_->servers[s];
    bool counted = false;
    bool only_accepts = true;
    each_gate(server, [&](const scenario::gate& gate) {
        counted = counted || counts(gate);
        only_accepts = only_accepts && all_of_gate(gate, gate_mode::accept);
    });
    if (only_accepts && !counted) return; // every connect is seen when it is accepted
    const bool verified = verifies_attempts(*scenario_, server);
    if (!counted && !verified && !syn_watch::permitted()) {
        notice(
            s,
            "without CAP_NET_RAW connects that are refused or dropped cannot be seen: they are not in the "
            "journal"
        );
        return;
    }
    const std::string purpose = counted ? "counting connects (`attempts` in the gate of " + server.name + ")"
                                        : "counting refused or dropped connects (`attempts` in verify)";
    for (const bool v6 : {false, true}) {
        const auto same_family = [&](const bound_address& a) { return a.listener->address().v6() == v6; };
        std::vector<std::uint16_t> ports;
        for (const auto& a : servers_[s].addresses) {
            if (same_family(a)) ports.push_back(a.listener->address().port());
        }
        std::ranges::sort(ports);
        ports.erase(std::ranges::unique(ports).begin(), ports.end());
        for (const auto port : ports) {
            servers_[s].watches.push_back(std::make_unique<syn_watch>(
                io_, v6, port, purpose, [this, s](const syn& connect) { syn_seen(s, connect); }
            ));
        }
    }
}

void fake::start() {
    for (std::uint32_t s = 0; s < servers_.size(); ++s) {
        for (auto& a : servers_[s].addresses) {
            a.listener->start(
                mode_for(world_.gate_of(s, a.gate)),
                [this, s, &a](listener&, listener::accepted c) { accepted(s, a, c); },
                [this, s](std::string text) { notice(s, std::move(text)); }
            );
        }
    }
    if (browser_) browser_->start();
    world_.ready(clock_.now());
    carry_out_effects();
}

std::vector<fake::bound_server> fake::addresses() const {
    std::vector<bound_server> result;
    for (std::size_t s = 0; s < servers_.size(); ++s) {
        bound_server bound{.name = scenario_->servers[s].name};
        for (const auto& a : servers_[s].addresses)
            bound.addresses.push_back(a.listener->address());
        result.push_back(std::move(bound));
    }
    return result;
}

void fake::accepted(std::uint32_t s, const bound_address& at, listener::accepted connection) {
    const auto now = clock_.now();
    if (servers_[s].watches.empty()) world_.attempt(s, at.gate, {}, now);
    auto driver = std::make_shared<connection_driver>(context_, s, options_, connection.socket);
    // The number comes with the opening; effects on this connection wait until it can be found by it.
    const bool outer = std::exchange(carrying_out_, true);
    driver->open(connection.peer, at.local);
    if (!driver->over()) connections_.emplace(driver->id(), driver);
    carrying_out_ = outer;
    if (world_.has_effects()) carry_out_effects();
}

void fake::syn_seen(std::uint32_t s, const syn& connect) {
    auto& server = servers_[s];
    const auto at = std::ranges::find_if(server.addresses, [&](const bound_address& a) {
        const auto& address = a.listener->address();
        return address.port() == connect.to.port() &&
               (address.wildcard() || address.same_address(connect.to));
    });
    if (at == server.addresses.end()) return;
    const bool counting = world_.gate_of(s, at->gate).counting();
    const auto fate = world_.attempt(s, at->gate, connect.from.to_string(), clock_.now());
    auto& watch = **std::ranges::find_if(server.watches, [&](const auto& w) {
        return w->v6() == connect.to.v6() && w->port() == connect.to.port();
    });
    if (counting) {
        if (fate == gate_mode::drop) at->listener->drop_for_good(connect.id);
        if (fate == gate_mode::accept) {
            // Let in while the gate still knows it.
            at->listener->admit(connect.id);
            watch.readmit(connect);
        }
        // The gate moves on before the last connect of a phase is refused: the next one meets the next phase.
        carry_out_effects();
        if (fate == gate_mode::refuse) watch.refuse(connect);
        return;
    }
    // The kernel has answered, except where the SYN met the filter of a gate that was turning: its silence is
    // not what the gate says now.
    const bool before_the_end = connect.arrived < at->turn_ended;
    const bool unanswered =
        fate == gate_mode::refuse ? before_the_end && connect.arrived >= at->turn_began : before_the_end;
    carry_out_effects();
    if (unanswered && fate == gate_mode::refuse) watch.refuse(connect);
    if (unanswered && fate == gate_mode::accept) watch.readmit(connect);
}

void fake::carry_out_effects() {
    // Effects cause others; they are taken in turn, not inside each other.
    if (std::exchange(carrying_out_, true)) return;
    while (world_.has_effects()) {
        for (const auto& effect : world_.take_effects()) {
            if (effect.what == world::effect::kind::gate_changed) {
                execute_gate(effect.server, effect.gate);
                continue;
            }
            if (effect.connection == world::browser_id) {
                browser_->woken(effect.signal);
                continue;
            }
            const auto found = connections_.find(effect.connection);
            if (found == connections_.end()) continue;
            const auto driver = found->second; // may end itself
            if (effect.what == world::effect::kind::wake) {
                driver->woken(effect.signal);
            } else {
                driver->end(effect.how, effect.heals_after, effect.close_notify);
            }
        }
    }
    carrying_out_ = false;
    arm_world_timer();
}

void fake::execute_gate(std::uint32_t s, std::size_t gate) {
    if (s == scenario_->browser_index()) {
        browser_->execute_gate(gate);
        return;
    }
    const auto& machine = world_.gate_of(s, gate);
    for (auto& a : servers_[s].addresses) {
        if (a.gate != gate) continue;
        a.turn_began = kernel_time();
        if (a.listener->change(mode_for(machine))) {
            a.turn_ended = std::numeric_limits<std::int64_t>::max(); // until it has settled
            timers_.start(0, world_timer::settle, clock_.now() + settling_time);
        } else {
            a.turn_ended = kernel_time();
        }
    }
}

void fake::timer_expired(owner_id owner, std::uint32_t timer) {
    if (owner == world::browser_id) {
        browser_->timer_expired(timer);
        return;
    }
    if (owner != 0) {
        const auto found = connections_.find(owner);
        if (found == connections_.end()) return;
        const auto driver = found->second;
        driver->timer_expired(timer);
        return;
    }
    if (timer == world_timer::settle) {
        bool again = false;
        for (auto& sockets : servers_) {
            for (auto& a : sockets.addresses) {
                again = a.listener->settle() || again;
                a.turn_ended = std::min(a.turn_ended, kernel_time());
            }
        }
        if (again) timers_.start(0, world_timer::settle, clock_.now() + settling_time);
        return;
    }
    world_timer_ = {};
    world_.expired(clock_.now());
    carry_out_effects();
}

void fake::arm_world_timer() {
    const auto next = world_.next_deadline();
    if (!next) {
        timers_.stop(0, world_timer::deadline);
        world_timer_ = {};
        return;
    }
    if (*next == world_timer_) return;
    timers_.stop(0, world_timer::deadline);
    timers_.start(0, world_timer::deadline, *next);
    world_timer_ = *next;
}

void fake::finished(world::connection_id id) {
    connections_.erase(id);
    for (auto& sockets : servers_) {
        for (auto& a : sockets.addresses)
            a.listener->resume();
    }
}

void fake::notice(std::uint32_t server, std::string text) {
    journal_.add(
        {.what = journal::kind::notice,
         .at = clock_.now(),
         .server = server,
         .fields = {{"text", std::move(text)}}}
    );
}

std::vector<world::unmet> fake::stop() {
    for (const auto& [id, driver] : connections_)
        driver->keep_silent_at_exit();
    return world_.judge();
}

} // namespace tdsfake::net
