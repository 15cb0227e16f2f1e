// Runs the lists of steps of the faults that fired (scenarios/README.md, "How a list runs").
#include "session/connection.hpp"
#include "session/describe.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {

template <class... Visitors>
struct overloaded : Visitors... {
    using Visitors::operator()...;
};

constexpr std::size_t taken_at_once = std::size_t{64} << 10; // then the socket has to take it first

} // namespace

void conversation::start_list(subject&& about, const world::choice& chosen, core::instant now) {
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
    const auto at = added->about.stage;
    added->blocks = at != stage::attention && at != stage::client_close &&
                    (at != stage::smp || added->about.asked.flag == "syn");
    auto& l = *lists_.emplace_back(std::move(added));
    run(l, now);
}

void conversation::run(list& l, core::instant now) {
    while (!on_.over() && l.fault != nullptr) {
        if (l.streams && (rows_ || l.more)) return; // it goes out as the client takes it
        l.streams = false;
        if ((!l.sending.empty() || l.more) && !send_pieces(l, now)) return;
        if (l.answered) l.blocks = false;
        if (l.next < l.fault->steps.size()) {
            const bool goes_on = perform(l, l.fault->steps[l.next++], now);
            if (l.answered && l.about.asked.partial) answered_early_ = l.about.asked.number;
            if (!goes_on) return;
        } else if (!l.answered) {
            l.answered = true;
            if (l.about.asked.partial) continue; // the whole message is answered, when it is here
            if (replies_at(l.about.stage)) healthy(l.about, {}, nullptr, &l, now);
        } else {
            finish(l, now);
        }
    }
}

bool conversation::perform(list& l, const scenario::step& step, core::instant now) {
    const auto event = [&] {
        note(kind::step, now, {{"step", scenario::name(step)}, {"rule", step.where.line}});
    };
    return std::visit(
        overloaded{
            [&](const scenario::wait_step& s) {
                const auto due = l.clock + on_.world().draw(s.time, step.where, on_.id(), on_.next_draw());
                l.clock = due;
                if (due <= now) return true;
                wait_until(l, due);
                return false;
            },
            [&](const scenario::hold_step& s) {
                if (on_.world().raised(s.signal)) return true;
                l.held_for = &s.signal;
                on_.world().hold(on_.id(), s.signal);
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
                unanswered_ = on_.logged_in() && is_request(l.about.stage);
                if (l.about.asked.partial && l.about.asked.number == arriving_) {
                    ignored_early_ = true;
                } else {
                    on_.step_back(l.about.stage);
                }
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
                auto* const state = on_.session_state();
                const auto change = state == nullptr ? std::nullopt : rolled_back_by(*state, s.error.number);
                auto error = error_reply(server(), known_state(), s.error, l.about.asked, change);
                deliver(std::move(error), l.about, &s.shape, &l, now);
                return true;
            },
            [&](const scenario::tokens_step& s) {
                l.answered = true;
                auto spelled = tokens_reply(known_state(), s.tokens, l.about.stage == stage::login);
                deliver(std::move(spelled), l.about, &s.shape, &l, now);
                return true;
            },
            [&](const scenario::send_step& s) {
                l.answered = true;
                send_bytes(l, s, now);
                return true;
            },
            [&](const scenario::route_step& s) {
                l.answered = true;
                l.about.asked.route = tds::route{s.host, s.port, s.database};
                if (!s.to.empty()) {
                    auto at = on_.world().place_of(s.to);
                    l.about.asked.route->host = std::move(at.host);
                    l.about.asked.route->port = at.port;
                }
                healthy(l.about, {}, &s.shape, &l, now);
                return true;
            },
            [&](const scenario::end_step& s) {
                event();
                if (s.whom == scenario::target::self) {
                    l.ends = true;
                    on_.end_self(s.how, s.heals_after, now, s.close_notify);
                } else {
                    on_.world().perform(step, on_.member().server, on_.id(), now);
                }
                return true;
            },
            [&](const scenario::expect_step&) {
                expect(l, step, now);
                return l.expects == nullptr;
            },
            [&](const scenario::stop_reading_step& s) {
                event();
                on_.stop_reading(*this, s.lasts, now);
                return true;
            },
            [&](const auto&) { // gate, signal
                event();
                on_.world().perform(step, on_.member().server, on_.id(), now);
                return true;
            },
        },
        step.what
    );
}

bool conversation::send_pieces(list& l, core::instant now) {
    for (;;) {
        std::size_t sent = 0;
        for (auto& next : l.sending) {
            if (next.pause) {
                const auto due =
                    l.clock + on_.world().draw(*next.pause, l.fault->where, on_.id(), on_.next_draw());
                next.pause.reset();
                if (due > now) {
                    l.clock = due;
                    l.sending.erase(l.sending.begin(), l.sending.begin() + static_cast<std::ptrdiff_t>(sent));
                    wait_until(l, due);
                    return false;
                }
            }
            send_piece(l, std::move(next));
            ++sent;
        }
        l.sending.clear();
        if (!l.more) return true;
        if (l.ahead >= taken_at_once) {
            l.streams = true;
            return false;
        }
        next_part(l, now);
    }
}

void conversation::finish(list& l, core::instant now) {
    const bool closes = l.closes && !l.stays;
    l.fault = nullptr;
    if (closes) on_.end_self(scenario::ending::close, std::nullopt, now);
}

bool conversation::is_unfinished(const list& l) {
    if (l.fault == nullptr || l.ends || l.expects != nullptr) return false; // `expect` tells itself
    const bool asked = l.about.stage != stage::connect && l.about.stage != stage::idle &&
                       l.about.stage != stage::client_close;
    if (!l.sending.empty() || l.more || (!l.answered && asked)) return true;
    return std::ranges::any_of(std::span(l.fault->steps).subspan(l.next), [](const scenario::step& s) {
        return !scenario::is_server_step(s) && !std::holds_alternative<scenario::wait_step>(s.what) &&
               !std::holds_alternative<scenario::hold_step>(s.what) &&
               !std::holds_alternative<scenario::stay_step>(s.what);
    });
}

void conversation::tell_unfinished(std::string& to) const {
    for (const auto& l : lists_) {
        if (!is_unfinished(*l)) continue;
        if (!to.empty()) to += "; ";
        to += "line " + std::to_string(l->fault->where.line) + ":";
        const bool under_way = l->timer != 0 || l->held_for != nullptr || !l->sending.empty() || l->more;
        const auto left = std::span(l->fault->steps).subspan(l->next - (under_way && l->next > 0 ? 1 : 0));
        for (const auto& s : left)
            to += (&s == left.data() ? " " : ", ") + std::string(scenario::name(s));
        if (left.empty()) to += " reply";
    }
}

void conversation::abandon(core::instant now) {
    // Their server steps go on without this connection, once what they wait for has come.
    for (const auto& l : lists_) {
        if (l->fault == nullptr) continue;
        if (is_unfinished(*l)) on_.world().cut_short(on_.member().server, *l->fault);
        if (l->expects != nullptr) { // then what follows it never comes either
            in_vain(*l, "the connection ended before it came", now);
            l->fault = nullptr;
            continue;
        }
        const auto rest = std::span(l->fault->steps).subspan(l->next);
        world::world::remainder left{.steps = rest};
        if (l->timer != 0) {
            left.until = l->clock;
            on_.stop_timer(l->timer);
        }
        if (l->held_for != nullptr) left.held_for = *l->held_for;
        l->fault = nullptr;
        on_.world().outlive(on_.member().server, on_.id(), std::move(left), now);
    }
    rows_.reset();
    queue_.clear();
}

bool conversation::timer_expired(std::uint32_t timer, core::instant now) {
    const auto found = std::ranges::find_if(lists_, [&](const auto& l) { return l->timer == timer; });
    if (found == lists_.end()) return false;
    (*found)->timer = 0;
    if ((*found)->expects != nullptr) {
        (*found)->clock = now;
        in_vain(**found, "nothing came in time", now);
        run(**found, now);
        return true;
    }
    (*found)->clock = now; // the next wait is never shorter than said, however late this one ended
    run(**found, now);
    return true;
}

void conversation::woken(const std::string& signal, core::instant now) {
    for (std::size_t i = 0; i < lists_.size() && !on_.over(); ++i) { // a list may add others
        auto& l = *lists_[i];
        if (l.held_for == nullptr || *l.held_for != signal) continue;
        l.held_for = nullptr;
        l.clock = now;
        run(l, now);
    }
}

void conversation::drop_finished() {
    std::erase_if(lists_, [](const auto& l) { return l->fault == nullptr; });
    if (lists_.empty() && lists_.capacity() > 0) lists_.shrink_to_fit();
}

void conversation::wait_until(list& l, core::instant at) { l.timer = on_.start_timer(at); }

} // namespace tdsfake::session
