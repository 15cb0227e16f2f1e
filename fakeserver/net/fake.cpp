#include "net/fake.hpp"

#include "net/filters.hpp"
#include "net/watch_demand.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace tdsfake::net {

namespace {

// Timers of the world, owner 0.
enum world_timer : std::uint32_t { deadline, late, settling };
constexpr core::duration settling_time = std::chrono::microseconds(200);
constexpr std::size_t read_buffer_size = std::size_t{64} << 10;

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
            added.doors.emplace_back(std::move(listeners[i]), listen[i].gate ? ++own_gates : 0);
        }
        std::vector<std::string> addresses;
        for (const auto& at : listen)
            addresses.push_back(at.address);
        addresses.insert(addresses.end(), server.names.begin(), server.names.end());
        const auto number = static_cast<std::uint32_t>(servers_.size() - 1);
        tls_.addresses(number, std::move(addresses));
        const auto& first = added.doors.front().address();
        world_.placed(number, {.host = first.host(), .port = first.port()});
        open_watches(number);
        if (const auto needed = filtered(*scenario_, server); needed && !filters_permitted()) {
            throw start_up_error(
                needed->purpose +
                " needs a socket filter, for which this kernel wants CAP_NET_ADMIN: run as "
                "root or `setcap cap_net_admin,cap_net_raw+ep` the program, or " +
                needed->instead
            );
        }
    }
    if (scenario_->browser) open_browser();
    options_.tls = &tls_;
}

fake::~fake() = default;

void fake::open_browser() {
    std::vector<session::known_instance> instances;
    for (std::size_t s = 0; s < servers_.size(); ++s) {
        const auto port = servers_[s].doors.front().address().port();
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
    const auto [any, needed] = watched(*scenario_, server);
    if (!any && !needed) return; // every connect is seen when it is accepted
    if (!needed && !syn_watch::permitted()) {
        notice(
            s,
            "without CAP_NET_RAW connects that are refused or dropped cannot be seen: they are not in the "
            "journal"
        );
        return;
    }
    auto& watches = servers_[s].watches;
    for (auto& d : servers_[s].doors) {
        const auto same = [&](const auto& w) {
            return w->v6() == d.address().v6() && w->port() == d.address().port();
        };
        auto found = std::ranges::find_if(watches, same);
        if (found == watches.end()) {
            watches.push_back(std::make_unique<syn_watch>(
                io_,
                d.address().v6(),
                d.address().port(),
                needed.value_or(syn_watch::need()),
                [this, s](const syn& connect) { syn_seen(s, connect); }
            ));
            found = std::prev(watches.end());
        }
        d.watched_by(**found);
    }
}

void fake::start() {
    for (std::uint32_t s = 0; s < servers_.size(); ++s) {
        for (auto& d : servers_[s].doors) {
            d.start(
                world_.gate_of(s, d.gate()).phase(),
                [this, s, &d](listener&, listener::accepted c) { accepted(s, d, c); },
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
        for (const auto& d : servers_[s].doors)
            bound.addresses.push_back(d.address());
        result.push_back(std::move(bound));
    }
    return result;
}

void fake::accepted(std::uint32_t s, const door& at, listener::accepted connection) {
    const auto now = clock_.now();
    if (servers_[s].watches.empty()) (void)world_.attempt(s, at.gate(), {}, now);
    auto driver = std::make_shared<connection_driver>(context_, s, options_, connection.socket);
    // The number comes with the opening; effects on this connection wait until it can be found by it.
    const bool outer = std::exchange(carrying_out_, true);
    driver->open(connection.peer, at.local());
    if (!driver->over()) connections_.emplace(driver->id(), driver);
    carrying_out_ = outer;
    if (world_.has_effects()) carry_out_effects();
}

void fake::syn_seen(std::uint32_t s, const syn& connect) {
    auto& doors = servers_[s].doors;
    const auto at = std::ranges::find_if(doors, [&](const door& d) {
        return d.address().port() == connect.to.port() &&
               (d.address().wildcard() || d.address().same_address(connect.to));
    });
    if (at == doors.end() || at->own(connect)) return;
    const auto now = clock_.now();
    if (connect.repeated) {
        at->repeated(connect, now);
        arm_timers();
        return;
    }
    const auto from = connect.from.to_string();
    const auto to = connect.to.to_string();
    if (const auto before = at->met_before(connect)) {
        world_.attempted(s, *before, from, now, to);
        carry_out_effects();
        return;
    }
    const auto met = world_.attempt(s, at->gate(), from, now, to);
    const bool to_be_told = at->decide(connect, met, now);
    // The gate moves on before the last connect of a phase is told: the next one meets the next phase.
    carry_out_effects();
    if (to_be_told) at->answer(connect, met);
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
    arm_timers();
}

void fake::execute_gate(std::uint32_t s, std::size_t gate) {
    if (s == scenario_->browser_index()) {
        browser_->execute_gate(gate);
        return;
    }
    const auto& phase = world_.gate_of(s, gate).phase();
    for (auto& d : servers_[s].doors) {
        if (d.gate() == gate && d.turn(phase)) settle_later();
    }
}

void fake::settle_later() { timers_.start(0, world_timer::settling, clock_.now() + settling_time); }

void fake::settle() {
    bool again = false;
    for (auto& sockets : servers_) {
        for (auto& d : sockets.doors)
            again = d.settle() || again;
    }
    if (again) settle_later();
}

void fake::answer_late() {
    const auto now = clock_.now();
    for (auto& sockets : servers_) {
        for (auto& d : sockets.doors) {
            if (d.answer_late(now)) settle_later();
        }
    }
    arm_timers();
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
    if (timer == world_timer::settling) {
        settle();
        return;
    }
    armed_.at(timer) = {};
    if (timer == world_timer::late) {
        answer_late();
        return;
    }
    world_.expired(clock_.now());
    carry_out_effects();
}

void fake::arm_timers() {
    const auto arm = [this](world_timer which, std::optional<core::instant> next) {
        auto& armed = armed_.at(which);
        if (next.value_or(core::instant()) == armed) return;
        timers_.stop(0, which);
        if (next) timers_.start(0, which, *next);
        armed = next.value_or(core::instant());
    };
    arm(world_timer::deadline, world_.next_deadline());
    std::optional<core::instant> late;
    for (const auto& sockets : servers_) {
        for (const auto& d : sockets.doors) {
            const auto next = d.next_late();
            if (next && (!late || *next < *late)) late = next;
        }
    }
    arm(world_timer::late, late);
}

void fake::finished(world::connection_id id) {
    connections_.erase(id);
    for (auto& sockets : servers_) {
        for (auto& d : sockets.doors)
            d.resume();
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
