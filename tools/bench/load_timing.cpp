// The lateness meter: connection i sends its PRELOGIN at a random moment of the spread, the server's script
// answers it after delay i; lateness = arrival - sent - delay. Arrival is when the kernel queued the answer
// at this end (SO_TIMESTAMPNS): when this program got round to reading it is its own affair.
//
//   --delays FILE    one delay per line and connection, in microseconds; the server's script must say the
//   same
//   --spread-us N    the PRELOGINs leave at random moments of that time; 0: one after the other, at once
//   --burst 1        checks that every answer came after the last PRELOGIN
//   --stop-pid PID   a burst: all sent, the server is stopped (SIGSTOP) until every delay is over, then
//   continued,
//                    so that it finds all of them due at once
//
// Connections are opened one after the other and each connect() returns after its handshake, so the server
// accepts them in this order: connection i of the file is the server's connection number i.
#include "load.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <random>
#include <vector>

#include <signal.h>
#include <sys/epoll.h>

namespace bench {
namespace {

struct client {
    int fd = -1;
    std::int64_t delay = 0;   // all in nanoseconds
    std::int64_t send_at = 0; // from the begin
    std::int64_t sent = 0;    // CLOCK_REALTIME, as the kernel's stamps are; just before send()
    std::int64_t arrived = 0; // CLOCK_REALTIME, by the kernel
};

std::vector<client> read_delays(const std::string& file) {
    std::ifstream in(file);
    std::vector<client> clients;
    for (std::int64_t microseconds = 0; in >> microseconds;) {
        clients.emplace_back();
        clients.back().delay = microseconds * 1000;
    }
    if (clients.empty() || !in.eof()) die("--delays " + file + ": expected whole microseconds, one per line");
    return clients;
}

void sleep_until(std::int64_t when) {
    const timespec until{when / 1'000'000'000, when % 1'000'000'000};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {}
}

class meter {
public:
    explicit meter(const options& given)
        : clients_(read_delays(given.text("delays"))),
          burst_(given.number("burst") != 0) {
        const auto server = loopback(server_host, static_cast<std::uint16_t>(given.number("port")));
        raise_descriptor_limit(clients_.size() + 64);
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) die_errno("epoll_create1");
        std::mt19937_64 random(static_cast<std::uint64_t>(given.number("seed")));
        std::uniform_int_distribution<std::int64_t> moment(0, given.number("spread-us") * 1000);
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            auto& one = clients_[i];
            one.fd = client_socket(source_host(static_cast<std::int64_t>(i), 16), 0);
            if (::connect(one.fd, generic(server), sizeof server) != 0) die_errno("connect");
            const int on = 1;
            if (::setsockopt(one.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
                die_errno("SO_TIMESTAMPNS");
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &event) != 0) die_errno("epoll_ctl");
            one.send_at = moment(random);
            order_.push_back(i);
        }
        std::sort(order_.begin(), order_.end(), [&](auto a, auto b) {
            return clients_[a].send_at < clients_[b].send_at;
        });
    }

    // stop: the server, for a burst of timers; 0: none.
    void run(pid_t stop) {
        sleep_until(now() + 100'000'000); // the server has accepted all and is idle again
        const auto offset = realtime_offset();
        const auto begin = realtime();
        while (next_ < order_.size()) {
            const auto left = begin + clients_[order_[next_]].send_at - realtime();
            if (left <= 0)
                send_next();
            else if (stop == 0)
                receive(left);
        }
        std::int64_t last_due = 0;
        for (const auto& one : clients_)
            last_due = std::max(last_due, one.sent + one.delay);
        if (stop != 0) stop_until(stop, last_due - offset);
        const auto give_up = std::max(realtime(), last_due) + 10'000'000'000;
        while (arrived_ < clients_.size()) {
            receive(burst_ ? 0 : 1'000'000'000); // a burst must not pay for waking us up
            if (realtime() > give_up)
                die("10 s after the last answer was due, " + std::to_string(clients_.size() - arrived_) +
                    " are missing");
        }
        if (burst_) check_burst();
        if (std::abs(realtime_offset() - offset) > 20'000) die("the clock was set meanwhile: measure again");
    }

    // Every answer after every PRELOGIN, or it was no burst.
    void check_burst() const {
        for (const auto& one : clients_)
            if (one.sent >= first_arrival())
                die("an answer came before the last PRELOGIN was sent: not due at once");
    }

    void print() const {
        std::int64_t last = 0;
        for (const auto& one : clients_)
            last = std::max(last, one.arrived);
        std::printf(
            "{\"count\": %zu, \"burst_us\": %.1f", clients_.size(), microseconds(last - first_arrival())
        );
        const char* separator = ", \"lateness_us\": [";
        for (const auto& one : clients_) {
            std::printf("%s%.1f", separator, microseconds(one.arrived - one.sent - one.delay));
            separator = ",";
        }
        std::printf("]}\n");
    }

private:
    static double microseconds(std::int64_t t) { return static_cast<double>(t) / 1e3; }
    static std::int64_t realtime() { return nanoseconds(CLOCK_REALTIME); }
    // CLOCK_REALTIME - CLOCK_MONOTONIC: the sample that was interrupted least.
    static std::int64_t realtime_offset() {
        std::int64_t best = 0;
        auto least = std::numeric_limits<std::int64_t>::max();
        for (int i = 0; i < 20; ++i) {
            const auto before = now();
            const auto sample = realtime();
            const auto took = now() - before;
            if (took >= least) continue;
            least = took;
            best = sample - before;
        }
        return best;
    }
    [[nodiscard]] std::int64_t first_arrival() const {
        return std::ranges::min_element(clients_, {}, &client::arrived)->arrived;
    }

    void send_next() {
        auto& one = clients_[order_[next_++]];
        one.sent = realtime();
        if (::send(one.fd, prelogin_request.data(), prelogin_request.size(), MSG_NOSIGNAL) < 0)
            die_errno("send PRELOGIN");
    }

    void receive(std::int64_t patience) {
        std::array<epoll_event, 64> events{};
        const timespec timeout{patience / 1'000'000'000, patience % 1'000'000'000};
        const int size = static_cast<int>(events.size());
        const int ready = ::epoll_pwait2(epoll_, events.data(), size, &timeout, nullptr);
        for (int i = 0; i < ready; ++i)
            receive_one(clients_[events[static_cast<std::size_t>(i)].data.u64]);
    }

    void receive_one(client& one) {
        std::array<std::uint8_t, 4096> buffer;
        alignas(cmsghdr) std::array<char, 256> control;
        iovec into{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_iov = &into;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = ::recvmsg(one.fd, &message, MSG_DONTWAIT);
        if (got < 0) die_errno("receive the answer to PRELOGIN");
        if (!is_whole_answer(buffer.data(), static_cast<std::size_t>(got)))
            die("not one whole answer to PRELOGIN: " + std::to_string(got) + " bytes");
        for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
            timespec t{};
            std::memcpy(&t, CMSG_DATA(c), sizeof t);
            one.arrived = std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
        }
        if (one.arrived == 0) die("the kernel gave no receive time");
        if (::epoll_ctl(epoll_, EPOLL_CTL_DEL, one.fd, nullptr) != 0) die_errno("epoll_ctl");
        ++arrived_;
    }

    void stop_until(pid_t server, std::int64_t last_due) {
        // The server reads all of them; their delays must be longer than this.
        sleep_until(now() + 150'000'000);
        if (::kill(server, SIGSTOP) != 0) die_errno("SIGSTOP");
        epoll_event event{};
        if (::epoll_wait(epoll_, &event, 1, 0) != 0)
            die("an answer came before the server was stopped: longer delays");
        sleep_until(last_due + 20'000'000);
        if (::kill(server, SIGCONT) != 0) die_errno("SIGCONT");
    }

    std::vector<client> clients_;
    bool burst_;
    std::vector<std::size_t> order_; // of sending
    std::size_t next_ = 0;
    std::size_t arrived_ = 0;
    int epoll_ = -1;
};

} // namespace

void run_timing(const options& given) {
    meter m(given);
    m.run(static_cast<pid_t>(given.number("stop-pid")));
    m.print();
}

} // namespace bench
