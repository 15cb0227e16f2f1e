// MARS: several conversations on one connection, each a session of SMP with windows of its own (MC-SMP 3.1).
#pragma once

#include "session/conversation.hpp"
#include "tds/smp.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace tdsfake::session {

class mars {
public:
    explicit mars(connection& on) : on_(on) {}
    ~mars() = default;
    mars(const mars&) = delete;
    mars& operator=(const mars&) = delete;

    // Bytes of SMP packets, cut anywhere.
    void received(core::byte_view data, core::instant now);
    // Bytes of TDS packets of that session, as far as the client's window allows; the rest follows its ACK.
    void send(const conversation& from, core::byte_view packets, way how);
    // A packet as a scenario has it; what it leaves out is the session's.
    [[nodiscard]] core::bytes forged(const conversation& from, const scenario::smp_packet& packet);

    template <class Visitor>
    void each(Visitor visit) {
        for (auto& [number, s] : sessions_)
            visit(s->talk);
        for (auto& s : retired_)
            visit(s->talk);
    }
    // FIN for the client's FIN: the session is over.
    void answer_fin(std::uint16_t number);
    // Sessions that are over go when nothing runs in them any more.
    void sweep();
    // The session's window closes: what has come is not read, and no more is let in.
    void stop_reading(const conversation& of, std::optional<core::duration> lasts, core::instant now);
    bool timer_expired(std::uint32_t timer, core::instant now); // false: not one of its own
    [[nodiscard]] bool quiet() const noexcept;
    // Some session has more rows to send, and a window for them.
    [[nodiscard]] bool wants_drained() const noexcept;
    void drained(core::instant now);
    [[nodiscard]] std::size_t pending() const noexcept { return buffer_.size(); }

private:
    struct session {
        session(connection& on, std::uint16_t number) : talk(on, number) {}

        struct packet {
            core::bytes data;
            way how;
        };
        conversation talk;
        std::uint32_t sent = 0;                              // SEQNUM of our last DATA
        std::uint32_t may_send = tds::smp_initial_window;    // the client's window
        std::uint32_t read = 0;                              // SEQNUM of its last DATA
        std::uint32_t may_receive = tds::smp_initial_window; // our window, as it was announced
        std::deque<packet> waiting;                          // for the client's window
        std::vector<core::bytes> unread;                     // DATA that came while the session does not read
        bool reads = true;
        std::uint32_t reads_again = 0; // the timer; 0: never
        bool fin_read = false;
        bool over = false; // both have sent FIN
    };

    void packet_read(const tds::smp_header& header, core::byte_view data, core::instant now);
    void opened(const tds::smp_header& header, core::instant now);
    void data_read(session& s, const tds::smp_header& header, core::byte_view data, core::instant now);
    void finished(session& s, core::instant now);
    // An event at stage `smp`; what it means for the windows has been taken already.
    void moment(session& s, const tds::smp_header& header, core::instant now);
    void flush(session& s);
    void control(session& s, tds::smp_flag flag);
    // What we let the client send: as much again as it has sent.
    static std::uint32_t window(session& s) noexcept;
    void violation(const tds::smp_header& header, std::string_view what, core::instant now);

    connection& on_;
    core::bytes buffer_;
    std::map<std::uint16_t, std::unique_ptr<session>> sessions_;
    std::vector<std::unique_ptr<session>> retired_; // over, but for a list; their numbers are in use again
};

} // namespace tdsfake::session
