// TLS on one connection, as TDS carries it: inside PRELOGIN packets while the handshake of TDS 7.x lasts and
// as bare records afterwards; first of all in TDS 8.0 (MS-TDS 2.2.6.5, 3.2.5.2; fact sheet 2.2, 2.3). Tells
// the records from the packets, and says what came of them.
#pragma once

#include "core/bytes.hpp"
#include "tls/engine.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tdsfake::session {

class tls_link {
public:
    enum class scope : std::uint8_t {
        login_only, // the first packet of LOGIN7, at least; then in clear
        everything,
    };

    tls_link(tls::context& of, scope until) : engine_(of), carrier_(of.settings().in), scope_(until) {}

    // What bytes of the client amounted to, in order.
    struct event {
        enum class kind : std::uint8_t {
            flight,    // `data`: our next flight, to be carried()
            completed, // likewise, the last one; empty if the client's was the last
            packets,   // `data`: bytes of TDS packets
            closed,    // close_notify
            failed,    // `data`: an alert for the client, as it is to be sent
        };
        kind what = kind::packets;
        core::bytes data;
        std::vector<std::size_t> records; // of packets: how much of them each TLS record held
    };
    // The payload of a PRELOGIN packet during the handshake.
    std::vector<event> wrapped(core::byte_view payload);
    // Bytes of the socket, when they are not (all) in packets of their own.
    std::vector<event> bare(core::byte_view data);

    // From here on the socket carries records, or in clear after a login: bare() has to tell.
    [[nodiscard]] bool takes_bare() const noexcept {
        return carrier_ == tls::carrier::strict || engine_.established();
    }
    // Packets that are sent now go inside.
    [[nodiscard]] bool encrypts() const noexcept {
        return engine_.established() && (scope_ == scope::everything);
    }
    // `record_size`: bytes of content in a record; 0: as many as there is room for.
    core::bytes encrypt(core::byte_view packets, std::size_t record_size = 0);
    // Records of the handshake, as they travel now: in packets of type 0x12, or bare. A flight is one
    // message, whole even if it is longer than a packet.
    [[nodiscard]] core::bytes carried(core::byte_view records) const;
    [[nodiscard]] bool wraps() const noexcept { return carrier_ == tls::carrier::wrapped && !bare_; }
    // A flight that an event brought is sent; what never leaves must not count.
    void flight_leaves(core::byte_view records) {
        engine_.flight_leaves(records);
        if (engine_.established()) bare_ = true;
    }
    // As it is to be sent.
    core::bytes forge_alert(tls::alert what) { return carried(engine_.forge_alert(what)); }
    core::bytes goodbye() { return engine_.close_notify(); }

    [[nodiscard]] tls::carrier carrier() const noexcept { return carrier_; }
    [[nodiscard]] bool established() const noexcept { return engine_.established(); }
    [[nodiscard]] const tls::engine& engine() const noexcept { return engine_; }
    std::unique_ptr<tls::client_hello> take_client_hello() { return engine_.take_client_hello(); }
    [[nodiscard]] scope covers() const noexcept { return scope_; }

private:
    void step(std::vector<event>& out);

    tls::engine engine_;
    tls::carrier carrier_;
    scope scope_;
    bool bare_ = false;     // no packets around records any more
    bool in_clear_ = false; // login only: a packet in clear was seen
    core::bytes record_;    // login only: the front of a record that is not here whole
};

} // namespace tdsfake::session
