#include "session/mars.hpp"

#include "core/hex.hpp"
#include "session/connection.hpp"
#include "session/error_log.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using tds::smp_flag;

namespace {

constexpr std::size_t most_sessions = 1'000;
constexpr std::size_t longest_packet = tds::smp_header::size + tds::max_packet_size;
// An ACK of its own goes out when half of a window was used and nothing was sent that could carry it.
constexpr std::uint32_t acknowledge_after = tds::smp_initial_window / 2;

} // namespace

void mars::received(core::byte_view data, core::instant now) {
    buffer_.insert(buffer_.end(), data.begin(), data.end());
    std::size_t at = 0;
    while (!on_.over() && buffer_.size() - at >= tds::smp_header::size) {
        const auto rest = core::byte_view(buffer_).subspan(at);
        const auto header = tds::parse_smp_header(rest);
        if (header.has_error() || header->length > longest_packet) {
            on_.violation(
                "SMP: no packet of it, or one that is too long", rest, now, error_log::bad_packet_length
            );
            return;
        }
        if (rest.size() < header->length) break;
        at += header->length;
        // What the packet causes may end the connection, but never comes back here.
        packet_read(
            *header, rest.subspan(tds::smp_header::size, header->length - tds::smp_header::size), now
        );
    }
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at));
    if (buffer_.empty()) buffer_.shrink_to_fit();
}

void mars::packet_read(const tds::smp_header& header, core::byte_view data, core::instant now) {
    const auto found = sessions_.find(header.session);
    if (header.flag == smp_flag::syn) {
        if (found != sessions_.end() && !found->second->over)
            return violation(header, "a session of this number is open", now);
        return opened(header, now);
    }
    if (found == sessions_.end() || found->second->over)
        return violation(header, "no session of this number is open", now);
    auto& s = *found->second;
    if (s.fin_read) return violation(header, "the session has ended with a FIN", now);
    if (header.window < s.may_send) return violation(header, "the window goes back", now);
    s.may_send = header.window;
    switch (header.flag) {
    case smp_flag::data: data_read(s, header, data, now); break;
    case smp_flag::fin: finished(s, now); [[fallthrough]];
    default: moment(s, header, now);
    }
    if (!on_.over()) flush(s);
}

void mars::opened(const tds::smp_header& header, core::instant now) {
    if (sessions_.size() >= most_sessions) return violation(header, "too many sessions are open", now);
    auto& added = sessions_[header.session];
    if (added) retired_.push_back(std::move(added));
    added = std::make_unique<session>(on_, header.session);
    added->talk.reader().limit_packet(
        on_.server().enforce.packet_size ? on_.packet_size() : tds::max_packet_size
    );
    added->may_send = std::max(header.window, tds::smp_initial_window);
    moment(*added, header, now);
}

void mars::data_read(session& s, const tds::smp_header& header, core::byte_view data, core::instant now) {
    if (header.sequence != s.read + 1) {
        return violation(header, "the sequence number is not the next one", now);
    }
    if (header.sequence > s.may_receive) {
        if (on_.server().enforce.smp) return violation(header, "the window was full", now);
        on_.note(
            kind::violation,
            now,
            {{"reason", "SMP DATA of session " + std::to_string(header.session) + ": the window was full"},
             {"sequence", header.sequence},
             {"window", s.may_receive}}
        );
        s.may_receive = header.sequence;
    }
    s.read = header.sequence;
    if (!s.reads) {
        s.unread.emplace_back(data.begin(), data.end());
        return;
    }
    s.talk.received(data, now);
    if (on_.over() || !s.reads) return;
    if (s.read + tds::smp_initial_window >= s.may_receive + acknowledge_after) control(s, smp_flag::ack);
}

void mars::finished(session& s, core::instant now) {
    s.fin_read = true;
    s.waiting.clear();
    if (s.reads_again != 0) on_.stop_timer(std::exchange(s.reads_again, 0));
    s.talk.abandon(now);
}

void mars::moment(session& s, const tds::smp_header& header, core::instant now) {
    if (on_.over()) return;
    subject about{.stage = scenario::stage::smp};
    switch (header.flag) {
    case smp_flag::syn: about.asked.flag = "syn"; break;
    case smp_flag::fin: about.asked.flag = "fin"; break;
    default: about.asked.flag = "ack"; break;
    }
    std::vector<journal::field> what{{"message", "SMP"}, {"flag", tds::name(header.flag)}};
    if (header.flag != smp_flag::syn) what.emplace_back("sequence", header.sequence);
    what.emplace_back("window", header.window);
    on_.note_read(s.talk, now, std::move(what));
    s.talk.control_read(std::move(about), now);
}

void mars::answer_fin(std::uint16_t number) {
    auto& s = *sessions_.at(number);
    if (std::exchange(s.over, true)) return;
    control(s, smp_flag::fin);
}

void mars::sweep() {
    std::erase_if(sessions_, [](const auto& s) { return s.second->over && !s.second->talk.has_lists(); });
    std::erase_if(retired_, [](const auto& s) { return !s->talk.has_lists(); });
}

void mars::send(const conversation& from, core::byte_view packets, way how) {
    const auto found = sessions_.find(from.session().value());
    if (found == sessions_.end() || &found->second->talk != &from || found->second->over) return;
    auto& s = *found->second;
    // One packet of TDS in each of SMP; bytes that are none go as they are.
    while (!packets.empty()) {
        const auto header = tds::parse_packet_header(packets);
        auto length = packets.size();
        if (header.has_value() && header->length >= tds::packet_header::size) {
            length = std::min<std::size_t>(length, header->length);
        }
        const auto one = packets.first(length);
        s.waiting.push_back({.data = core::bytes(one.begin(), one.end()), .how = how});
        packets = packets.subspan(length);
    }
    flush(s);
}

core::bytes mars::forged(const conversation& from, const scenario::smp_packet& packet) {
    const auto number = packet.session.value_or(from.session().value_or(0));
    const auto found = sessions_.find(number);
    const auto* const s = found != sessions_.end() ? found->second.get() : nullptr;
    const auto flag = static_cast<smp_flag>(packet.flag);
    const auto sequence = s == nullptr ? 0 : flag == smp_flag::data ? s->sent + 1 : s->sent;
    core::bytes out;
    tds::encode_smp(
        out,
        {.flag = flag,
         .session = number,
         .sequence = packet.sequence.value_or(sequence),
         .window = packet.window.value_or(s == nullptr ? tds::smp_initial_window : s->may_receive)},
        packet.payload,
        packet.length
    );
    return out;
}

void mars::flush(session& s) {
    core::bytes out;
    while (!s.waiting.empty() && s.sent < s.may_send) {
        auto& next = s.waiting.front();
        const auto how = next.how;
        tds::encode_smp(
            out,
            {.flag = smp_flag::data, .session = *s.talk.session(), .sequence = ++s.sent, .window = window(s)},
            next.data
        );
        s.waiting.pop_front();
        if (how.own_segment || how.record_size > 0) on_.send_packets(std::exchange(out, {}), how);
    }
    if (!out.empty()) on_.send_packets(std::move(out));
}

void mars::control(session& s, smp_flag flag) {
    core::bytes out;
    tds::encode_smp(
        out, {.flag = flag, .session = *s.talk.session(), .sequence = s.sent, .window = window(s)}
    );
    on_.send_packets(std::move(out));
}

std::uint32_t mars::window(session& s) noexcept {
    if (!s.reads) return s.may_receive;
    s.may_receive = s.read + tds::smp_initial_window;
    return s.may_receive;
}

void mars::stop_reading(const conversation& of, std::optional<core::duration> lasts, core::instant now) {
    const auto found = sessions_.find(of.session().value());
    if (found == sessions_.end() || &found->second->talk != &of) return;
    auto& s = *found->second;
    s.reads = false;
    if (s.reads_again != 0) on_.stop_timer(std::exchange(s.reads_again, 0));
    if (lasts) s.reads_again = on_.start_timer(now + *lasts);
}

bool mars::timer_expired(std::uint32_t timer, core::instant now) {
    const auto found =
        std::ranges::find_if(sessions_, [&](const auto& s) { return s.second->reads_again == timer; });
    if (found == sessions_.end()) return false;
    auto& s = *found->second;
    s.reads_again = 0;
    s.reads = true;
    auto unread = std::exchange(s.unread, {});
    for (std::size_t i = 0; i < unread.size() && !on_.over(); ++i) {
        if (s.reads) {
            s.talk.received(unread[i], now);
        } else {
            s.unread.push_back(std::move(unread[i])); // one of them has stopped it anew
        }
    }
    if (!on_.over() && s.reads && !s.over) control(s, smp_flag::ack);
    return true;
}

bool mars::quiet() const noexcept {
    return std::ranges::all_of(sessions_, [](const auto& s) { return s.second->talk.quiet(); });
}

bool mars::wants_drained() const noexcept {
    return std::ranges::any_of(sessions_, [](const auto& s) {
        return s.second->talk.streaming() && s.second->waiting.empty();
    });
}

void mars::drained(core::instant now) {
    for (auto& [number, s] : sessions_) {
        if (s->talk.streaming() && s->waiting.empty()) s->talk.drained(now);
        if (on_.over()) return;
    }
}

void mars::violation(const tds::smp_header& header, std::string_view what, core::instant now) {
    on_.violation(
        "SMP " + std::string(tds::name(header.flag)) + " of session " + std::to_string(header.session) +
            " with sequence number " + std::to_string(header.sequence) + ": " + std::string(what),
        {},
        now,
        error_log::unknown_event
    );
}

} // namespace tdsfake::session
