// The fake at work: the servers of a scenario on their sockets, until it is stopped.
#pragma once

#include "journal/journal.hpp"
#include "net/connection_driver.hpp"
#include "net/door.hpp"
#include "net/syn_watch.hpp"
#include "net/timer_queue.hpp"
#include "net/udp_browser.hpp"
#include "scenario/model.hpp"
#include "session/connection.hpp"
#include "world/world.hpp"

#include <boost/asio/io_context.hpp>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tdsfake::net {

// The sockets of each server of a scenario, bound and not yet listening: before it is served, for it may ask
// for its own ports. Throws start_up_error.
using bound_listeners = std::vector<std::vector<std::unique_ptr<listener>>>;
bound_listeners bind_servers(boost::asio::io_context& io, const scenario::scenario& scenario);

class fake {
public:
    // Binds every address; nothing is accepted yet. Throws start_up_error.
    fake(
        boost::asio::io_context& io,
        std::shared_ptr<const scenario::scenario> scenario,
        bound_listeners bound,
        journal::journal& journal,
        session::options options,
        tls::key_log log = {}
    );
    fake(const fake&) = delete;
    fake& operator=(const fake&) = delete;
    ~fake();

    // From here on the addresses behave as scripted, and clocks run.
    void start();

    struct bound_server {
        std::string name;
        std::vector<endpoint> addresses;
    };
    [[nodiscard]] std::vector<bound_server> addresses() const;
    // Of the SQL Server Browser; empty if the scenario has none.
    [[nodiscard]] std::vector<endpoint> browser_addresses() const;
    // The certificates of this run.
    [[nodiscard]] session::tls_contexts& tls() noexcept { return tls_; }
    [[nodiscard]] const world::world& world() const noexcept { return world_; }
    [[nodiscard]] core::instant now() const noexcept { return clock_.now(); }

    // The end of the run: what `verify` says. The process is expected to exit soon after; sockets are left to
    // that.
    [[nodiscard]] std::vector<world::unmet> stop();

private:
    struct server_sockets {
        std::vector<door> doors;
        std::vector<std::unique_ptr<syn_watch>> watches;
    };

    void open_watches(std::uint32_t server);
    void open_browser();
    void accepted(std::uint32_t server, const door& at, listener::accepted connection);
    void syn_seen(std::uint32_t server, const syn& connect);
    void carry_out_effects();
    void execute_gate(std::uint32_t server, std::size_t gate);
    void timer_expired(owner_id owner, std::uint32_t timer);
    void arm_timers();
    void settle_later();
    void settle();
    void answer_late();
    void finished(world::connection_id id);
    void notice(std::uint32_t server, std::string text);

    boost::asio::io_context& io_;
    std::shared_ptr<const scenario::scenario> scenario_;
    journal::journal& journal_;
    session::options options_;
    session::tls_contexts tls_;
    clock clock_;
    world::world world_;
    timer_queue timers_;
    std::vector<std::uint8_t> read_buffer_;
    driver_context context_;
    std::vector<server_sockets> servers_;
    std::unique_ptr<udp_browser> browser_; // none, if the scenario has none
    std::unordered_map<world::connection_id, std::shared_ptr<connection_driver>> connections_;
    bool carrying_out_ = false;
    std::array<core::instant, 2> armed_{}; // the deadline of the world, of late answers
};

} // namespace tdsfake::net
