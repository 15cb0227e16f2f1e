// One listening address whose port stays ours whatever its gate says (architecture.md, "Refuse while owning
// the port").
#pragma once

#include "net/endpoint.hpp"
#include "net/filters.hpp"
#include "net/full_queue.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace tdsfake::net {

class listener {
public:
    // What the kernel does with a SYN.
    enum class mode : std::uint8_t {
        shut,    // RST: refused
        guarded, // ignored, except those admitted one by one
        open,    // accepted
        full,    // ignored, for the accept queue is full (of our own connects) and nobody empties it
    };
    struct accepted {
        int socket = -1;
        endpoint peer;
    };
    using on_accept = std::function<void(listener&, accepted)>;
    using on_notice = std::function<void(std::string)>;

    // Binds. Throws start_up_error naming the port and, where it can be known, who holds it.
    listener(boost::asio::io_context& io, const endpoint& address);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener();

    void start(mode initial, on_accept accept, on_notice notice);
    // Flipping to `shut` or `full` takes in everybody who was let in: `settle` is to be called about 200 µs
    // after this said true.
    [[nodiscard]] bool change(mode to);
    // True: call again after as long (a stranger holds the port for a moment).
    [[nodiscard]] bool settle();

    // Counted gates: this SYN may pass although the listener is guarded; that one stays dropped for good.
    void admit(const syn_id& syn);
    void drop_for_good(const syn_id& syn);
    [[nodiscard]] bool dropped_for_good(const syn_id& syn) const;
    // Whether this client was let in after the last change, which ended that.
    [[nodiscard]] bool has_let_in(const endpoint& peer);
    // One of our own connects, which keep the accept queue full: nobody's business.
    [[nodiscard]] bool own(const endpoint& peer) const noexcept { return filling_.own(peer); }

    // Descriptors have run out and one has become free.
    void resume();

    [[nodiscard]] const endpoint& address() const noexcept { return address_; }

private:
    void wait();
    void accept_all();
    void apply_filter();
    bool listen();
    void shut();
    void fill();

    boost::asio::posix::stream_descriptor descriptor_;
    endpoint address_;
    mode mode_ = mode::shut;
    bool settling_ = false; // about to be shut or full
    bool deaf_ = false;     // should listen and could not yet
    bool waiting_ = false;
    bool starved_ = false; // out of descriptors
    bool told_ = false;
    std::deque<syn_id> admitted_;
    std::deque<syn_id> dropped_;
    std::deque<endpoint> let_in_; // since the last change, unless open
    full_queue filling_;
    on_accept accept_;
    on_notice notice_;
};

// A port that is free on all these addresses, held: binds them all to it. Ports given by the user are kept.
std::vector<std::unique_ptr<listener>>
bind_all(boost::asio::io_context& io, const std::vector<endpoint>& addresses);

// "pid 123 (sqlservr)" of the process that listens there; empty if it cannot be known.
enum class transport : bool { tcp, udp };
std::string holder_of(const endpoint& address, transport over = transport::tcp);

} // namespace tdsfake::net
