// Decides what a moment meets, a fault or the healthy reply, and answers.
#include "session/conversation.hpp"

#include "session/connection.hpp"
#include "session/error_log.hpp"
#include "session/reset.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {
constexpr std::size_t longest_before_login = 128 * 1024 - 1; // MS-TDS 2.2.6.4
constexpr std::size_t longest_request = std::size_t{64} << 20;
} // namespace

conversation::conversation(connection& on, std::optional<std::uint16_t> session)
    : on_(on),
      session_(session),
      reader_(session ? longest_request : longest_before_login) {}

conversation::~conversation() = default;

bool conversation::is_request(stage s) noexcept {
    return s == stage::batch || s == stage::rpc || s == stage::bulk || s == stage::transaction ||
           s == stage::request;
}

void conversation::allow_long_messages() noexcept { reader_.limit_message(longest_request); }

void conversation::begin(subject&& about, const world::choice& chosen, core::instant now) {
    if (about.asked.number != 0 && about.asked.number == answered_early_) return;
    if (is_request(about.stage) && tds::status::asks_for_reset(about.asked.status) && on_.logged_in())
        reset(*on_.session_state(), about.asked.status);
    if (chosen) {
        start_list(std::move(about), chosen, now);
    } else if (replies_at(about.stage)) {
        healthy(about, {}, nullptr, nullptr, now);
    }
}

// Silence is the default of a connection that stalls, and all that one can have that was half-closed or has
// vanished for good. A FIN is answered even so, where it can be.
bool conversation::replies_at(stage s) const noexcept {
    if (on_.vanished()) return false;
    return s == stage::client_close || (!silent_ && on_.can_send());
}

void conversation::healthy(
    subject& about, overrides changes, const scenario::shapes* shape, list* owner, core::instant now
) {
    switch (about.stage) {
    case stage::connect:
    case stage::idle:
    case stage::start: return; // nothing was asked
    case stage::tls: deliver_flight(about, shape, owner, now); return;
    case stage::client_close: on_.end_self(scenario::ending::close, std::nullopt, now); return;
    case stage::smp:
        if (about.asked.flag == "fin") on_.answer_fin(*this);
        return;
    case stage::attention: acknowledge_attention(changes, shape, owner, about.asked.status, now); return;
    case stage::login:
        if (on_.session_state() == nullptr) {
            on_.violation(
                "a login of TDS 4.2 or 5.0: SQL Server no longer speaks it",
                {},
                now,
                error_log::unknown_tds_version
            );
            return;
        }
        break;
    default: break;
    }
    deliver(healthy_reply(about, changes), about, shape, owner, now);
}

reply conversation::healthy_reply(subject& about, overrides changes) {
    switch (about.stage) {
    case stage::prelogin: return prelogin_reply(server().identity, about.asked.prelogin, changes);
    case stage::login:
    case stage::sspi:
    case stage::fedauth:
        return login_reply(
            server(),
            *on_.session_state(),
            on_.world().logins_of(on_.member().server),
            changes,
            about.asked.route
        );
    case stage::transaction: return transaction_reply(server(), *on_.session_state(), about.asked, changes);
    case stage::batch:
    case stage::rpc: {
        // The sessions of MARS share one connection's transaction, and join it as they please.
        if (!session_) {
            if (const auto error = wrong_descriptor(*on_.session_state(), about.asked))
                return error_reply(server(), *on_.session_state(), *error, about.asked);
        }
        auto answer = query_reply(server(), *on_.session_state(), about.asked, changes);
        for (const auto* const query : answer.queries)
            on_.world().answered(on_.member().server, *query);
        return answer;
    }
    case stage::bulk: return bulk_reply(*on_.session_state(), about.asked, changes);
    default:
        return error_reply(
            server(),
            *on_.session_state(),
            {.number = 50000,
             .severity = 16,
             .message = "tdsfake does not serve " + std::string(tds::packet_type_name(about.asked.type)) +
                        " requests."}
        );
    }
}

void conversation::acknowledge_attention(
    overrides changes, const scenario::shapes* shape, list* owner, std::uint8_t status, core::instant now
) {
    subject nothing{.stage = stage::attention};
    if ((status & tds::status::ignore) != 0) {
        // The client gave up while sending: the request is discarded, and nothing is acknowledged.
        deliver(discarded_reply(*on_.session_state()), nothing, shape, owner, now);
        return;
    }
    bool interrupted = unanswered_;
    bool closes = false;
    if (rows_) {
        on_.send(*this, rows_->interrupted());
        rows_.reset();
        interrupted = false;
    }
    for (const auto& l : lists_) {
        if (l.get() == owner || !l->fault || !l->blocks || !is_request(l->about.stage)) continue;
        if (l->sending.empty() && !l->more) {
            interrupted = interrupted || !l->streams;
        } else {
            send_rest(*l);
        }
        closes = closes || (l->closes && !l->stays);
        l->fault = nullptr; // cancelled
        if (l->timer != 0) on_.stop_timer(l->timer);
    }
    unanswered_ = false;
    if (interrupted) deliver(discarded_reply(*on_.session_state()), nothing, nullptr, nullptr, now);
    deliver(attention_reply(*on_.session_state(), changes), nothing, shape, owner, now);
    if (!closes) return;
    // What the completed answer asked for; the acknowledgement of a list is sent before the list ends.
    if (owner != nullptr) {
        owner->closes = true;
    } else {
        on_.end_self(scenario::ending::close, std::nullopt, now);
    }
}

const scenario::server& conversation::server() const { return on_.server(); }

const state& conversation::known_state() const {
    static const state before_login; // for errors at connect or prelogin
    const auto* known = on_.session_state();
    return known != nullptr ? *known : before_login;
}

bool conversation::busy() const noexcept {
    return rows_ ||
           std::ranges::any_of(lists_, [](const auto& l) { return l->fault != nullptr && l->blocks; });
}

void conversation::pump(core::instant now) {
    std::size_t begun = 0;
    while (!on_.over() && begun < queue_.size() && !busy()) {
        auto next = std::move(queue_[begun++]);
        begin(std::move(next.about), next.chosen, now);
    }
    begun = std::min(begun, queue_.size()); // an ending has forgotten them
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(begun));
    if (queue_.empty()) queued_bytes_ = 0;
    drop_finished();
}

void conversation::note(kind what, core::instant now, std::vector<journal::field> fields) {
    if (session_) fields.emplace_back("session", std::int64_t{*session_});
    on_.note(what, now, std::move(fields));
}

} // namespace tdsfake::session
