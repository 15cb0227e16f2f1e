#include "journal/journal.hpp"

#include <algorithm>

namespace tdsfake::journal {

namespace {
constexpr std::size_t block_size = 128;
constexpr std::size_t lag_factor = 64;
constexpr std::chrono::milliseconds gather{10};
} // namespace

journal::journal(std::size_t capacity, std::size_t hard_limit)
    : capacity_(capacity),
      hard_limit_(hard_limit) {}

std::uint64_t journal::add(event&& e) {
    std::uint64_t sequence = 0;
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        sequence = e.sequence = next_sequence_++;
        open_.push_back(std::move(e));
        if (open_.size() >= block_size) seal();
        wake = waiting_ > 0;
    }
    if (wake) readable_.notify_all(); // without the lock, or the reader wakes only to wait for it
    return sequence;
}

std::shared_ptr<cursor> journal::open(bool keeps_all) {
    const std::lock_guard lock(mutex_);
    auto reader = std::make_shared<cursor>();
    reader->keeps_all_ = keeps_all;
    if (!ring_.empty()) {
        reader->next_ = ring_.front()->front().sequence;
    } else if (!open_.empty()) {
        reader->next_ = open_.front().sequence;
    } else {
        reader->next_ = next_sequence_;
    }
    readers_.push_back(reader);
    return reader;
}

batch journal::read(cursor& reader, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    readable_.wait_for(lock, patience, [&] { return closed_ || reader.next_ < next_sequence_; });
    --waiting_;
    // Lets a burst gather, so that the writer wakes a reader at most once in this time and not for every
    // event.
    readable_.wait_for(lock, gather, [&] { return closed_; });
    seal();

    batch result;
    result.closed = closed_;
    result.from = reader.next_;
    if (!ring_.empty() && ring_.front()->front().sequence > reader.next_) {
        result.lost = ring_.front()->front().sequence - reader.next_;
        result.from = ring_.front()->front().sequence;
    }
    for (const auto& part : ring_) {
        if (part->back().sequence >= reader.next_) result.blocks.push_back(part);
    }
    reader.next_ = next_sequence_;
    forget();
    return result;
}

void journal::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    readable_.notify_all();
}

std::uint64_t journal::last_sequence() const {
    const std::lock_guard lock(mutex_);
    return next_sequence_ - 1;
}

void journal::seal() {
    if (open_.empty()) return;
    kept_ += open_.size();
    ring_.push_back(std::make_shared<const block>(std::move(open_)));
    open_ = {};
    open_.reserve(block_size);
    forget();
}

void journal::forget() {
    std::erase_if(readers_, [](const auto& r) { return r.expired(); });
    std::uint64_t needed = next_sequence_; // the first event that some reader still has to see
    std::uint64_t must_keep = next_sequence_;
    for (const auto& weak : readers_) {
        if (const auto reader = weak.lock()) {
            needed = std::min(needed, reader->next_);
            if (reader->keeps_all_) must_keep = std::min(must_keep, reader->next_);
        }
    }
    while (!ring_.empty()) {
        const auto size = ring_.front()->size();
        const auto last = ring_.front()->back().sequence;
        if (kept_ - size < capacity_) break;
        const auto limit = last >= must_keep ? hard_limit_
                           : last >= needed  ? capacity_ * lag_factor
                                             : capacity_;
        if (kept_ <= limit) break;
        kept_ -= size;
        ring_.pop_front();
    }
}

} // namespace tdsfake::journal
