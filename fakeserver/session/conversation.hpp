// One stream of messages and answers: the connection itself, and with MARS each session on it. Messages are
// taken in turn; a fault runs here as a list of steps. conversation.cpp decides, delivering.cpp sends the
// answer, performing.cpp runs the lists.
#pragma once

#include "scenario/model.hpp"
#include "session/answer.hpp"
#include "session/row_stream.hpp"
#include "session/shaped_answer.hpp"
#include "session/state.hpp"
#include "tds/packet.hpp"
#include "world/world.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

class connection;

// What a list, or the healthy reply, answers to.
struct subject {
    scenario::stage stage = scenario::stage::connect;
    request asked;
};

class conversation {
public:
    // `session`: the number of a MARS session; nothing for the connection itself.
    explicit conversation(connection& on, std::optional<std::uint16_t> session = std::nullopt);
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;
    ~conversation();

    // --- inputs
    void received(core::byte_view packets, core::instant now);
    void moment(subject&& about, world::stage_set stages, core::instant now);
    // SMP's SYN, ACK or FIN for this session: never queues, for no answer to a request waits for it.
    void control_read(subject&& about, core::instant now);
    // A moment whose fault has been chosen, and that never queues.
    void begin(subject&& about, const world::choice& chosen, core::instant now);
    bool timer_expired(std::uint32_t timer, core::instant now); // false: not one of its own
    void woken(const std::string& signal, core::instant now);
    // What was sent has left: more of a generated result may follow.
    void drained(core::instant now);
    // Begins queued messages as long as nothing blocks.
    void pump(core::instant now);
    // Its lists end; what is left of their server steps goes on without it.
    void abandon(core::instant now);
    // Adds what is left of them: "line 7: wait, reset; …".
    void tell_unfinished(std::string& to) const;
    void drop_finished();

    [[nodiscard]] std::optional<std::uint16_t> session() const noexcept { return session_; }
    [[nodiscard]] bool quiet() const noexcept { return queue_.empty() && !busy(); }
    [[nodiscard]] bool busy() const noexcept;
    [[nodiscard]] bool has_lists() const noexcept { return !lists_.empty(); }
    // Waits until the socket has taken what was sent.
    [[nodiscard]] bool streaming() const noexcept;
    // Never answers again: what its client sends is read and forgotten.
    [[nodiscard]] bool silent() const noexcept { return silent_; }
    [[nodiscard]] tds::message_reader& reader() noexcept { return reader_; }
    void allow_long_messages() noexcept; // once logged in
    // The message that has just become whole was answered before its end.
    [[nodiscard]] bool answered_already() const noexcept { return answered_early_ == arriving_; }

private:
    // A list of a fault under way.
    struct list {
        const scenario::fault* fault = nullptr;
        std::size_t next = 0;
        subject about;
        core::instant clock{}; // waits count from here: when the bytes were read, or the step before was over
        std::uint32_t timer = 0; // waiting for this one; 0: none
        const std::string* held_for = nullptr;
        const scenario::step* expects = nullptr; // an `expect` that waits for the next message
        std::vector<piece> sending;              // what is left of a part of a shaped answer
        std::unique_ptr<shaped_answer> more;     // and of all of it
        layer enters = layer::session;           // both
        std::size_t ahead = 0;                   // bytes of it since the socket had taken all
        bool streams = false; // waits until the socket has taken what was sent, its own or the rows'
        bool blocks = true;   // the conversation waits for it
        bool answered = false;
        bool closes = false; // a failed login or class 20 was sent
        bool stays = false;
        bool ends = false;      // its connection, or has
        bool misshapen = false; // the answer lacks what its shapes ask for
    };
    // A message that was read while another was being answered.
    struct waiting {
        subject about;
        world::choice chosen;
        world::stage_set stages;
    };

    // --- arriving.cpp
    void part_read(std::uint8_t type, std::size_t size, core::instant now);
    list* expecting() noexcept;
    [[nodiscard]] std::string
    differs(const list& l, const subject& about, world::stage_set stages, const world::message& read) const;
    void accept(list& l, subject&& about, core::instant now);
    void expect(list& l, const scenario::step& step, core::instant now);
    void in_vain(list& l, std::string seen, core::instant now);

    // --- conversation.cpp
    void
    healthy(subject& about, overrides changes, const scenario::shapes* shape, list* owner, core::instant now);
    reply healthy_reply(subject& about, overrides changes);
    void acknowledge_attention(
        overrides changes, const scenario::shapes* shape, list* owner, std::uint8_t status, core::instant now
    );
    // --- delivering.cpp
    void
    deliver(reply&& answer, subject& about, const scenario::shapes* shape, list* owner, core::instant now);
    void deliver_flight(subject& about, const scenario::shapes* shape, list* owner, core::instant now);
    void stream(core::instant now);
    void begin_sending(list& l, std::unique_ptr<shaped_answer> answer, core::instant now);
    void next_part(list& l, core::instant now);
    void note_records(list& l, const scenario::shapes& shape, core::instant now);
    void note_misfit(list& l, std::string problem, core::instant now);
    void take_problems(list& l, shaped_answer& of, core::instant now);
    void send_rest(list& l);
    void send_piece(list& l, piece&& next);
    void send_bytes(list& l, const scenario::send_step& step, core::instant now);
    static bool is_request(scenario::stage s) noexcept;
    [[nodiscard]] bool replies_at(scenario::stage s) const noexcept;
    [[nodiscard]] const scenario::server& server() const;
    [[nodiscard]] const state& known_state() const;

    // --- performing.cpp
    void start_list(subject&& about, const world::choice& chosen, core::instant now);
    void run(list& l, core::instant now);
    bool perform(list& l, const scenario::step& step, core::instant now); // false: suspended
    bool send_pieces(list& l, core::instant now);                         // false: suspended
    void finish(list& l, core::instant now);
    void wait_until(list& l, core::instant at);
    // Steps of its connection are left, which are not going to be performed once that is over.
    static bool is_unfinished(const list& l);

    void note(journal::kind what, core::instant now, std::vector<journal::field> fields = {});

    connection& on_;
    std::optional<std::uint16_t> session_;
    bool silent_ = false;     // `stall`: no healthy replies any more
    bool unanswered_ = false; // a request was read and `ignore` was all it got
    bool lost_ = false;       // the stream is no longer one of packets
    tds::message_reader reader_;
    std::vector<std::unique_ptr<list>> lists_;
    std::unique_ptr<row_stream> rows_; // of the answer under way
    std::vector<waiting> queue_;
    std::uint64_t arriving_ = 1;       // the number of the message that is on its way, or comes next
    std::size_t parts_read_ = 0;       // how many of the rules' sizes it has reached
    std::uint64_t answered_early_ = 0; // the number of the last message that was answered before its end
    bool ignored_early_ = false;       // by `ignore`
    std::size_t queued_bytes_ = 0;
};

} // namespace tdsfake::session
