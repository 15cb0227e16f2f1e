// From the bytes of the socket to TDS packets and back: TLS, where it is in force.
#include "core/hex.hpp"
#include "session/connection.hpp"
#include "session/error_log.hpp"
#include "tls/record.hpp"

namespace tdsfake::session {

using journal::kind;
using policy = scenario::encryption_policy;
using scenario::stage;

namespace {

constexpr std::size_t most_joined = std::size_t{64} << 10; // bytes that leave in one piece

void describe(std::vector<journal::field>& out, const tls::client_hello& hello) {
    if (!hello.server_name.empty()) out.emplace_back("server-name", hello.server_name);
    std::string alpn;
    for (const auto& protocol : hello.alpn)
        alpn += (alpn.empty() ? "" : " ") + protocol;
    if (!alpn.empty()) out.emplace_back("alpn", std::move(alpn));
    if (const auto newest = hello.newest(); newest >= 0x0301 && newest <= 0x0304) {
        out.emplace_back("newest", tls::name(static_cast<tls::version>(newest - 0x0301)));
    }
}

void describe(std::vector<journal::field>& out, const tls::details& of) {
    if (of.version) out.emplace_back("version", tls::name(*of.version));
    if (!of.cipher.empty()) out.emplace_back("cipher", of.cipher);
    if (!of.alpn.empty()) out.emplace_back("alpn", of.alpn);
    if (!of.client_certificate.empty()) out.emplace_back("client-certificate", of.client_certificate);
}

} // namespace

void connection::carry(core::byte_view data, core::instant now) {
    core::bytes rest;
    while (!over_ && !data.empty()) {
        if (phase_ == phase::fresh && !tls_ && main_.reader().pending() == 0 && data.front() == 0x16 &&
            server().identity.encryption != policy::not_supported) {
            if (!begin_tls(tls::carrier::strict, now)) return;
        }
        if (tls_ && tls_->takes_bare()) {
            take(tls_->bare(data), data, now);
            return;
        }
        rest = packets_read(data, now);
        data = rest;
    }
}

// What is left over no longer is (only) packets: TLS takes it.
core::bytes connection::packets_read(core::byte_view data, core::instant now) {
    core::bytes rest;
    while (!over_) {
        if (mars_) {
            mars_->received(data, now);
            break;
        }
        const bool bare_before = tls_ && tls_->takes_bare();
        carrier_changed_ = false;
        main_.received(data, now);
        if (!carrier_changed_) break;
        rest = main_.reader().take_unparsed();
        if (!bare_before && tls_ && tls_->takes_bare()) return rest;
        data = rest;
    }
    return {};
}

bool connection::begin_tls(tls::carrier in, core::instant now) {
    // In TDS 7.x the answer to PRELOGIN has decided; where a fault has kept it back, the policy's would have.
    const auto off = static_cast<std::uint8_t>(tds::encryption::off);
    const bool login_only = in == tls::carrier::wrapped && encryption_answered_ == off;
    if (options_.tls == nullptr) return false;
    if (in == tls::carrier::strict) member_.who.encryption = "strict"; // told before PRELOGIN
    try {
        tls_ = std::make_unique<tls_link>(
            options_.tls->of(member_.server, in),
            login_only ? tls_link::scope::login_only : tls_link::scope::everything
        );
        return true;
    } catch (const tls::setup_error& problem) {
        violation(problem.what(), {}, now, error_log::handshake_failed);
        return false;
    }
}

void connection::handshake_read(tds::message&& message, core::instant now) {
    const bool served = server().identity.encryption != policy::not_supported;
    if (!served || (tls_ && tls_->takes_bare())) {
        violation(
            served ? "a TLS handshake is not expected here"
                   : "a TLS handshake, which this server does not support",
            message.payload,
            now,
            error_log::unknown_event
        );
        return;
    }
    if (!tls_ && !begin_tls(tls::carrier::wrapped, now)) return;
    take(tls_->wrapped(message.payload), message.payload, now);
    carrier_changed_ = tls_->takes_bare();
}

void connection::take(std::vector<tls_link::event>&& events, core::byte_view read, core::instant now) {
    using event = tls_link::event::kind;
    for (auto& e : events) {
        if (over_) return;
        switch (e.what) {
        case event::flight: flight_read(std::move(e.data), false, now); break;
        case event::completed: flight_read(std::move(e.data), true, now); break;
        case event::packets:
            if (!records_are_right(e, now)) return;
            static_cast<void>(packets_read(e.data, now));
            break;
        case event::closed: note(kind::received, now, {{"message", "TLS"}, {"alert", "close_notify"}}); break;
        case event::failed:
            if (!main_.silent()) send_beneath(std::move(e.data));
            violation("TLS: " + tls_->engine().error(), read, now, error_log::handshake_failed);
            return;
        }
    }
}

bool connection::records_are_right(const tls_link::event& of, core::instant now) {
    if (!server().enforce.tls_record) return true;
    core::byte_view rest = of.data;
    for (const auto size : of.records) {
        const auto record = rest.first(size);
        rest = rest.subspan(size);
        std::string wrong;
        if (size > packet_size_) {
            wrong = "a TLS record of " + std::to_string(size) + " bytes, and packets have " +
                    std::to_string(packet_size_) + " at most";
        } else if (!in_record_.fits(record)) {
            wrong = "more than one packet in a TLS record";
        }
        if (wrong.empty()) continue;
        violation(
            wrong,
            logged_in() ? record : core::byte_view(),
            now,
            error_log::bad_packet_length,
            scenario::ending::reset
        );
        return false;
    }
    return true;
}

void connection::flight_read(core::bytes&& answer, bool completed, core::instant now) {
    std::vector<journal::field> what{
        {"message", "TLS"}, {"flight", completed ? "client-finished" : "client-hello"}
    };
    if (completed) {
        describe(what, tls_->engine().describe());
        what.emplace_back(
            "scope", tls_->covers() == tls_link::scope::login_only ? "login only" : "everything"
        );
    } else if (const auto hello = tls_->take_client_hello(); hello) {
        describe(what, *hello);
    }
    note_read(main_, now, std::move(what));
    member_.who.flight = completed ? "client-finished" : "client-hello";
    subject about{.stage = stage::tls};
    about.asked.flight = std::move(answer);
    main_.moment(std::move(about), stage::tls, now);
}

void connection::prelogin_answered(const tds::prelogin& answer) {
    encryption_answered_ = answer.encryption();
    mars_agreed_ = answer.mars() == 1;
}

void connection::send(const conversation& from, core::bytes data, way how) {
    if (!can_send() || data.empty()) return;
    if (from.session()) {
        mars_->send(from, data, how);
    } else {
        send_packets(std::move(data), how);
    }
}

void connection::answer_fin(const conversation& of) {
    if (can_send()) mars_->answer_fin(of.session().value());
}

void connection::send_packets(core::bytes data, way how) {
    if (!can_send()) return;
    if (tls_ && tls_->encrypts()) data = tls_->encrypt(data, how.record_size);
    send_beneath(std::move(data), how);
}

void connection::send_beneath(core::bytes data, way how) {
    if (!can_send() || data.empty()) return;
    // What one input causes leaves in one write, as far as nothing separates it: a slow client that gets two
    // answers in one segment is no matter of luck.
    if (!out_->empty() && !how.own_segment) {
        auto& last = out_->back();
        if (last.what == action::kind::send && !last.own_segment &&
            last.data.size() + data.size() <= most_joined) {
            last.data.insert(last.data.end(), data.begin(), data.end());
            return;
        }
    }
    out_->push_back({.what = action::kind::send, .own_segment = how.own_segment, .data = std::move(data)});
}

core::bytes connection::carried(core::byte_view records) const { return tls_->carried(records); }

bool connection::wraps_flights() const noexcept { return tls_ && tls_->wraps(); }

void connection::flight_leaves(core::byte_view records) { tls_->flight_leaves(records); }

core::bytes connection::forged(const conversation& from, const scenario::smp_packet& packet) {
    if (mars_) return mars_->forged(from, packet);
    core::bytes out;
    tds::encode_smp(
        out,
        {.flag = static_cast<tds::smp_flag>(packet.flag),
         .session = packet.session.value_or(0),
         .sequence = packet.sequence.value_or(0),
         .window = packet.window.value_or(tds::smp_initial_window)},
        packet.payload,
        packet.length
    );
    return out;
}

core::bytes connection::forged(const tls::alert& alert) {
    return tls_ ? tls_->forge_alert(alert) : tls::encode_plain_alert(alert);
}

void connection::say_goodbye() {
    if (tls_ && tls_->encrypts()) send_beneath(tls_->goodbye());
}

} // namespace tdsfake::session
