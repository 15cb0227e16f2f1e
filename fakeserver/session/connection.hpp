// One TCP connection, sans-IO: bytes, ends and time come in, actions go out. The rooms: connection.cpp has
// its life from TCP's point of view, reading.cpp and requesting.cpp take its messages apart, conversation.cpp
// and performing.cpp answer them; with MARS several conversations share it (mars.cpp).
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"
#include "session/action.hpp"
#include "session/conversation.hpp"
#include "session/mars.hpp"
#include "session/packet_per_record.hpp"
#include "session/state.hpp"
#include "session/tls_contexts.hpp"
#include "session/tls_link.hpp"
#include "tds/packet.hpp"
#include "world/world.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tdsfake::session {

struct options {
    bool show_passwords = false;
    tls_contexts* tls = nullptr; // without them no TLS is served
};

class connection {
public:
    connection(world::world& world, std::uint32_t server, options opts);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    // --- inputs. `now` is when the input was read; what follows is appended to `out`.
    void opened(std::string_view peer, std::string_view local, core::instant now, actions& out);
    void received(core::byte_view data, core::instant now, actions& out);
    void peer_closed(core::instant now, actions& out); // FIN
    void peer_reset(core::instant now, actions& out);  // RST, or any other end of the socket
    void timer_expired(std::uint32_t timer, core::instant now, actions& out);
    void woken(const std::string& signal, core::instant now, actions& out);
    // Everything sent so far has left. Asked for by `wants_drained`.
    void drained(core::instant now, actions& out);
    // A targeted ending of the world's.
    void
    end(scenario::ending how,
        std::optional<core::duration> heals_after,
        bool close_notify,
        core::instant now,
        actions& out);

    // The close or reset asked for has been carried out.
    void ended(core::instant now);

    [[nodiscard]] world::connection_id id() const noexcept { return member_.id; }
    // Nothing more will come of it: the socket may go once its actions are carried out.
    [[nodiscard]] bool over() const noexcept { return over_; }
    // There is more to send as soon as what was sent has left.
    [[nodiscard]] bool wants_drained() const noexcept;

    // --- for its conversations
    enum class phase : std::uint8_t { fresh, prelogin_done, login_read, logged_in };

    void message_read(conversation& on, tds::message&& message, core::instant now);
    void stream_lost(conversation& on, boost::system::error_code why, core::instant now);
    // Bytes of TDS packets: framed by MARS, encrypted by TLS, as far as these are in force.
    void send(const conversation& from, core::bytes data, way how = {});
    // Bytes inside TLS, where it is in force, and beneath MARS.
    void send_packets(core::bytes data, way how = {});
    // Bytes beneath TLS. What nothing separates leaves in one piece.
    void send_beneath(core::bytes data, way how = {});
    // Records of a handshake as they are carried here: in packets or bare. They are about to leave.
    [[nodiscard]] core::bytes carried(core::byte_view records) const;
    [[nodiscard]] bool wraps_flights() const noexcept;
    [[nodiscard]] bool encrypts() const noexcept { return tls_ && tls_->encrypts(); }
    void flight_leaves(core::byte_view records);
    // What a scenario sends in the place of these layers.
    [[nodiscard]] core::bytes forged(const conversation& from, const scenario::smp_packet& packet);
    [[nodiscard]] core::bytes forged(const tls::alert& alert);
    void note(journal::kind what, core::instant now, std::vector<journal::field> fields = {});
    // A message that was read, and what conditions may ask of it until the next one is.
    void note_read(conversation& on, core::instant now, std::vector<journal::field> fields);
    [[nodiscard]] world::message read_as(const conversation& on, const request& asked) const;
    [[nodiscard]] std::uint32_t start_timer(core::instant at);
    void stop_timer(std::uint32_t timer);
    // `close_notify`: TLS, where it is in force, says that it ends.
    void end_self(
        scenario::ending how,
        std::optional<core::duration> heals_after,
        core::instant now,
        bool close_notify = true
    );
    void prelogin_answered(const tds::prelogin& answer);
    // LOGINACK was sent, whole: what was negotiated is in force from the next message on.
    void login_accepted(core::instant now);
    // Tells the journal what is wrong, and closes as a server would; `number`: of SQL Server's error log.
    void violation(
        std::string_view reason,
        core::byte_view data,
        core::instant now,
        std::int32_t number,
        scenario::ending how = scenario::ending::close
    );
    // MARS: FIN for the session's FIN.
    void answer_fin(const conversation& of);
    void stop_reading(const conversation& of, std::optional<core::duration> lasts, core::instant now);
    // The stages that a message of this type is going to reach; `start`: none.
    [[nodiscard]] std::pair<scenario::stage, world::stage_set> stages_of_part(std::uint8_t type) const;
    // As if the message that began this phase had not come: the client may send it again.
    void step_back(scenario::stage from) noexcept;

    // The socket no longer carries packets as it did a moment ago.
    [[nodiscard]] bool carrier_changed() const noexcept { return carrier_changed_; }

    [[nodiscard]] world::world& world() noexcept { return world_; }
    [[nodiscard]] world::member& member() noexcept { return member_; }
    [[nodiscard]] const world::member& member() const noexcept { return member_; }
    [[nodiscard]] const scenario::server& server() const { return world_.scenario().servers[member_.server]; }
    [[nodiscard]] state* session_state() noexcept { return state_.get(); }
    [[nodiscard]] const state* session_state() const noexcept { return state_.get(); }
    [[nodiscard]] std::size_t packet_size() const noexcept { return packet_size_; }
    [[nodiscard]] bool logged_in() const noexcept { return phase_ == phase::logged_in; }
    [[nodiscard]] bool vanished() const noexcept { return vanished_; } // for good
    [[nodiscard]] bool can_send() const noexcept { return !write_closed_ && !vanished_; }
    [[nodiscard]] std::uint64_t next_draw() noexcept { return ++draws_; }

private:
    // --- connection.cpp
    void settle(core::instant now); // after every input: queues go on, idleness is noticed
    void over_by(scenario::closer by, std::string_view how, core::instant now);
    void no_longer_idle();
    void idle_expired(core::instant now);
    [[nodiscard]] std::string_view reached() const noexcept;
    template <class Visitor>
    void each_conversation(Visitor visit) {
        visit(main_);
        if (mars_) mars_->each(visit);
    }

    // --- carrying.cpp: from the bytes of the socket to packets, and back
    void carry(core::byte_view data, core::instant now);
    [[nodiscard]] core::bytes packets_read(core::byte_view data, core::instant now);
    bool begin_tls(tls::carrier in, core::instant now);
    void handshake_read(tds::message&& message, core::instant now);
    void say_goodbye(); // close_notify, where TLS is in force
    // `read`: the bytes that they came from.
    void take(std::vector<tls_link::event>&& events, core::byte_view read, core::instant now);
    bool records_are_right(const tls_link::event& of, core::instant now); // false: the connection ends
    void flight_read(core::bytes&& answer, bool completed, core::instant now);

    // --- reading.cpp
    // The server's policy, or what PRELOGIN agreed on, wants TLS, and there is none.
    [[nodiscard]] bool encryption_missing() const noexcept;
    void prelogin_read(tds::message&& message, core::instant now);
    void login_read(tds::message&& message, core::instant now);
    void login_moment(const tds::message& message, core::instant now);
    // --- authenticating.cpp: what follows LOGIN7 until the server is content
    [[nodiscard]] ntlm_names names_for_ntlm() const;
    void sspi_read(tds::message&& message, core::instant now);
    void fedauth_read(tds::message&& message, core::instant now);
    // --- requesting.cpp
    void request_read(conversation& on, tds::message&& message, core::instant now);
    void attention_read(conversation& on, core::instant now);

    world::world& world_;
    world::member member_;
    options options_;
    phase phase_ = phase::fresh;
    bool over_ = false;
    bool write_closed_ = false; // after half-close
    bool vanished_ = false;     // for good
    bool told_ = false;         // the journal has the end of this connection
    bool resets_ = false;       // the ending asked for is a reset
    bool idle_ = false;
    std::string unfinished_; // of the lists that ended with it, until the journal has it
    std::uint32_t last_timer_ = 0;
    std::uint32_t idle_timer_ = 0;
    std::uint32_t idle_step_ = 0;                          // which of the rules' idle times comes next
    std::uint32_t packet_size_ = tds::default_packet_size; // of what we send
    core::instant idle_since_{};
    std::uint64_t draws_ = 0;
    std::vector<journal::field> read_; // fields of the last message, if a condition asks for any
    std::unique_ptr<state> state_;     // from LOGIN7 on
    conversation main_;
    std::unique_ptr<tls_link> tls_;
    packet_per_record in_record_;
    bool carrier_changed_ = false;
    std::optional<std::uint8_t> encryption_asked_; // in PRELOGIN
    std::optional<std::uint8_t> encryption_answered_;
    bool mars_agreed_ = false;
    std::unique_ptr<mars> mars_; // from the login answer on
    actions* out_ = nullptr;     // of the input being processed
};

} // namespace tdsfake::session
