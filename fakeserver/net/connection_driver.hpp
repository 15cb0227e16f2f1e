// Carries out on one socket what its session wants, in order, and tells the session what the socket does.
#pragma once

#include "net/endpoint.hpp"
#include "net/timer_queue.hpp"
#include "session/action.hpp"
#include "session/connection.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace tdsfake::net {

// What all drivers share.
struct driver_context {
    boost::asio::io_context& io;
    world::world& world;
    const clock& time;
    timer_queue& timers;
    std::span<std::uint8_t> read_buffer; // used only inside one read
    session::actions wanted;             // used only from a session's input to its being carried out
    std::function<void()> after_input;   // effects of the world are waiting
    std::function<void(world::connection_id)> finished;
};

class connection_driver : public std::enable_shared_from_this<connection_driver> {
public:
    connection_driver(driver_context& context, std::uint32_t server, session::options options, int socket);
    connection_driver(const connection_driver&) = delete;
    connection_driver& operator=(const connection_driver&) = delete;
    ~connection_driver();

    void open(const endpoint& peer, std::string_view local);
    void timer_expired(std::uint32_t timer);
    void woken(const std::string& signal);
    void end(scenario::ending how, std::optional<core::duration> heals_after, bool close_notify);

    [[nodiscard]] world::connection_id id() const noexcept { return session_.id(); }
    [[nodiscard]] bool over() const noexcept { return finished_ && !lingers_; }
    // The process ends: a vanished connection must not send a FIN then, if that can be had.
    void keep_silent_at_exit();

private:
    // Timers of the driver's own, beside the session's.
    enum own_timer : std::uint32_t { poll = 0x80000000, heal, patience, read_again, last_words };

    void wait_readable();
    void wait_writable();
    void read();
    void stop_reading(std::optional<core::duration> lasts);
    void peer_reset(core::instant now);
    void carry_out();
    void flush();
    void give_up();
    void ask_for_more();
    bool reappears();
    bool send_front();
    bool end_front();
    bool everything_acknowledged();
    void poll_again();
    void finish();
    void take_the_rest();
    void leave();

    driver_context& context_;
    boost::asio::posix::stream_descriptor socket_;
    session::connection session_;
    session::actions outbox_;
    std::size_t done_ = 0;    // actions of the outbox carried out
    std::size_t written_ = 0; // bytes of the front one
    std::size_t unsent_ = 0;  // bytes of the outbox
    std::uint32_t polls_ = 0;
    bool segment_open_ = false; // the last piece must have left before the next is written
    bool polling_ = false;
    bool waiting_writable_ = false;
    bool vanished_ = false;
    bool heals_ = false;         // later; until then everything waits
    bool patience_runs_ = false; // an ending waits for acknowledgements
    bool patience_over_ = false; // it has waited 5 s
    bool reading_ = true;        // not while too many answers wait for a client that does not read
    bool stopped_ = false;       // by `stop-reading`: what comes stays in the kernel
    bool awaited_ = false;       // something to read
    bool asking_for_more_ = false;
    bool fin_read_ = false;
    bool shut_ = false;    // our FIN was sent
    bool heard_ = false;   // the client has sent something
    bool lingers_ = false; // after our FIN, for what the client was about to say
    bool finished_ = false;
};

} // namespace tdsfake::net
