// connect + PRELOGIN + answer + close, bounded count, bounded concurrency, one thread, one epoll set.
// Closes with FIN, as a normal client does; many source addresses keep TIME_WAIT from using up the ports.
#include "load.hpp"

#include <algorithm>
#include <vector>

#include <sys/epoll.h>

namespace bench {
namespace {

class cycles {
public:
    explicit cycles(const options& given)
        : server_(loopback(server_host, static_cast<std::uint16_t>(given.number("port")))),
          count_(given.number("count")),
          sources_(given.number("sources")),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        if (epoll_ < 0) die_errno("epoll_create1");
        concurrency_ = std::min(given.number("concurrency"), count_);
        started_.resize(static_cast<std::size_t>(concurrency_) + 64);
        times_.reserve(static_cast<std::size_t>(count_));
    }

    void run() {
        const auto begin = now();
        while (begun_ < concurrency_)
            begin_one();
        std::array<epoll_event, 256> events{};
        while (finished_ < count_) {
            const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
            if (ready < 0 && errno == EINTR) continue;
            if (ready == 0)
                die("no answer for 10 s: " + std::to_string(finished_) + " of " + std::to_string(count_) +
                    " done");
            for (int i = 0; i < ready; ++i)
                finish_one(events[static_cast<std::size_t>(i)].data.fd);
        }
        const auto elapsed = now() - begin;
        std::sort(times_.begin(), times_.end());
        std::printf(
            "{\"count\": %lld, \"seconds\": %.6f, \"connect_to_answer_us_p50\": %.1f, "
            "\"connect_to_answer_us_p99\": %.1f}\n",
            static_cast<long long>(count_),
            static_cast<double>(elapsed) / 1e9,
            static_cast<double>(times_[times_.size() / 2]) / 1e3,
            static_cast<double>(times_[times_.size() * 99 / 100]) / 1e3
        );
    }

private:
    // On loopback connect() completes within the call, unless the accept queue is full: that would be a
    // measuring error, so a blocking connect and a bounded concurrency far below the queue's length are right
    // here.
    void begin_one() {
        const auto at = now();
        const int fd = client_socket(source_host(begun_, sources_), 0);
        if (::connect(fd, generic(server_), sizeof server_) != 0) die_errno("connect");
        if (::send(fd, prelogin_request.data(), prelogin_request.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(prelogin_request.size()))
            die_errno("send PRELOGIN");
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die_errno("epoll_ctl");
        if (static_cast<std::size_t>(fd) >= started_.size())
            started_.resize(static_cast<std::size_t>(fd) + 1);
        started_[static_cast<std::size_t>(fd)] = at;
        ++begun_;
    }

    void finish_one(int fd) {
        std::array<std::uint8_t, 4096> buffer;
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got < 0) die_errno("receive the answer to PRELOGIN");
        if (!is_whole_answer(buffer.data(), static_cast<std::size_t>(got)))
            die("not one whole answer to PRELOGIN: " + std::to_string(got) + " bytes");
        times_.push_back(now() - started_[static_cast<std::size_t>(fd)]);
        ::close(fd);
        ++finished_;
        if (begun_ < count_) begin_one();
    }

    sockaddr_in server_;
    std::int64_t count_;
    std::int64_t sources_;
    std::int64_t concurrency_ = 0;
    std::int64_t begun_ = 0;
    std::int64_t finished_ = 0;
    int epoll_;
    std::vector<std::int64_t> started_; // by descriptor
    std::vector<std::int64_t> times_;   // connect to answer
};

} // namespace

void run_cycles(const options& given) {
    if (given.number("count") == 0 || given.number("concurrency") == 0)
        die("--count and --concurrency must be > 0");
    cycles(given).run();
}

} // namespace bench
