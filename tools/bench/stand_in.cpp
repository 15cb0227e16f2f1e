// A server with adjustable defects. `tools/bench/run --self-test` puts it in tdsfake's place: without a
// defect every bar must be met, with one the measure that watches for it must say so. It is also the floor of
// the lateness meter: as simple as a server with timers can be.
//
//   --silent 1       never answers
//   --delays FILE    connection i is answered after line i, in microseconds, from the moment its PRELOGIN was
//   read
//   --hold-ms N      answers nobody before that time after start, then all at once
//   --late-us N      defect: that much later than asked for
//   --burn-us N      defect: computes that long per answer
//   --waste N        defect: bytes kept per connection
//   --start-ms N     defect: computes that long before READY
//   --exit-ms N      defect: takes that long to end after SIGTERM
#include "common.hpp"

#include <fstream>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

#include <signal.h>
#include <sys/epoll.h>

namespace {

volatile sig_atomic_t terminated = 0;

void burn(std::int64_t nanoseconds) {
    for (const auto until = bench::now() + nanoseconds; bench::now() < until;) {}
}

class stand_in {
public:
    explicit stand_in(const bench::options& given)
        : silent_(given.number("silent") != 0),
          late_(given.number("late-us") * 1000),
          burn_(given.number("burn-us") * 1000),
          waste_(static_cast<std::size_t>(given.number("waste"))) {
        if (const auto& file = given.text("delays"); !file.empty()) {
            std::ifstream in(file);
            for (std::int64_t microseconds = 0; in >> microseconds;)
                delays_.push_back(microseconds * 1000);
        }
        if (const auto hold = given.number("hold-ms"); hold != 0)
            held_until_ = bench::now() + hold * 1'000'000;
        listener_ = bench::listen_and_announce();
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) bench::die_errno("epoll_create1");
        watch(listener_);
    }

    void run() {
        std::array<epoll_event, 256> events{};
        while (terminated == 0) {
            const int count = wait(events);
            if (count < 0 && errno != EINTR) bench::die_errno("epoll_pwait2");
            for (int i = 0; i < count; ++i) {
                const int fd = events[static_cast<std::size_t>(i)].data.fd;
                if (fd == listener_)
                    accept_one();
                else
                    read_from(fd);
            }
            while (!due_.empty() && due_.top().when <= bench::now()) {
                answer(due_.top().fd);
                due_.pop();
            }
        }
    }

private:
    struct timer {
        std::int64_t when;
        int fd;
        bool operator<(const timer& other) const { return when > other.when; } // earliest on top
    };
    struct connection {
        std::size_t number;
        std::unique_ptr<std::vector<char>> wasted;
    };

    void watch(int fd) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) bench::die_errno("epoll_ctl");
    }

    int wait(std::array<epoll_event, 256>& events) const {
        const int size = static_cast<int>(events.size());
        sigset_t none; // SIGTERM is let in here only: none is lost between the test of the flag and the wait
        ::sigemptyset(&none);
        if (due_.empty()) return ::epoll_pwait2(epoll_, events.data(), size, nullptr, &none);
        const auto left = std::max<std::int64_t>(due_.top().when - bench::now(), 0);
        const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
        return ::epoll_pwait2(epoll_, events.data(), size, &timeout, &none);
    }

    void accept_one() {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        connections_[fd] = {
            accepted_++, waste_ == 0 ? nullptr : std::make_unique<std::vector<char>>(waste_, 'x')
        };
        watch(fd);
    }

    void read_from(int fd) {
        std::array<std::uint8_t, 512> buffer;
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            if (got < 0 && errno == EAGAIN) return;
            ::close(fd);
            connections_.erase(fd);
            return;
        }
        if (silent_) return;
        const auto number = connections_.at(fd).number;
        const auto when =
            std::max(bench::now() + (number < delays_.size() ? delays_[number] : 0), held_until_) + late_;
        if (when > bench::now())
            due_.push({when, fd});
        else
            answer(fd);
    }

    void answer(int fd) const {
        if (burn_ != 0) burn(burn_);
        ::send(fd, bench::prelogin_answer.data(), bench::prelogin_answer.size(), MSG_NOSIGNAL);
    }

    bool silent_;
    std::int64_t late_;
    std::int64_t burn_;
    std::size_t waste_;
    std::int64_t held_until_ = 0;
    std::vector<std::int64_t> delays_; // nanoseconds, by connection
    std::priority_queue<timer> due_;
    std::unordered_map<int, connection> connections_;
    std::size_t accepted_ = 0;
    int listener_ = -1;
    int epoll_ = -1;
};

} // namespace

int main(int argc, char** argv) {
    const bench::options given(
        argc - 1,
        argv + 1,
        {{"silent", "0"},
         {"delays", ""},
         {"hold-ms", "0"},
         {"late-us", "0"},
         {"burn-us", "0"},
         {"waste", "0"},
         {"start-ms", "0"},
         {"exit-ms", "0"}}
    );
    struct sigaction action{};
    action.sa_handler = [](int) { terminated = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    sigset_t term;
    ::sigemptyset(&term);
    ::sigaddset(&term, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &term, nullptr);
    bench::raise_descriptor_limit(12'000);
    burn(given.number("start-ms") * 1'000'000);
    stand_in(given).run();
    burn(given.number("exit-ms") * 1'000'000);
}
