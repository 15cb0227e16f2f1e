// One listening address as its gate says: what the kernel answers by itself, and what is answered by hand.
#pragma once

#include "net/listener.hpp"
#include "net/syn_watch.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tdsfake::net {

class door {
public:
    // `gate`: the number of its gate in the world.
    door(std::unique_ptr<listener> socket, std::size_t gate)
        : listener_(std::move(socket)),
          gate_(gate),
          local_(listener_->address().to_string()) {}

    // Sees the connects to this address; none: the kernel answers all of them.
    void watched_by(syn_watch& watch) noexcept { watch_ = &watch; }
    void start(const scenario::gate_phase& first, listener::on_accept accept, listener::on_notice notice);

    [[nodiscard]] std::size_t gate() const noexcept { return gate_; }
    [[nodiscard]] const endpoint& address() const noexcept { return listener_->address(); }
    [[nodiscard]] const std::string& local() const noexcept { return local_; }

    // The gate turned. True: `settle` is to be called about 200 µs later, and again if that says so.
    [[nodiscard]] bool turn(const scenario::gate_phase& to);
    [[nodiscard]] bool settle();
    // Descriptors have run out and one has become free.
    void resume() { listener_->resume(); }

    // --- what the watch sees
    // A connect of ours, which is none.
    [[nodiscard]] bool own(const syn& connect) const noexcept { return listener_->own(connect.from); }
    // The mode that this connect met and the kernel executed, if the gate has turned since.
    [[nodiscard]] std::optional<scenario::gate_mode> met_before(const syn& connect);
    // Lets in or keeps out a connect that met this phase, while the gate still knows it. True: it is to be
    // told, by `answer`, when the gate has moved on.
    [[nodiscard]] bool decide(const syn& connect, const scenario::gate_phase& met, core::instant now);
    void answer(const syn& connect, const scenario::gate_phase& met);
    void repeated(const syn& connect, core::instant now);

    // --- slow: connects that wait for their answer
    [[nodiscard]] std::optional<core::instant> next_late() const;
    // True as with `turn`.
    [[nodiscard]] bool answer_late(core::instant now);

private:
    struct late_connect {
        core::instant due;
        syn connect;
    };
    [[nodiscard]] bool execute();
    [[nodiscard]] listener::mode mode() const;
    void let_in(const syn& connect);
    void answer_later(const syn& connect, core::duration late, core::instant now);
    [[nodiscard]] bool waits(const syn& connect) const;

    std::unique_ptr<listener> listener_;
    syn_watch* watch_ = nullptr;
    std::size_t gate_;
    std::string local_;
    scenario::gate_phase phase_;
    bool by_hand_ = true; // no SYN passes but by our hand, so too before the start
    // The last turn (kernel_time()): what arrived meanwhile met a filter and no answer.
    scenario::gate_mode mode_before_ = scenario::gate_mode::drop;
    bool by_hand_before_ = true;
    std::int64_t turn_began_ = 0;
    std::int64_t turn_ended_ = 0;
    std::deque<late_connect> late_;
    std::deque<std::pair<syn_id, scenario::unreachable>> told_; // in a counted phase: stays so
};

} // namespace tdsfake::net
