// Answers on their way out: framed, shaped, and a part at a time where they are long.
#include "session/connection.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {
constexpr std::size_t part_size = std::size_t{64} << 10;

bool is_login(stage s) { return s == stage::login || s == stage::sspi || s == stage::fedauth; }
} // namespace

void conversation::deliver(
    reply&& answer, subject& about, const scenario::shapes* shape, list* owner, core::instant now
) {
    const auto* const session = on_.session_state();
    const framing as{
        .packet_size = on_.packet_size(),
        .spid = session != nullptr ? session->spid : std::uint16_t{0},
        .to = known_state().dialect()
    };
    const bool leaves = on_.can_send();
    std::vector<journal::field> what{{"message", answer.message}};
    bool whole = true;
    core::bytes wire;
    std::unique_ptr<row_stream> rows;
    std::unique_ptr<shaped_answer> shaped;
    if (shape != nullptr && owner != nullptr && !shape->empty()) {
        shaped =
            std::make_unique<shaped_answer>(*shape, as, std::move(answer.answer), std::move(answer.rest));
        owner->sending = shaped->next(part_size);
        if (!shaped->generated()) what.emplace_back("bytes", shaped->size());
        if (shaped->cut()) what.emplace_back("cut", shaped->sent());
        if (shape->repeat > 1) what.emplace_back("repeat", shape->repeat);
        whole = !shaped->cut() && !shaped->left_out("loginack");
        note_records(*owner, *shape, now);
    } else if (answer.rest) {
        rows = std::make_unique<row_stream>(
            std::move(answer.rest), std::move(answer.answer.payload), as.to.version, as.packet_size, as.spid
        );
    } else {
        tds::encode_packets(wire, as.type, answer.answer.payload, as.packet_size, as.spid);
        what.emplace_back("bytes", wire.size());
    }
    std::ranges::move(answer.fields, std::back_inserter(what));
    if (leaves) note(kind::sent, now, std::move(what));

    if (is_request(about.stage)) unanswered_ = false;
    if (is_login(about.stage) && !answer.login_goes_on) {
        on_.member().login_answered = leaves;
        if (answer.message == "ERROR") answer.login_failed = true;
    }
    if (about.stage == stage::prelogin) on_.prelogin_answered(answer.prelogin);
    if (answer.login_accepted && whole && leaves) on_.login_accepted(now);

    if (rows) {
        rows_ = std::move(rows);
        if (owner != nullptr) owner->streams = true;
        stream(now);
    } else if (shaped) {
        begin_sending(*owner, std::move(shaped), now);
    } else if (owner != nullptr) {
        owner->enters = layer::session;
        owner->sending.clear();
        owner->sending.push_back({.data = std::move(wire)});
    } else {
        on_.send(*this, std::move(wire));
    }
    if (answer.login_failed || answer.fatal) {
        if (owner != nullptr) {
            owner->closes = true;
        } else {
            on_.end_self(scenario::ending::close, std::nullopt, now);
        }
    }
}

void conversation::note_records(list& l, const scenario::shapes& shape, core::instant now) {
    if (shape.record_size > 0 && !on_.encrypts()) note_misfit(l, "record-size: no TLS is in force here", now);
}

void conversation::note_misfit(list& l, std::string problem, core::instant now) {
    note(kind::notice, now, {{"text", problem}, {"rule", l.fault->where.line}});
    l.misshapen = true;
    on_.world().shaped(on_.member().server, *l.fault, std::move(problem));
}

void conversation::take_problems(list& l, shaped_answer& of, core::instant now) {
    for (auto& problem : of.take_problems())
        note_misfit(l, std::move(problem), now);
    if (of.done() && !std::exchange(l.misshapen, false)) on_.world().shaped(on_.member().server, *l.fault);
}

// Its first part is in l.sending already.
void conversation::begin_sending(list& l, std::unique_ptr<shaped_answer> answer, core::instant now) {
    l.enters = layer::session;
    l.ahead = 0;
    take_problems(l, *answer, now);
    if (!answer->done()) l.more = std::move(answer);
}

void conversation::next_part(list& l, core::instant now) {
    l.sending = l.more->next(part_size);
    take_problems(l, *l.more, now);
    if (!l.more->done()) return;
    if (l.more->generated()) {
        std::vector<journal::field> what{{"message", "result ended"}, {"bytes", l.more->size()}};
        if (l.more->cut()) what.emplace_back("cut", l.more->sent());
        note(kind::sent, now, std::move(what));
    }
    l.more.reset();
}

// The client has given up: what was begun comes to its end at once.
void conversation::send_rest(list& l) {
    const auto send_all = [&](std::vector<piece>&& pieces) {
        for (auto& next : pieces)
            send_piece(l, std::move(next));
    };
    send_all(std::move(l.sending));
    l.sending.clear();
    if (l.more) send_all(l.more->interrupted());
    l.more.reset();
}

void conversation::send_piece(list& l, piece&& next) {
    l.ahead += next.data.size();
    switch (l.enters) {
    case layer::session: on_.send(*this, std::move(next.data), next.how); break;
    case layer::connection: on_.send_packets(std::move(next.data), next.how); break;
    case layer::socket: on_.send_beneath(std::move(next.data), next.how); break;
    }
}

// `send`: bytes as they are, a packet of SMP, an alert of TLS.
void conversation::send_bytes(list& l, const scenario::send_step& step, core::instant now) {
    core::bytes data;
    std::vector<journal::field> what;
    auto enters = step.plain ? layer::socket : layer::session;
    if (const auto* packet = std::get_if<scenario::smp_packet>(&step.what)) {
        data = on_.forged(*this, *packet);
        if (!step.plain) enters = layer::connection;
        what.emplace_back("message", "SMP");
    } else if (const auto* alert = std::get_if<tls::alert>(&step.what)) {
        data = step.plain ? tls::encode_plain_alert(*alert) : on_.forged(*alert);
        enters = layer::socket;
        what = {{"message", "TLS"}, {"alert", tls::describe_alert(alert->description)}};
    } else {
        data = std::get<core::bytes>(step.what);
        what.emplace_back("message", "bytes");
    }
    what.emplace_back("bytes", data.size());
    if (step.shape.repeat > 1) what.emplace_back("repeat", step.shape.repeat);
    if (on_.can_send()) note(kind::sent, now, std::move(what));
    if (l.about.stage == stage::login) on_.member().login_answered = true;
    if (step.shape.empty()) {
        l.sending.clear();
        l.sending.push_back({.data = std::move(data)});
    } else {
        if (enters != layer::socket) note_records(l, step.shape, now);
        auto shaped = std::make_unique<shaped_answer>(step.shape, std::move(data));
        l.sending = shaped->next(part_size);
        begin_sending(l, std::move(shaped), now);
    }
    l.enters = enters;
}

// Our flight of a handshake: bytes of its own kind, beneath what it is to protect.
void conversation::deliver_flight(
    subject& about, const scenario::shapes* shape, list* owner, core::instant now
) {
    auto flight = std::move(about.asked.flight);
    if (flight.empty()) return; // the client's was the last one
    std::vector<journal::field> what{{"message", "TLS"}};
    if (shape == nullptr || owner == nullptr || shape->empty()) {
        auto wire = on_.carried(flight);
        on_.flight_leaves(flight);
        what.emplace_back("bytes", wire.size());
        if (on_.can_send()) note(kind::sent, now, std::move(what));
        if (owner == nullptr) return on_.send_beneath(std::move(wire));
        owner->sending.clear();
        owner->sending.push_back({.data = std::move(wire)});
        owner->enters = layer::socket;
        return;
    }
    if (shape->record_size > 0 && !tls::split_records(flight, shape->record_size)) {
        note_misfit(*owner, "record-size: a record that is encrypted already stays whole", now);
    }
    std::unique_ptr<shaped_answer> shaped;
    const bool wraps = on_.wraps_flights();
    on_.flight_leaves(flight);
    if (wraps) {
        const framing as{.type = tds::packet_type::prelogin};
        shaped = std::make_unique<shaped_answer>(*shape, as, tds::answer{std::move(flight), {}}, nullptr);
    } else {
        if (shape->of_packets()) note_misfit(*owner, "in TDS 8.0 no packets are around a handshake", now);
        shaped = std::make_unique<shaped_answer>(*shape, std::move(flight));
    }
    owner->sending = shaped->next(part_size);
    what.emplace_back("bytes", shaped->size());
    if (shaped->cut()) what.emplace_back("cut", shaped->sent());
    if (on_.can_send()) note(kind::sent, now, std::move(what));
    begin_sending(*owner, std::move(shaped), now);
    owner->enters = layer::socket;
}

// One chunk, then others have their turn: drained() asks for the next.
void conversation::stream(core::instant now) {
    on_.send(*this, rows_->next(part_size));
    if (!rows_->done()) return;
    rows_.reset();
    note(kind::sent, now, {{"message", "result ended"}});
}

bool conversation::streaming() const noexcept {
    return rows_ ||
           std::ranges::any_of(lists_, [](const auto& l) { return l->fault && l->streams && l->more; });
}

void conversation::drained(core::instant now) {
    if (on_.over()) return;
    const bool rows = rows_ != nullptr;
    if (rows) stream(now);
    if (rows_) return;
    for (std::size_t i = 0; i < lists_.size() && !on_.over(); ++i) { // a list may add others
        auto& l = *lists_[i];
        if (l.fault == nullptr || !l.streams || !(rows || l.more)) continue;
        l.streams = false;
        l.ahead = 0;
        l.clock = std::max(l.clock, now);
        run(l, now);
    }
}

} // namespace tdsfake::session
