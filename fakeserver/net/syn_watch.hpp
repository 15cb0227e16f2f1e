// Sees every connect to a port by its SYN, and answers it by hand where connects are counted or answered in a
// way that the kernel has not. Needs CAP_NET_RAW.
#pragma once

#include "net/endpoint.hpp"
#include "net/filters.hpp"
#include "scenario/model.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace tdsfake::net {

// One SYN of a connect.
struct syn {
    endpoint from;
    endpoint to;
    syn_id id;
    std::vector<std::uint8_t> segment; // TCP header and options
    std::int64_t arrived = 0;          // by the kernel's stamp: nanoseconds of CLOCK_REALTIME
    bool repeated = false;             // a retransmit of one seen before
};

// Now, on the clock of syn::arrived.
std::int64_t kernel_time() noexcept;

class syn_watch {
public:
    using on_syn = std::function<void(const syn&)>;

    // What the privilege is needed for, and what does without it.
    struct need {
        std::string purpose;
        std::string instead;
    };
    // Throws start_up_error when the privilege is missing.
    syn_watch(boost::asio::io_context& io, bool v6, std::uint16_t port, const need& why, on_syn seen);
    syn_watch(const syn_watch&) = delete;
    syn_watch& operator=(const syn_watch&) = delete;
    ~syn_watch();

    // Whether this process may open one.
    static bool permitted();

    [[nodiscard]] bool v6() const noexcept { return v6_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    void refuse(const syn& connect);  // RST
    void readmit(const syn& connect); // the SYN again, with a fresh checksum (loopback leaves it partial)
    void unreachable(const syn& connect, scenario::unreachable what); // ICMP
    [[nodiscard]] bool readmitted(const syn& connect) const { return readmitted_.contains(connect.id); }

private:
    void wait();
    void read_all();
    bool first_time(const syn& s);
    void send(int socket, const endpoint& from, const endpoint& to, std::vector<std::uint8_t> segment) const;

    boost::asio::posix::stream_descriptor raw_;
    int icmp_ = -1;
    bool v6_;
    std::uint16_t port_;
    on_syn seen_;
    std::set<syn_id> known_;
    std::deque<syn_id> known_in_order_;
    std::set<syn_id> readmitted_; // our own copies come by here too
};

} // namespace tdsfake::net
