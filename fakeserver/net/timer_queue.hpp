// All timers of the fake on one kernel timer: a connection without one costs nothing.
#pragma once

#include "core/duration.hpp"
#include "world/effect.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <tuple>

namespace tdsfake::net {

// The time since the start of the run. The only clock there is.
class clock {
public:
    [[nodiscard]] core::instant now() const noexcept { return std::chrono::steady_clock::now() - start_; }
    [[nodiscard]] std::chrono::steady_clock::time_point when(core::instant at) const noexcept {
        return start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(at);
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Whose timer it is: a connection, or 0 for the world.
using owner_id = world::connection_id;

class timer_queue {
public:
    using handler = std::function<void(owner_id owner, std::uint32_t timer)>;

    timer_queue(boost::asio::io_context& io, const clock& time, handler expired)
        : timer_(io),
          clock_(time),
          expired_(std::move(expired)) {}

    void start(owner_id owner, std::uint32_t timer, core::instant at);
    void stop(owner_id owner, std::uint32_t timer);
    void stop_all(owner_id owner);

private:
    using entry = std::tuple<core::instant, owner_id, std::uint32_t>;
    void arm();
    void fire();

    boost::asio::steady_timer timer_;
    const clock& clock_;
    handler expired_;
    std::set<entry> by_time_;
    std::set<std::tuple<owner_id, std::uint32_t, core::instant>> by_owner_;
    core::instant armed_for_ = core::instant::max();
    bool firing_ = false;
};

} // namespace tdsfake::net
