// The bounded record of a run. One thread writes (the fake's), any number read through cursors at their own
// pace; a reader that blocks never delays the writer.
#pragma once

#include "journal/event.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace tdsfake::journal {

// Events travel in blocks that are shared, never copied.
using block = std::vector<event>;

// A reader's place. Made by journal::open; the journal must outlive it.
class cursor {
    friend class journal;
    std::uint64_t next_ = 1; // sequence number of the next event to read
    bool keeps_all_ = false;
};

// What one read gives: the blocks, the first of which may begin before the cursor (see `from`).
struct batch {
    std::vector<std::shared_ptr<const block>> blocks;
    std::uint64_t from = 1; // the first sequence number that is new to this reader
    std::uint64_t lost = 0; // events that had gone before they could be read
    bool closed = false;    // nothing more will come
};

class journal {
public:
    // Keeps at least the last `capacity` events; those that a cursor has not read are kept up to `hard_limit`
    // for one that keeps all, up to 64 × capacity for one that does not.
    explicit journal(std::size_t capacity = 1000, std::size_t hard_limit = std::size_t{1} << 20);

    // Numbers the event and stores it. Returns its number.
    std::uint64_t add(event&& e);

    // A reader from the oldest event kept. `keeps_all`: for files, which must be complete.
    std::shared_ptr<cursor> open(bool keeps_all);

    // Waits until there is something new for this cursor, the journal is closed, or `patience` is over.
    batch read(cursor& reader, std::chrono::milliseconds patience);

    // No more events: readers get the rest, then `closed`.
    void close();

    [[nodiscard]] std::uint64_t last_sequence() const;

private:
    void seal();   // the open block joins the ring
    void forget(); // drops blocks nobody needs

    mutable std::mutex mutex_;
    std::condition_variable readable_;
    std::deque<std::shared_ptr<const block>> ring_;
    block open_;
    std::vector<std::weak_ptr<cursor>> readers_;
    std::size_t capacity_;
    std::size_t hard_limit_;
    std::size_t kept_ = 0; // events in ring_
    std::uint64_t next_sequence_ = 1;
    unsigned waiting_ = 0;
    bool closed_ = false;
};

} // namespace tdsfake::journal
