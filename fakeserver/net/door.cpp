#include "net/door.hpp"

#include <algorithm>

namespace tdsfake::net {

using scenario::gate_mode;

namespace {

constexpr std::size_t most_told = 800;

bool only_by_hand(const scenario::gate_phase& phase) {
    return phase.attempts || phase.mode == gate_mode::slow || phase.mode == gate_mode::unreachable;
}

} // namespace

void door::start(const scenario::gate_phase& first, listener::on_accept accept, listener::on_notice notice) {
    phase_ = first;
    listener_->start(mode(), std::move(accept), std::move(notice));
}

listener::mode door::mode() const {
    if (!late_.empty()) return listener::mode::guarded; // who waits is let in, whatever the gate says now
    if (phase_.mode == gate_mode::backlog_full) return listener::mode::full;
    if (only_by_hand(phase_) || phase_.mode == gate_mode::drop) return listener::mode::guarded;
    return phase_.mode == gate_mode::refuse ? listener::mode::shut : listener::mode::open;
}

bool door::turn(const scenario::gate_phase& to) {
    mode_before_ = phase_.mode;
    phase_ = to;
    return execute();
}

bool door::execute() {
    by_hand_before_ = by_hand_;
    by_hand_ = only_by_hand(phase_) || !late_.empty();
    turn_began_ = kernel_time();
    const bool settling = listener_->change(mode());
    turn_ended_ = settling ? std::numeric_limits<std::int64_t>::max() : kernel_time();
    return settling;
}

bool door::settle() {
    const bool again = listener_->settle();
    turn_ended_ = std::min(turn_ended_, kernel_time());
    return again;
}

std::optional<gate_mode> door::met_before(const syn& connect) {
    if (by_hand_before_ || connect.arrived >= turn_ended_) return std::nullopt;
    if (connect.arrived < turn_began_) return mode_before_;
    // While the gate turned: the kernel may have been first.
    if (mode_before_ == gate_mode::refuse && by_hand_) return gate_mode::refuse;
    if (mode_before_ == gate_mode::accept && listener_->has_let_in(connect.from)) return gate_mode::accept;
    return std::nullopt;
}

bool door::decide(const syn& connect, const scenario::gate_phase& met, core::instant now) {
    // The kernel has answered, except where the SYN met the filter of a gate that was turning: its silence is
    // not what the gate says now.
    if (!by_hand_ && connect.arrived >= turn_ended_) return false;
    switch (met.mode) {
    case gate_mode::accept: let_in(connect); return false;
    case gate_mode::slow: answer_later(connect, met.late, now); return false;
    case gate_mode::drop:
    case gate_mode::backlog_full:
        if (met.attempts) listener_->drop_for_good(connect.id);
        return false;
    case gate_mode::unreachable:
        if (!met.attempts) return true;
        listener_->drop_for_good(connect.id);
        told_.emplace_back(connect.id, met.what);
        if (told_.size() > most_told) told_.pop_front();
        return true;
    case gate_mode::refuse: return true;
    }
    return false;
}

void door::answer(const syn& connect, const scenario::gate_phase& met) {
    if (met.mode == gate_mode::refuse) watch_->refuse(connect);
    if (met.mode == gate_mode::unreachable) watch_->unreachable(connect, met.what);
}

void door::repeated(const syn& connect, core::instant now) {
    const auto told = std::ranges::find(told_, connect.id, [](const auto& t) { return t.first; });
    if (told != told_.end()) {
        watch_->unreachable(connect, told->second);
        return;
    }
    // In a counted phase only connects count; what an earlier one ignored waits for the next.
    if (!by_hand_ || phase_.attempts || waits(connect) || listener_->dropped_for_good(connect.id)) return;
    if (decide(connect, phase_, now)) answer(connect, phase_);
}

void door::let_in(const syn& connect) {
    if (by_hand_) listener_->admit(connect.id);
    watch_->readmit(connect);
}

void door::answer_later(const syn& connect, core::duration late, core::instant now) {
    const std::chrono::nanoseconds since(kernel_time() - connect.arrived);
    const auto due = now + late - std::clamp<core::duration>(since, {}, late);
    const auto later = std::ranges::upper_bound(late_, due, {}, &late_connect::due);
    late_.insert(later, {due, connect});
}

bool door::waits(const syn& connect) const {
    return std::ranges::any_of(late_, [&](const auto& l) { return l.connect.id == connect.id; });
}

std::optional<core::instant> door::next_late() const {
    if (late_.empty()) return std::nullopt;
    return late_.front().due;
}

bool door::answer_late(core::instant now) {
    if (late_.empty()) return false;
    while (!late_.empty() && late_.front().due <= now) {
        let_in(late_.front().connect);
        late_.pop_front();
    }
    // The last one is in: from here on the kernel may do what the gate has said meanwhile.
    if (!late_.empty() || only_by_hand(phase_)) return false;
    mode_before_ = phase_.mode;
    return execute();
}

} // namespace tdsfake::net
