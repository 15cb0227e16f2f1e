#include "net/timer_queue.hpp"

namespace tdsfake::net {

void timer_queue::start(owner_id owner, std::uint32_t timer, core::instant at) {
    by_time_.emplace(at, owner, timer);
    by_owner_.emplace(owner, timer, at);
    if (at < armed_for_ && !firing_) arm();
}

void timer_queue::stop(owner_id owner, std::uint32_t timer) {
    const auto found = by_owner_.lower_bound({owner, timer, core::instant::min()});
    if (found == by_owner_.end() || std::get<0>(*found) != owner || std::get<1>(*found) != timer) return;
    by_time_.erase({std::get<2>(*found), owner, timer});
    by_owner_.erase(found);
}

void timer_queue::stop_all(owner_id owner) {
    auto at = by_owner_.lower_bound({owner, 0, core::instant::min()});
    while (at != by_owner_.end() && std::get<0>(*at) == owner) {
        by_time_.erase({std::get<2>(*at), owner, std::get<1>(*at)});
        at = by_owner_.erase(at);
    }
}

void timer_queue::arm() {
    if (by_time_.empty()) {
        armed_for_ = core::instant::max();
        return;
    }
    armed_for_ = std::get<0>(*by_time_.begin());
    timer_.expires_at(clock_.when(armed_for_));
    timer_.async_wait([this](const boost::system::error_code& failure) {
        if (!failure) fire();
    });
}

void timer_queue::fire() {
    firing_ = true;
    // What is due now goes; what becomes due meanwhile waits for the next turn, so that sockets get theirs.
    const auto now = clock_.now();
    while (!by_time_.empty() && std::get<0>(*by_time_.begin()) <= now) {
        const auto [at, owner, timer] = *by_time_.begin();
        by_time_.erase(by_time_.begin());
        by_owner_.erase({owner, timer, at});
        expired_(owner, timer);
    }
    firing_ = false;
    arm();
}

} // namespace tdsfake::net
