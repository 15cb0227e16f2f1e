// The sockets of the SQL Server Browser. Its port stays ours whatever the gate says: a UDP socket that is
// connected to itself gets no datagram of others, and the kernel answers those with ICMP port unreachable.
#pragma once

#include "net/endpoint.hpp"
#include "net/timer_queue.hpp"
#include "session/browser.hpp"
#include "world/world.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tdsfake::net {

class udp_browser {
public:
    // Binds every address of the scenario's Browser. Throws start_up_error.
    udp_browser(
        boost::asio::io_context& io,
        world::world& world,
        const clock& time,
        timer_queue& timers,
        std::vector<session::known_instance> instances,
        std::function<void()> after_input
    );
    udp_browser(const udp_browser&) = delete;
    udp_browser& operator=(const udp_browser&) = delete;
    ~udp_browser();

    // Datagrams are read from here on.
    void start();
    void execute_gate(std::size_t gate);
    void timer_expired(std::uint32_t timer);
    void woken(const std::string& signal);

    [[nodiscard]] std::vector<endpoint> addresses() const;

private:
    struct socket;
    // Who is to get what answers a datagram.
    struct return_path {
        socket* through = nullptr;
        endpoint peer;
        endpoint asked; // the local address that the datagram was sent to
    };

    void wait(socket& s);
    void read(socket& s);
    void carry_out(const session::browser_actions& actions);
    void send(session::lookup_id lookup, const return_path& path, core::byte_view data);
    void notice(std::string text);

    world::world& world_;
    const clock& clock_;
    timer_queue& timers_;
    session::browser browser_;
    std::function<void()> after_input_;
    std::vector<std::unique_ptr<socket>> sockets_;
    std::unordered_map<session::lookup_id, return_path> paths_;
    session::lookup_id last_ = 0;
    std::vector<std::uint8_t> buffer_;
};

} // namespace tdsfake::net
