// One TCP connection, sans-IO: bytes, ends and time come in, actions go out. Three rooms share the work:
// connection.cpp takes input apart into messages and moments, conversation.cpp decides and answers,
// performing.cpp runs the lists of steps.
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"
#include "session/action.hpp"
#include "session/answer.hpp"
#include "session/shape.hpp"
#include "session/state.hpp"
#include "tds/packet.hpp"
#include "world/world.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

struct options {
    bool show_passwords = false;
};

class connection {
public:
    connection(world::world& world, std::uint32_t server, options opts);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    // Inputs. `now` is when the input was read; what follows is appended to `out`.
    void opened(std::string_view peer, std::string_view local, core::instant now, actions& out);
    void received(core::byte_view data, core::instant now, actions& out);
    void peer_closed(core::instant now, actions& out); // FIN
    void peer_reset(core::instant now, actions& out);  // RST, or any other end of the socket
    void timer_expired(std::uint32_t timer, core::instant now, actions& out);
    void woken(const std::string& signal, core::instant now, actions& out);
    // A targeted ending of the world's.
    void
    end(scenario::ending how, std::optional<core::duration> heals_after, core::instant now, actions& out);

    // The close or reset asked for has been carried out.
    void ended(core::instant now);

    [[nodiscard]] world::connection_id id() const noexcept { return member_.id; }
    // Nothing more will come of it: the socket may go once its actions are carried out.
    [[nodiscard]] bool over() const noexcept { return over_; }

private:
    enum class phase : std::uint8_t { fresh, prelogin_done, login_read, logged_in };

    // What a list, or the healthy reply, answers to.
    struct subject {
        scenario::stage stage = scenario::stage::connect;
        request asked;
    };
    // A list of a fault under way.
    struct list {
        const scenario::fault* fault = nullptr;
        std::size_t next = 0;
        subject about;
        core::instant clock{}; // waits count from here: when the bytes were read, or the step before was over
        std::uint32_t timer = 0; // waiting for this one; 0: none
        const std::string* held_for = nullptr;
        std::vector<piece> sending; // what is left of a shaped answer
        bool blocks = true;         // the conversation waits for it
        bool answered = false;
        bool closes = false; // a failed login or class 20 was sent
        bool stays = false;
    };
    // A message that was read while another was being answered.
    struct waiting {
        subject about;
        world::choice chosen;
    };

    static constexpr std::int32_t unknown_tds_version = 17802;          // of SQL Server's error log
    static constexpr std::size_t longest_before_login = 128 * 1024 - 1; // MS-TDS 2.2.6.4
    static constexpr std::size_t longest_request = std::size_t{64} << 20;

    // --- connection.cpp
    void take_messages(core::instant now);
    void message_read(tds::message&& message, core::instant now);
    void prelogin_read(tds::message&& message, core::instant now);
    void login_read(tds::message&& message, core::instant now);
    void request_read(tds::message&& message, core::instant now);
    void attention_read(core::instant now);
    void violation(std::string_view reason, core::byte_view data, core::instant now, std::int32_t number);
    void over_by(scenario::closer by, std::string_view how, core::instant now);

    // --- conversation.cpp
    void moment(subject&& about, world::stage_set stages, core::instant now);
    void begin(subject&& about, const world::choice& chosen, core::instant now);
    void
    healthy(subject& about, overrides changes, const scenario::shapes* shape, list* owner, core::instant now);
    reply healthy_reply(subject& about, overrides changes);
    void acknowledge_attention(
        overrides changes, const scenario::shapes* shape, list* owner, std::uint8_t status, core::instant now
    );
    void
    deliver(reply&& answer, subject& about, const scenario::shapes* shape, list* owner, core::instant now);
    void pump(core::instant now); // begins queued messages as long as nothing blocks; notices idleness
    [[nodiscard]] bool replies_at(scenario::stage s) const noexcept;
    [[nodiscard]] bool busy() const noexcept;
    void no_longer_idle();

    // --- performing.cpp
    void start_list(subject&& about, const world::choice& chosen, core::instant now);
    void run(list& l, core::instant now);
    bool perform(list& l, const scenario::step& step, core::instant now); // false: suspended
    bool send_pieces(list& l, core::instant now);                         // false: suspended
    void finish(list& l, core::instant now);
    void end_self(scenario::ending how, std::optional<core::duration> heals_after, core::instant now);
    void drop_finished();
    void abandon_lists(core::instant now);
    void wait_until(list& l, core::instant at);

    void note(journal::kind what, core::instant now, std::vector<journal::field> fields = {});
    void send(core::bytes data, bool own_segment = false);
    [[nodiscard]] const scenario::server& server() const { return world_.scenario().servers[member_.server]; }
    [[nodiscard]] std::string_view reached() const noexcept;
    [[nodiscard]] const state& known_state() const;

    world::world& world_;
    world::member member_;
    options options_;
    phase phase_ = phase::fresh;
    bool over_ = false;
    bool lost_ = false;         // the stream is no longer one of packets
    bool silent_ = false;       // `stall`: no healthy replies any more
    bool write_closed_ = false; // after half-close
    bool vanished_ = false;     // for good
    bool told_ = false;         // the journal has the end of this connection
    bool resets_ = false;       // the ending asked for is a reset
    bool unanswered_ = false;   // a request was read and `ignore` was all it got
    bool idle_ = false;
    std::uint32_t last_timer_ = 0;
    std::uint32_t idle_timer_ = 0;
    std::uint32_t idle_step_ = 0;                          // which of the rules' idle times comes next
    std::uint32_t packet_size_ = tds::default_packet_size; // of what we send
    core::instant idle_since_{};
    std::uint64_t draws_ = 0;
    tds::message_reader reader_{longest_before_login};
    std::unique_ptr<state> state_; // from LOGIN7 on
    std::vector<std::unique_ptr<list>> lists_;
    std::vector<waiting> queue_;
    std::size_t queued_bytes_ = 0;
    actions* out_ = nullptr; // of the input being processed
};

} // namespace tdsfake::session
