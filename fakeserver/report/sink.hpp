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

// Writes all of it unless the reader of `fd` does not take it before `give_up` becomes true. False if not all
// went.
bool write_all(int fd, std::string_view text, const std::function<bool()>& give_up);

class sink {
public:
    // `complete`: the journal keeps for it what is not written yet (a file); else a reader that is too slow
    // is told how many events it missed.
    sink(journal::journal& journal, int fd, bool complete, renderer render);
    sink(const sink&) = delete;
    sink& operator=(const sink&) = delete;
    ~sink();

    // After journal::close(): waits until everything is written, at most `patience`. False if that was not
    // enough.
    bool finish(std::chrono::milliseconds patience);

private:
    void work();

    journal::journal& journal_;
    std::shared_ptr<journal::cursor> cursor_;
    int fd_;
    renderer render_;
    std::atomic<bool> give_up_ = false;
    std::atomic<bool> complete_ = true;
    std::mutex mutex_;
    std::condition_variable finished_;
    bool done_ = false; // guarded by mutex_
    std::thread thread_;
};

} // namespace tdsfake::report
