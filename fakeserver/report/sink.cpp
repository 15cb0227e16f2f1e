#include "report/sink.hpp"

#include <climits>

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tdsfake::report {

namespace {
constexpr std::chrono::milliseconds look_again{100};
constexpr std::chrono::milliseconds knock_again{20}; // at a pipe that is full
constexpr std::size_t write_at = std::size_t{64} << 10;
} // namespace

bool write_all(int fd, std::string_view text, const give_up_after& give_up) {
    struct stat about{};
    std::chrono::milliseconds stalled{0};
    const bool blocks = ::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode);
    while (!text.empty()) {
        if (!blocks) {
            const auto written = ::write(fd, text.data(), text.size());
            if (written < 0 && errno != EINTR) return false; // the disk is full
            if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        // A pipe that is writable takes PIPE_BUF bytes without blocking; more might block for good.
        pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
        const int polled = ::poll(&ready, 1, static_cast<int>(knock_again.count()));
        if (polled == 0 || (polled < 0 && errno == EINTR)) {
            if (polled == 0) stalled += knock_again;
            if (give_up(stalled)) return false;
            continue;
        }
        stalled = std::chrono::milliseconds(0);
        const auto written = ::write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (written < 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return false; // the reader is gone
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

sink::sink(journal::journal& journal, int fd, bool complete, renderer render)
    : journal_(journal),
      cursor_(journal.open(complete)),
      fd_(fd),
      render_(std::move(render)),
      thread_([this] { work(); }) {}

sink::~sink() {
    give_up_ = true;
    if (thread_.joinable()) thread_.join();
}

bool sink::finish(std::chrono::milliseconds patience, std::chrono::milliseconds stalled) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    bool in_time = false;
    {
        std::unique_lock lock(mutex_);
        do
            in_time = finished_.wait_for(lock, std::min(patience, knock_again), [this] { return done_; });
        while (!in_time && stalled_.load() < stalled && std::chrono::steady_clock::now() < deadline);
    }
    give_up_ = true; // what the thread had not even read is missing, too
    if (thread_.joinable()) thread_.join();
    return in_time && complete_;
}

void sink::work() {
    std::string text;
    const auto write = [&] {
        const bool all = write_all(fd_, text, [this](std::chrono::milliseconds stalled) {
            stalled_ = stalled;
            return give_up_.load();
        });
        stalled_ = std::chrono::milliseconds(0);
        if (!all) complete_ = false;
        text.clear();
    };
    bool more = true;
    while (more && !give_up_) {
        const auto batch = journal_.read(*cursor_, look_again);
        if (batch.lost > 0) {
            complete_ = false;
            render_(
                {.what = journal::kind::notice,
                 .fields =
                     {{"text",
                       std::to_string(batch.lost) + " events are missing here: the reader was too slow"}}},
                text
            );
        }
        for (const auto& block : batch.blocks) {
            for (const auto& event : *block) {
                if (event.sequence < batch.from) continue;
                render_(event, text);
                if (text.size() >= write_at) write();
            }
        }
        if (!text.empty()) write();
        more = !batch.closed;
    }
    if (more) complete_ = false; // told to give up before the end
    const std::lock_guard lock(mutex_);
    done_ = true;
    finished_.notify_all();
}

} // namespace tdsfake::report
