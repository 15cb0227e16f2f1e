#include "session/shape.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::session {

byte_shaper::byte_shaper(const scenario::shapes& shape) : shape_(shape) {
    for (const auto& one : shape_.overwrite)
        overwrites_.add(one.from);
    if (shape_.cut) cut_.add(*shape_.cut);
    for (const auto& item : shape_.segments) {
        if (const auto* end = std::get_if<scenario::position>(&item)) segments_.add(*end);
    }
}

std::vector<piece> byte_shaper::shaped(
    core::bytes&& data, std::span<const tds::token_mark> marks, bool last, std::vector<std::string>& problems
) {
    std::vector<piece> out;
    if (over_) return out;
    if (held_.empty()) {
        held_ = std::move(data);
    } else {
        held_.insert(held_.end(), data.begin(), data.end());
    }
    size_ = sent_ + held_.size();
    for (const auto& mark : marks) {
        overwrites_.see(mark.token, mark.offset);
        cut_.see(mark.token, mark.offset);
        segments_.see(mark.token, mark.offset);
    }
    if (last) {
        overwrites_.end(size_);
        cut_.end(size_);
        segments_.end(size_);
    }
    overwrite();

    const auto held_back = std::max({overwrites_.held_back(), cut_.held_back(), segments_.held_back()});
    auto limit = std::max(sent_, size_ - std::min(size_, held_back));
    if (shape_.cut) {
        if (const auto at = known(cut_, 0); at && *at <= limit) {
            limit = *at;
            over_ = true;
        }
    }
    split(limit, last || over_, out, problems);
    if (!last) return out;
    for (std::size_t i = 0; i < shape_.overwrite.size(); ++i) {
        const auto at = overwrites_.at(i);
        if (at && *at + shape_.overwrite[i].data.size() <= size_) continue;
        problems.push_back(
            "overwrite: this answer of " + std::to_string(size_) + " bytes does not reach as far as " +
            describe(overwrites_.wanted(i))
        );
    }
    if (shape_.cut && !known(cut_, 0)) {
        problems.push_back(
            "cut: this answer of " + std::to_string(size_) + " bytes has no position " + describe(*shape_.cut)
        );
    }
    return out;
}

std::optional<std::uint64_t> byte_shaper::known(const places& of, std::size_t number) const noexcept {
    const auto at = of.at(number);
    return at && *at <= size_ ? at : std::nullopt;
}

void byte_shaper::overwrite() {
    for (std::size_t i = 0; i < shape_.overwrite.size(); ++i) {
        const auto from = overwrites_.at(i);
        if (!from) continue;
        const auto& data = shape_.overwrite[i].data;
        for (std::size_t k = 0; k < data.size(); ++k) {
            const auto at = *from + k;
            if (at >= sent_ && at < size_) held_[static_cast<std::size_t>(at - sent_)] = data[k];
        }
    }
}

// `final`: nothing follows what is before the limit.
void byte_shaper::split(
    std::uint64_t limit, bool final, std::vector<piece>& out, std::vector<std::string>& problems
) {
    for (; next_item_ < shape_.segments.size(); ++next_item_) {
        const auto& item = shape_.segments[next_item_];
        if (const auto* time = std::get_if<scenario::duration_range>(&item)) {
            pause_ = *time;
            continue;
        }
        const auto at = known(segments_, next_segment_);
        if (!at && final && !over_) {
            problems.push_back(
                "segments: this answer of " + std::to_string(size_) + " bytes has no position " +
                describe(segments_.wanted(next_segment_))
            );
        } else if (!final && (!at || *at > limit)) {
            break;
        } else if (at) {
            slice(std::min(*at, limit), true, out);
        }
        ++next_segment_;
    }
    const bool no_more_items = next_item_ == shape_.segments.size();
    if (no_more_items && shape_.pace_bytes > 0) {
        if (!std::exchange(paced_, true) && sent_ > 0 && !pause_) pause_ = shape_.pace_every;
        while (sent_ < limit && (final || limit - sent_ >= shape_.pace_bytes)) {
            slice(std::min(limit, sent_ + shape_.pace_bytes), true, out);
            pause_ = shape_.pace_every;
        }
        if (final) pause_.reset();
    } else {
        slice(limit, no_more_items && !shape_.segments.empty(), out);
    }
    if (final && pause_) out.push_back({.pause = std::exchange(pause_, std::nullopt)}); // at the very end
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(std::exchange(gone_, 0)));
    if (final) held_.clear(); // cut off
}

void byte_shaper::slice(std::uint64_t to, bool own_segment, std::vector<piece>& out) {
    if (to <= sent_) return;
    const auto size = static_cast<std::size_t>(to - sent_);
    piece next{
        .pause = std::exchange(pause_, std::nullopt),
        .how = {.own_segment = own_segment, .record_size = shape_.record_size}
    };
    if (gone_ == 0 && size == held_.size()) {
        next.data = std::move(held_);
        held_.clear();
    } else {
        const auto begin = held_.begin() + static_cast<std::ptrdiff_t>(gone_);
        next.data.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
        gone_ += size;
    }
    sent_ = to;
    out.push_back(std::move(next));
}

} // namespace tdsfake::session
