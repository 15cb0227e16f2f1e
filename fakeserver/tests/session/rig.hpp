// The house without its cellar: a world, its journal and its connections, with time, sockets and timers in
// the hands of a test. Does what `net` does with actions and effects, at once.
#pragma once

#include "journal/journal.hpp"
#include "session/connection.hpp"
#include "world/world.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session::testing {

// What raises every conversation's last rule, {at: start, do: [hold: …, reset: all]}.
inline constexpr std::string_view cancel_signal = "the-test-cancels";

// One connection as its client sees it.
struct peer {
    std::unique_ptr<connection> link;
    core::bytes unread;                // from the server, not looked at by the test yet
    core::bytes everything;            // all that ever came
    std::vector<core::bytes> writes;   // what left at once
    std::vector<core::bytes> segments; // pieces that are TCP segments of their own, as they came
    std::map<std::uint32_t, core::instant> timers;
    std::string ended; // "FIN" or "RST", from the server
    bool half_closed = false;
    bool vanished = false;
    std::optional<core::duration> heals_after;
    bool stopped = false; // reading, by `stop-reading`
    std::optional<core::instant> reads_again;
    core::bytes kept;                                  // what came meanwhile
    std::size_t reads_at_most = std::size_t{64} << 20; // of a generated result
    bool silent_from_here = false;                     // any further action but `stop_timer` is a failure
    std::vector<std::string> misdeeds;
};

class rig {
public:
    explicit rig(std::shared_ptr<const scenario::scenario> scenario, options opts = {});
    rig(const rig&) = delete;
    rig& operator=(const rig&) = delete;
    ~rig();

    void connect(); // the next peer
    void receive(std::size_t who, core::byte_view data);
    void fin(std::size_t who);
    void rst(std::size_t who);
    void raise(const std::string& signal);
    // Fires what is due up to then, each at its time.
    void advance_to(core::instant until);

    [[nodiscard]] core::instant now() const noexcept { return now_; }
    [[nodiscard]] peer& at(std::size_t who) { return *peers_.at(who); }
    [[nodiscard]] std::size_t peers() const noexcept { return peers_.size(); }
    [[nodiscard]] world::world& the_world() noexcept { return world_; }
    [[nodiscard]] const std::vector<journal::event>& events();

private:
    template <class Input>
    void give(peer& p, Input input);
    void carry_out(peer& p, actions& wanted);
    void read_on(peer& p);
    void carry_out_effects();

    std::shared_ptr<const scenario::scenario> scenario_;
    options options_;
    journal::journal journal_{1, std::size_t{1} << 20};
    std::shared_ptr<journal::cursor> cursor_;
    tls_contexts tls_;
    world::world world_;
    std::vector<std::unique_ptr<peer>> peers_;
    std::vector<journal::event> events_;
    core::instant now_{};
};

// "name=value name=value", as the journal has them.
std::string fields_of(const journal::event& event);

} // namespace tdsfake::session::testing
