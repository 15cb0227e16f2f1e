// Runs the lists of steps of the faults that fired (scenarios/README.md, "How a list runs").
#include "session/connection.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {

template <class... Visitors>
struct overloaded : Visitors... {
    using Visitors::operator()...;
};

std::string step_names(const scenario::fault& fault) {
    std::string text;
    for (const auto& step : fault.steps)
        text += (text.empty() ? "" : ", ") + std::string(scenario::name(step));
    return text;
}

} // namespace

void connection::start_list(subject&& about, const world::choice& chosen, core::instant now) {
    note(
        kind::fault,
        now,
        {{"rule", chosen.fault->where.line},
         {"stage", scenario::name(about.stage)},
         {"steps", step_names(*chosen.fault)},
         {"firing", chosen.firing}}
    );
    auto added = std::make_unique<list>();
    added->fault = chosen.fault;
    added->about = std::move(about);
    added->clock = now;
    added->blocks = added->about.stage != stage::attention && added->about.stage != stage::client_close;
    auto& l = *lists_.emplace_back(std::move(added));
    run(l, now);
}

void connection::run(list& l, core::instant now) {
    while (!over_ && l.fault != nullptr) {
        if (!l.sending.empty() && !send_pieces(l, now)) return;
        if (l.answered) l.blocks = false;
        if (l.next < l.fault->steps.size()) {
            if (!perform(l, l.fault->steps[l.next++], now)) return;
        } else if (!l.answered) {
            l.answered = true;
            if (replies_at(l.about.stage)) healthy(l.about, {}, nullptr, &l, now);
        } else {
            finish(l, now);
        }
    }
}

bool connection::perform(list& l, const scenario::step& step, core::instant now) {
    const auto event = [&] {
        note(kind::step, now, {{"step", scenario::name(step)}, {"rule", step.where.line}});
    };
    return std::visit(
        overloaded{
            [&](const scenario::wait_step& s) {
                const auto due = l.clock + world_.draw(s.time, step.where, member_.id, ++draws_);
                l.clock = due;
                if (due <= now) return true;
                wait_until(l, due);
                return false;
            },
            [&](const scenario::hold_step& s) {
                if (world_.raised(s.signal)) return true;
                l.held_for = &s.signal;
                world_.hold(member_.id, s.signal);
                return false;
            },
            [&](const scenario::stall_step&) {
                event();
                silent_ = true;
                l.answered = true;
                return true;
            },
            [&](const scenario::ignore_step&) {
                event();
                unanswered_ = phase_ == phase::logged_in && l.about.stage != stage::attention;
                // As if it had not come: the client may send it again.
                if (l.about.stage == stage::prelogin) phase_ = phase::fresh;
                if (l.about.stage == stage::login) phase_ = phase::prelogin_done;
                l.answered = true;
                return true;
            },
            [&](const scenario::stay_step&) {
                l.stays = true;
                return true;
            },
            [&](const scenario::reply_step& s) {
                l.answered = true;
                healthy(l.about, s.overrides, &s.shape, &l, now);
                return true;
            },
            [&](const scenario::error_step& s) {
                l.answered = true;
                auto error = error_reply(server(), known_state(), s.error, l.about.asked);
                deliver(std::move(error), l.about, &s.shape, &l, now);
                return true;
            },
            [&](const scenario::send_step& s) {
                l.answered = true;
                if (!write_closed_ && !vanished_)
                    note(kind::sent, now, {{"message", "bytes"}, {"bytes", s.data.size()}});
                if (l.about.stage == stage::login) member_.login_answered = true;
                std::vector<std::string> problems;
                l.sending = shaped({s.data, {}}, s.shape, problems);
                for (auto& problem : problems)
                    note(kind::notice, now, {{"text", std::move(problem)}});
                return true;
            },
            [&](const scenario::end_step& s) {
                event();
                if (s.whom == scenario::target::self) {
                    end_self(s.how, s.heals_after, now);
                } else {
                    world_.perform(step, member_.server, member_.id, now);
                }
                return true;
            },
            [&](const auto&) { // gate, signal
                event();
                world_.perform(step, member_.server, member_.id, now);
                return true;
            },
        },
        step.what
    );
}

bool connection::send_pieces(list& l, core::instant now) {
    std::size_t sent = 0;
    const auto drop_sent = [&] {
        l.sending.erase(l.sending.begin(), l.sending.begin() + static_cast<std::ptrdiff_t>(sent));
    };
    for (auto& next : l.sending) {
        if (next.pause) {
            const auto due = l.clock + world_.draw(*next.pause, l.fault->where, member_.id, ++draws_);
            next.pause.reset();
            if (due > now) {
                l.clock = due;
                drop_sent();
                wait_until(l, due);
                return false;
            }
        }
        send(std::move(next.data), next.own_segment);
        ++sent;
    }
    l.sending.clear();
    return true;
}

void connection::finish(list& l, core::instant now) {
    const bool closes = l.closes && !l.stays;
    l.fault = nullptr;
    if (closes) end_self(scenario::ending::close, std::nullopt, now);
}

void connection::end_self(
    scenario::ending how, std::optional<core::duration> heals_after, core::instant now
) {
    if (over_) return;
    switch (how) {
    case scenario::ending::half_close:
        out_->push_back({.what = action::kind::half_close});
        write_closed_ = true;
        return;
    case scenario::ending::vanish:
        out_->push_back({.what = action::kind::vanish, .heals_after = heals_after});
        vanished_ = !heals_after;
        return;
    case scenario::ending::close: out_->push_back({.what = action::kind::close}); break;
    case scenario::ending::reset: out_->push_back({.what = action::kind::reset}); break;
    }
    over_ = true;
    resets_ = how == scenario::ending::reset;
    abandon_lists(now);
}

void connection::abandon_lists(core::instant now) {
    // Their server steps go on without this connection, once what they wait for has come.
    for (const auto& l : lists_) {
        if (l->fault == nullptr) continue;
        const auto rest = std::span(l->fault->steps).subspan(l->next);
        world::world::remainder left{.steps = rest};
        if (l->timer != 0) {
            left.until = l->clock;
            out_->push_back({.what = action::kind::stop_timer, .timer = l->timer});
        }
        if (l->held_for != nullptr) left.held_for = *l->held_for;
        l->fault = nullptr;
        world_.outlive(member_.server, member_.id, std::move(left), now);
    }
}

void connection::drop_finished() {
    std::erase_if(lists_, [](const auto& l) { return l->fault == nullptr; });
    if (lists_.empty() && lists_.capacity() > 0) lists_.shrink_to_fit();
}

void connection::wait_until(list& l, core::instant at) {
    l.timer = ++last_timer_;
    out_->push_back({.what = action::kind::start_timer, .timer = l.timer, .at = at});
}

} // namespace tdsfake::session
