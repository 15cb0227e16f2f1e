// The server side of one TLS connection. Bytes in, bytes out: it knows no socket and no TDS.
#pragma once

#include "core/bytes.hpp"
#include "tls/alert.hpp"
#include "tls/context.hpp"
#include "tls/record.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::tls {

// What came of a step.
enum class status : std::uint8_t {
    wants_more,   // nothing can be done until more is received
    flight_ready, // a flight of the client was answered: take_ciphertext() is our next one
    established,  // the handshake is complete, once; take_ciphertext() is our last flight, if there is one
    data,         // take_plaintext() has something
    closed,       // close_notify was read
    failed,       // error() says why; take_ciphertext() may have an alert for the client
};

// The handshake flight that the client sent last.
enum class flight : std::uint8_t { none, client_hello, client_finished };

// For the journal. What is not known (yet) is empty.
struct details {
    std::optional<tls::version> version; // negotiated
    std::string cipher;                  // OpenSSL's name
    std::string alpn;                    // selected
    std::string client_certificate;      // its subject, as in RFC 2253
    std::optional<alert> client_alert;   // the last alert that the client sent, other than close_notify
};

struct engine_state;

// Use: received(), then step() until it says wants_more, closed or failed; send what take_ciphertext() gives.
class engine {
public:
    // Throws setup_error if the context cannot be prepared. The context must outlive the engine.
    explicit engine(context& of);
    ~engine();
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    engine(engine&& other) noexcept;
    engine& operator=(engine&& other) noexcept;

    // Ciphertext from the client, cut anywhere.
    void received(core::byte_view ciphertext);
    status step();

    core::bytes take_ciphertext();
    // A flight of the handshake that may never leave; when it does, flight_leaves().
    core::bytes take_flight();
    void flight_leaves(core::byte_view records);
    core::bytes take_plaintext();
    // How much of what was taken each record held.
    std::vector<std::size_t> take_record_sizes();
    // Each returns everything that is to be sent now, what was not taken before included. Empty before the
    // handshake is complete.
    core::bytes encrypt(core::byte_view plaintext);
    core::bytes close_notify();
    // Any alert, also nonsense, encrypted if what was taken so far makes the client expect that. A flight
    // that was not taken is thrown away: the alert stands in its place. Nothing that follows is of any use.
    core::bytes forge_alert(alert what);
    // One record of data, which may be longer than TLS allows (longest_content). What follows it cannot be
    // read.
    core::bytes forge_data(core::byte_view content);

    [[nodiscard]] bool established() const noexcept;
    [[nodiscard]] flight last_flight() const noexcept;
    [[nodiscard]] const std::string& error() const noexcept;
    [[nodiscard]] details describe() const;
    // What the client offered, once; nothing before it did.
    std::unique_ptr<client_hello> take_client_hello();

private:
    std::unique_ptr<engine_state> state_;
};

} // namespace tdsfake::tls
