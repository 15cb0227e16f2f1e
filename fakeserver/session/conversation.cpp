// Decides what a moment meets, a fault or the healthy reply, and answers.
#include "session/connection.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {
constexpr std::size_t most_queued = 10'000;
constexpr std::size_t most_queued_bytes = std::size_t{64} << 20;

bool is_request(stage s) {
    return s == stage::batch || s == stage::rpc || s == stage::transaction || s == stage::request;
}
} // namespace

void connection::moment(subject&& about, world::stage_set stages, core::instant now) {
    const auto chosen = world_.consider(member_, {.stages = stages, .sql = about.asked.sql, .now = now});
    const bool ignored = (about.asked.status & tds::status::ignore) != 0; // queues like the request it is
    if ((about.stage == stage::attention && !ignored) || !busy()) {
        begin(std::move(about), chosen, now);
        return;
    }
    queued_bytes_ += about.asked.sql.size() + sizeof(waiting);
    if (queue_.size() >= most_queued || queued_bytes_ > most_queued_bytes) {
        note(
            kind::violation,
            now,
            {{"reason", "too many requests wait for an answer"}, {"waiting", queue_.size()}}
        );
        end_self(scenario::ending::close, std::nullopt, now);
        return;
    }
    queue_.push_back({std::move(about), chosen});
}

void connection::begin(subject&& about, const world::choice& chosen, core::instant now) {
    if (chosen) {
        start_list(std::move(about), chosen, now);
    } else if (replies_at(about.stage)) {
        healthy(about, {}, nullptr, nullptr, now);
    }
}

// Silence is the default of a connection that stalls, and all that one can have that was half-closed or has
// vanished for good. A FIN is answered even so, where it can be.
bool connection::replies_at(stage s) const noexcept {
    if (vanished_) return false;
    return s == stage::client_close || !(silent_ || write_closed_);
}

void connection::healthy(
    subject& about, overrides changes, const scenario::shapes* shape, list* owner, core::instant now
) {
    switch (about.stage) {
    case stage::connect:
    case stage::idle:
    case stage::start: return; // nothing was asked
    case stage::client_close: end_self(scenario::ending::close, std::nullopt, now); return;
    case stage::attention: acknowledge_attention(changes, shape, owner, about.asked.status, now); return;
    case stage::login:
        if (!state_) {
            violation(
                "a login of TDS 4.2 or 5.0: SQL Server no longer speaks it", {}, now, unknown_tds_version
            );
            return;
        }
        break;
    default: break;
    }
    deliver(healthy_reply(about, changes), about, shape, owner, now);
}

reply connection::healthy_reply(subject& about, overrides changes) {
    switch (about.stage) {
    case stage::prelogin: return prelogin_reply(server().identity, about.asked.prelogin, changes);
    case stage::login: return login_reply(server(), *state_, changes);
    case stage::transaction: return transaction_reply(*state_, about.asked);
    case stage::batch:
    case stage::rpc: return query_reply(server(), *state_, about.asked, changes);
    default:
        return error_reply(
            server(),
            *state_,
            {.number = 50000,
             .severity = 16,
             .message = "tdsfake does not serve " + std::string(tds::packet_type_name(about.asked.type)) +
                        " requests."}
        );
    }
}

void connection::acknowledge_attention(
    overrides changes, const scenario::shapes* shape, list* owner, std::uint8_t status, core::instant now
) {
    subject nothing{.stage = stage::attention};
    if ((status & tds::status::ignore) != 0) {
        // The client gave up while sending: the request is discarded, and nothing is acknowledged.
        deliver(discarded_reply(*state_), nothing, shape, owner, now);
        return;
    }
    bool interrupted = unanswered_;
    bool closes = false;
    for (const auto& l : lists_) {
        if (l.get() == owner || !l->fault || !l->blocks || !is_request(l->about.stage)) continue;
        if (l->sending.empty()) {
            interrupted = true;
        } else {
            // In the middle of a slow answer: a message once begun must come to its end.
            for (auto& rest : l->sending)
                send(std::move(rest.data), rest.own_segment);
        }
        closes = closes || (l->closes && !l->stays);
        l->fault = nullptr; // cancelled
        if (l->timer != 0) out_->push_back({.what = action::kind::stop_timer, .timer = l->timer});
    }
    unanswered_ = false;
    if (interrupted) deliver(discarded_reply(*state_), nothing, nullptr, nullptr, now);
    deliver(attention_reply(*state_, changes), nothing, shape, owner, now);
    if (!closes) return;
    // What the completed answer asked for; the acknowledgement of a list is sent before the list ends.
    if (owner != nullptr) {
        owner->closes = true;
    } else {
        end_self(scenario::ending::close, std::nullopt, now);
    }
}

void connection::deliver(
    reply&& answer, subject& about, const scenario::shapes* shape, list* owner, core::instant now
) {
    auto wire = to_packets(std::move(answer.answer), packet_size_, state_ ? state_->spid : std::uint16_t{0});
    std::vector<journal::field> what{{"message", answer.message}, {"bytes", wire.data.size()}};
    std::ranges::move(answer.fields, std::back_inserter(what));
    const auto size = wire.data.size();
    std::vector<piece> pieces;
    std::vector<std::string> problems;
    if (shape != nullptr && owner != nullptr && !shape->empty()) {
        pieces = shaped(std::move(wire), *shape, problems);
    } else {
        pieces.push_back({.data = std::move(wire.data)});
    }
    std::size_t sending = 0;
    for (const auto& part : pieces)
        sending += part.data.size();
    const bool whole = sending == size;
    if (!whole) what.emplace_back("cut", sending);
    const bool leaves = !write_closed_ && !vanished_;
    if (leaves) note(kind::sent, now, std::move(what));

    if (is_request(about.stage)) unanswered_ = false;
    if (about.stage == stage::login) {
        member_.login_answered = leaves;
        if (answer.message == "ERROR") answer.login_failed = true;
    }
    if (answer.login_accepted && whole && leaves) {
        phase_ = phase::logged_in;
        packet_size_ = state_->packet_size; // from the next message on
        world_.count(scenario::counter::accepted, member_, now);
    }

    for (auto& problem : problems)
        note(kind::notice, now, {{"text", std::move(problem)}});
    if (owner != nullptr) {
        owner->sending = std::move(pieces);
    } else {
        send(std::move(pieces.front().data));
    }
    if (answer.login_failed || answer.fatal) {
        if (owner != nullptr) {
            owner->closes = true;
        } else {
            end_self(scenario::ending::close, std::nullopt, now);
        }
    }
}

const state& connection::known_state() const {
    static const state before_login; // for errors at connect or prelogin
    return state_ ? *state_ : before_login;
}

bool connection::busy() const noexcept {
    return std::ranges::any_of(lists_, [](const auto& l) { return l->fault != nullptr && l->blocks; });
}

void connection::pump(core::instant now) {
    std::size_t begun = 0;
    while (!over_ && begun < queue_.size() && !busy()) {
        auto next = std::move(queue_[begun++]);
        begin(std::move(next.about), next.chosen, now);
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(begun));
    if (queue_.empty()) queued_bytes_ = 0;
    drop_finished();

    const bool quiet = !over_ && !told_ && phase_ == phase::logged_in && queue_.empty() && !busy();
    member_.idle = quiet;
    if (!quiet || idle_) return;
    const auto& times = world_.rules_of(member_.server).idle_times();
    if (times.empty()) return;
    idle_ = true;
    idle_since_ = now;
    idle_step_ = 0;
    idle_timer_ = ++last_timer_;
    out_->push_back({.what = action::kind::start_timer, .timer = idle_timer_, .at = now + times.front()});
}

void connection::no_longer_idle() {
    idle_ = false;
    if (idle_timer_ == 0) return;
    out_->push_back({.what = action::kind::stop_timer, .timer = idle_timer_});
    idle_timer_ = 0;
}

} // namespace tdsfake::session
