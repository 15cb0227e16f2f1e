#include "tests/session/rig.hpp"

#include <algorithm>
#include <iterator>

namespace tdsfake::session::testing {

rig::rig(std::shared_ptr<const scenario::scenario> scenario, options opts)
    : scenario_(std::move(scenario)),
      options_(opts),
      cursor_(journal_.open(true)),
      tls_(*scenario_),
      world_(scenario_, journal_) {
    options_.tls = &tls_;
    journal_.close(); // so that reading never waits for more
    world_.ready(now_);
    carry_out_effects();
}

rig::~rig() = default;

void rig::connect() {
    auto& p = *peers_.emplace_back(std::make_unique<peer>());
    p.link = std::make_unique<connection>(world_, 0, options_);
    const auto port = std::to_string(50000 + peers_.size());
    give(p, [&](actions& out) { p.link->opened("127.0.0.1:" + port, "127.0.0.1:1433", now_, out); });
}

void rig::receive(std::size_t who, core::byte_view data) {
    auto& p = at(who);
    // A copy of its own, exactly as long as it is: AddressSanitizer sees the first byte read past the end.
    const core::bytes copy(data.begin(), data.end());
    if (!p.ended.empty()) return;
    if (p.stopped) {
        p.kept.insert(p.kept.end(), copy.begin(), copy.end());
        return;
    }
    give(p, [&](actions& out) { p.link->received(copy, now_, out); });
}

void rig::fin(std::size_t who) {
    auto& p = at(who);
    if (p.ended.empty()) give(p, [&](actions& out) { p.link->peer_closed(now_, out); });
}

void rig::rst(std::size_t who) {
    auto& p = at(who);
    if (!p.ended.empty()) return;
    give(p, [&](actions& out) { p.link->peer_reset(now_, out); });
    if (p.link->over()) p.timers.clear();
}

void rig::raise(const std::string& signal) {
    world_.signal(signal, now_);
    carry_out_effects();
}

void rig::advance_to(core::instant until) {
    for (;;) {
        peer* whose = nullptr;
        std::uint32_t timer = 0;
        bool reads_again = false;
        auto next = world_.next_deadline().value_or(core::instant::max());
        for (const auto& p : peers_) {
            for (const auto& [number, due] : p->timers) {
                if (due >= next) continue;
                whose = p.get();
                timer = number;
                next = due;
                reads_again = false;
            }
            if (p->stopped && p->reads_again && *p->reads_again < next) {
                whose = p.get();
                next = *p->reads_again;
                reads_again = true;
            }
        }
        if (next > until) break;
        now_ = std::max(now_, next);
        if (reads_again) {
            whose->stopped = false;
            const auto kept = std::exchange(whose->kept, {});
            if (!kept.empty() && whose->ended.empty())
                give(*whose, [&](actions& out) { whose->link->received(kept, now_, out); });
        } else if (whose != nullptr) {
            whose->timers.erase(timer);
            give(*whose, [&](actions& out) { whose->link->timer_expired(timer, now_, out); });
        } else {
            world_.expired(now_);
            carry_out_effects();
        }
    }
    now_ = until;
}

const std::vector<journal::event>& rig::events() {
    const auto batch = journal_.read(*cursor_, std::chrono::milliseconds(0));
    for (const auto& block : batch.blocks) {
        for (const auto& event : *block) {
            if (event.sequence >= batch.from) events_.push_back(event);
        }
    }
    return events_;
}

template <class Input>
void rig::give(peer& p, Input input) {
    actions wanted;
    input(wanted);
    carry_out(p, wanted);
    read_on(p);
    carry_out_effects();
}

void rig::carry_out(peer& p, actions& wanted) {
    for (auto& a : wanted) {
        if (a.what != action::kind::stop_timer && (p.silent_from_here || !p.ended.empty()))
            p.misdeeds.emplace_back("something is done on a connection that has ended");
        switch (a.what) {
        case action::kind::send:
            if (p.half_closed) p.misdeeds.emplace_back("bytes are sent after the FIN");
            if (a.data.empty()) p.misdeeds.emplace_back("an empty send");
            std::ranges::copy(a.data, std::back_inserter(p.unread));
            std::ranges::copy(a.data, std::back_inserter(p.everything));
            p.writes.push_back(a.data);
            if (a.own_segment) p.segments.push_back(a.data);
            break;
        case action::kind::start_timer:
            if (!p.timers.emplace(a.timer, a.at).second) p.misdeeds.emplace_back("a timer is started twice");
            break;
        case action::kind::stop_timer: p.timers.erase(a.timer); break;
        case action::kind::half_close: p.half_closed = true; break;
        case action::kind::stop_reading:
            p.stopped = true;
            p.reads_again.reset();
            if (a.heals_after) p.reads_again = now_ + *a.heals_after;
            break;
        case action::kind::vanish:
            p.vanished = true;
            p.heals_after = a.heals_after;
            break;
        case action::kind::close:
        case action::kind::reset:
            p.ended = a.what == action::kind::close ? "FIN" : "RST";
            p.link->ended(now_);
            break;
        }
    }
    if (!p.ended.empty()) p.timers.clear();
}

// The client reads as fast as the server sends, up to a bound that an endless result would never reach.
void rig::read_on(peer& p) {
    while (p.ended.empty() && p.link->wants_drained() && p.everything.size() < p.reads_at_most) {
        actions wanted;
        p.link->drained(now_, wanted);
        carry_out(p, wanted);
    }
}

void rig::carry_out_effects() {
    while (world_.has_effects()) {
        for (const auto& effect : world_.take_effects()) {
            const auto found = std::ranges::find_if(peers_, [&](const auto& p) {
                return p->link->id() == effect.connection && p->ended.empty();
            });
            if (effect.what == world::effect::kind::gate_changed || found == peers_.end()) continue;
            auto& p = **found;
            actions wanted;
            if (effect.what == world::effect::kind::wake) {
                p.link->woken(effect.signal, now_, wanted);
            } else {
                p.link->end(effect.how, effect.heals_after, effect.close_notify, now_, wanted);
            }
            carry_out(p, wanted);
            read_on(p);
        }
    }
}

std::string fields_of(const journal::event& event) {
    std::string text;
    for (const auto& field : event.fields)
        text += (text.empty() ? "" : " ") + std::string(field.name) + "=" + journal::to_text(field.value);
    return text;
}

} // namespace tdsfake::session::testing
