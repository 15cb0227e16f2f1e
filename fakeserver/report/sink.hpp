// Writes the journal somewhere, on a thread of its own: a full pipe or a slow disk delays nobody else.
#pragma once

#include "journal/journal.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace tdsfake::report {

using renderer = std::function<void(const journal::event&, std::string&)>;

// Told again and again how long the reader of a pipe has taken nothing; true: it is not waited for any
// longer.
using give_up_after = std::function<bool(std::chrono::milliseconds stalled)>;
// False if not all went: given up, the disk is full, the reader is gone.
bool write_all(int fd, std::string_view text, const give_up_after& give_up);

class sink {
public:
    // `complete`: the journal keeps for it what is not written yet (a file); else a reader that is too slow
    // is told how many events it missed.
    sink(journal::journal& journal, int fd, bool complete, renderer render);
    sink(const sink&) = delete;
    sink& operator=(const sink&) = delete;
    ~sink();

    // After journal::close(): waits until everything is written, at most `patience`, and `stalled` for a
    // reader that takes nothing. False if that was not enough, or something could not be written.
    bool finish(std::chrono::milliseconds patience, std::chrono::milliseconds stalled);

private:
    void work();

    journal::journal& journal_;
    std::shared_ptr<journal::cursor> cursor_;
    int fd_;
    renderer render_;
    std::atomic<bool> give_up_ = false;
    std::atomic<bool> complete_ = true;
    std::atomic<std::chrono::milliseconds> stalled_ = std::chrono::milliseconds(0);
    std::mutex mutex_;
    std::condition_variable finished_;
    bool done_ = false; // guarded by mutex_
    std::thread thread_;
};

} // namespace tdsfake::report
