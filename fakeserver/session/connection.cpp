#include "session/connection.hpp"

#include "core/hex.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

connection::connection(world::world& world, std::uint32_t server, options opts)
    : world_(world),
      options_(opts),
      main_(*this) {
    member_.server = server;
    if (this->server().enforce.packet_size) main_.reader().limit_packet(tds::default_packet_size);
}

connection::~connection() = default;

void connection::opened(std::string_view peer, std::string_view local, core::instant now, actions& out) {
    out_ = &out;
    world_.opened(member_);
    note(kind::connect, now, {{"peer", std::string(peer)}, {"local", std::string(local)}});
    member_.who.from = peer;
    member_.who.to = local;
    member_.who.since = now;
    member_.who.line = world_.log().last_sequence();
    world_.count(scenario::counter::connections, member_, now);
    main_.moment({.stage = stage::connect}, stage::connect, now);
    settle(now);
}

void connection::received(core::byte_view data, core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    no_longer_idle();
    carry(data, now);
    settle(now);
}

void connection::peer_closed(core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    no_longer_idle();
    auto& reader = main_.reader();
    if (reader.pending() > 0) {
        const auto rest = reader.unparsed();
        note(
            kind::violation,
            now,
            {{"reason", "the client closed in the middle of a message"},
             {"bytes", reader.pending()},
             {"hexdump", core::hexdump(rest.empty() ? core::byte_view(reader.partial().payload) : rest)}}
        );
    }
    // The rules see it while the world still knows this connection and what was counted for it.
    const auto chosen = world_.consider(member_, {.stages = stage::client_close, .now = now});
    over_by(scenario::closer::client, "FIN", now);
    each_conversation([&](conversation& c) { c.abandon(now); });
    main_.begin({.stage = stage::client_close}, chosen, now);
    main_.drop_finished();
}

void connection::peer_reset(core::instant now, actions& out) {
    out_ = &out;
    over_by(scenario::closer::client, "RST", now); // also while our own ending waits for its turn
    if (over_) return;
    no_longer_idle();
    over_ = true;
    each_conversation([&](conversation& c) { c.abandon(now); });
    main_.drop_finished();
}

void connection::timer_expired(std::uint32_t timer, core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    if (timer == idle_timer_) {
        idle_expired(now);
    } else {
        bool taken = false;
        each_conversation([&](conversation& c) { taken = taken || c.timer_expired(timer, now); });
        taken = taken || (mars_ && mars_->timer_expired(timer, now));
        if (!taken) return;
    }
    settle(now);
}

void connection::woken(const std::string& signal, core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    each_conversation([&](conversation& c) { c.woken(signal, now); });
    settle(now);
}

void connection::drained(core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    main_.drained(now);
    if (mars_) mars_->drained(now);
    settle(now);
}

bool connection::wants_drained() const noexcept {
    return !over_ && (main_.streaming() || (mars_ && mars_->wants_drained()));
}

void connection::end(
    scenario::ending how,
    std::optional<core::duration> heals_after,
    bool close_notify,
    core::instant now,
    actions& out
) {
    out_ = &out;
    if (over_) return;
    end_self(how, heals_after, now, close_notify);
    settle(now);
}

void connection::end_self(
    scenario::ending how, std::optional<core::duration> heals_after, core::instant now, bool close_notify
) {
    if (over_) return;
    switch (how) {
    case scenario::ending::half_close:
        if (close_notify) say_goodbye();
        out_->push_back({.what = action::kind::half_close});
        write_closed_ = true;
        return;
    case scenario::ending::vanish:
        out_->push_back({.what = action::kind::vanish, .heals_after = heals_after});
        vanished_ = !heals_after;
        return;
    case scenario::ending::close:
        if (close_notify) say_goodbye();
        out_->push_back({.what = action::kind::close});
        break;
    case scenario::ending::reset: out_->push_back({.what = action::kind::reset}); break;
    }
    over_ = true;
    resets_ = how == scenario::ending::reset;
    each_conversation([&](const conversation& c) { c.tell_unfinished(unfinished_); });
    each_conversation([&](conversation& c) { c.abandon(now); });
}

void connection::ended(core::instant now) { over_by(scenario::closer::server, resets_ ? "RST" : "FIN", now); }

void connection::over_by(scenario::closer by, std::string_view how, core::instant now) {
    if (std::exchange(told_, true)) return;
    std::vector<journal::field> told{
        {"by", by == scenario::closer::client ? "client" : "server"}, {"how", how}, {"reached", reached()}
    };
    if (!over_) each_conversation([&](const conversation& c) { c.tell_unfinished(unfinished_); });
    if (!unfinished_.empty()) told.emplace_back("unfinished", std::move(unfinished_));
    note(kind::closed, now, std::move(told));
    world_.gone(member_, by, now);
}

void connection::settle(core::instant now) {
    each_conversation([&](conversation& c) { c.pump(now); });
    if (mars_) mars_->sweep();
    const bool quiet =
        !over_ && !told_ && phase_ == phase::logged_in && main_.quiet() && (!mars_ || mars_->quiet());
    member_.idle = quiet;
    if (!quiet || idle_) return;
    const auto& times = world_.rules_of(member_.server).idle_times();
    if (times.empty()) return;
    idle_ = true;
    idle_since_ = now;
    idle_step_ = 0;
    idle_timer_ = start_timer(now + times.front());
}

void connection::idle_expired(core::instant now) {
    const auto& times = world_.rules_of(member_.server).idle_times();
    const auto after = times[idle_step_++];
    idle_timer_ = 0;
    auto chosen = world_.consider(member_, {.stages = stage::idle, .idle_for = after, .now = now});
    if (chosen) main_.begin({.stage = stage::idle}, chosen, now);
    if (!over_ && idle_ && idle_step_ < times.size()) {
        idle_timer_ = start_timer(idle_since_ + times[idle_step_]);
    }
}

void connection::no_longer_idle() {
    idle_ = false;
    member_.idle = false; // nor for the lists that begin with what has come
    if (idle_timer_ != 0) stop_timer(std::exchange(idle_timer_, 0));
}

void connection::login_accepted(core::instant now) {
    phase_ = phase::logged_in;
    packet_size_ = state_->packet_size; // from the next message on
    if (server().enforce.packet_size) main_.reader().limit_packet(packet_size_);
    if (mars_agreed_) {
        mars_ = std::make_unique<mars>(*this);
        carrier_changed_ = true;
    }
    world_.count(scenario::counter::accepted, member_, now);
}

void connection::step_back(stage from) noexcept {
    if (from == stage::prelogin) phase_ = phase::fresh;
    if (from == stage::login) phase_ = phase::prelogin_done;
}

void connection::stop_reading(
    const conversation& of, std::optional<core::duration> lasts, core::instant now
) {
    if (of.session()) {
        mars_->stop_reading(of, lasts, now);
    } else {
        out_->push_back({.what = action::kind::stop_reading, .heals_after = lasts});
    }
}

std::string_view connection::reached() const noexcept {
    switch (phase_) {
    case phase::fresh: return tls_ ? "tls" : "connect";
    case phase::prelogin_done: return tls_ ? "tls" : "prelogin";
    case phase::login_read: return "login";
    case phase::logged_in: return "logged-in";
    }
    return "";
}

std::uint32_t connection::start_timer(core::instant at) {
    out_->push_back({.what = action::kind::start_timer, .timer = ++last_timer_, .at = at});
    return last_timer_;
}

void connection::stop_timer(std::uint32_t timer) {
    out_->push_back({.what = action::kind::stop_timer, .timer = timer});
}

void connection::note_read(conversation& on, core::instant now, std::vector<journal::field> about) {
    if (on.session()) about.emplace_back("session", std::int64_t{*on.session()});
    if (world_.asks_for_fields()) read_ = about;
    note(kind::received, now, std::move(about));
}

world::message connection::read_as(const conversation& on, const request& asked) const {
    return {
        .sql = asked.sql,
        .procedure = asked.procedure,
        .flag = asked.flag,
        .status = asked.status,
        .session = on.session(),
        .fields = world_.asks_for_fields() ? &read_ : nullptr
    };
}

void connection::note(kind what, core::instant now, std::vector<journal::field> about) {
    world_.log().add(
        {.what = what,
         .at = now,
         .server = member_.server,
         .connection = member_.who.connection,
         .fields = std::move(about)}
    );
}

} // namespace tdsfake::session
