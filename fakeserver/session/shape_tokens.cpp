#include "session/shape_tokens.hpp"

#include "tds/packet.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

void append(tds::answer& to, core::byte_view bytes) {
    to.payload.insert(to.payload.end(), bytes.begin(), bytes.end());
}

} // namespace

token_shaper::token_shaper(const scenario::shapes& shape, const tds::dialect& to, std::size_t packet_size)
    : shape_(shape),
      to_(to),
      packet_size_(packet_size),
      seen_(shape.without.size()),
      inserted_(shape.insert.size()) {
    for (const auto& one : shape_.insert)
        places_.add(one.before);
}

tds::answer token_shaper::shaped(tds::answer&& tokens, bool last, std::vector<std::string>& problems) {
    auto out = std::move(tokens);
    if (!shape_.without.empty()) out = thinned(out);
    if (!shape_.insert.empty()) {
        for (const auto& mark : out.marks)
            places_.see(mark.token, before_ + mark.offset);
        const auto size = out.payload.size();
        if (last) places_.end(before_ + size);
        out = filled(out, last);
        before_ += size;
    }
    if (!last) return out;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const auto& one = shape_.without[i];
        if (seen_[i] >= std::max(one.ordinal, 1U)) continue;
        problems.push_back(
            "without: this answer has no token " + one.token +
            (one.ordinal > 0 ? "." + std::to_string(one.ordinal) : "")
        );
    }
    for (std::size_t i = 0; i < inserted_.size(); ++i) {
        if (!inserted_[i])
            problems.push_back("insert: this answer has no position " + describe(places_.wanted(i)));
    }
    return out;
}

bool token_shaper::left_out(std::string_view token) const noexcept {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const auto& one = shape_.without[i];
        if (one.token == token && seen_[i] >= std::max(one.ordinal, 1U)) return true;
    }
    return false;
}

bool token_shaper::stays(std::string_view token) {
    bool stays = true;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        const auto& one = shape_.without[i];
        if (one.token != token) continue;
        ++seen_[i];
        stays = stays && one.ordinal != 0 && one.ordinal != seen_[i];
    }
    return stays;
}

tds::answer token_shaper::thinned(const tds::answer& tokens) {
    tds::answer out;
    out.payload.reserve(tokens.payload.size());
    const core::byte_view all = tokens.payload;
    for (std::size_t i = 0; i < tokens.marks.size(); ++i) {
        const auto& mark = tokens.marks[i];
        const auto end = i + 1 < tokens.marks.size() ? tokens.marks[i + 1].offset : all.size();
        if (!stays(mark.token)) continue;
        out.marks.push_back({mark.token, out.payload.size()});
        append(out, all.subspan(mark.offset, end - mark.offset));
    }
    return out;
}

// In the payload; a byte of a packet's header stands for the first one behind it.
std::optional<std::uint64_t> token_shaper::place_of(std::size_t insertion) const {
    auto at = places_.at(insertion);
    if (!at || places_.wanted(insertion).from != scenario::position::base::start) return at;
    const auto headers = (*at / packet_size_ + 1) * tds::packet_header::size;
    return *at - std::min<std::uint64_t>(*at, headers);
}

tds::answer token_shaper::filled(const tds::answer& tokens, bool last) {
    struct stop {
        std::uint64_t at;
        std::size_t insertion;
    };
    std::vector<stop> stops;
    const auto end = before_ + tokens.payload.size();
    for (std::size_t i = 0; i < inserted_.size(); ++i) {
        const auto at = inserted_[i] ? std::nullopt : place_of(i);
        if (at && *at >= before_ && (*at < end || (last && *at == end))) stops.push_back({*at, i});
    }
    if (stops.empty()) return tokens;
    std::ranges::stable_sort(stops, {}, &stop::at);

    tds::answer out;
    const core::byte_view all = tokens.payload;
    std::size_t from = 0;
    std::size_t next_mark = 0;
    const auto take = [&](std::size_t to) {
        const auto ahead = out.payload.size() - from;
        for (; next_mark < tokens.marks.size() && tokens.marks[next_mark].offset < to; ++next_mark) {
            const auto& mark = tokens.marks[next_mark];
            out.marks.push_back({mark.token, mark.offset + ahead});
        }
        append(out, all.subspan(from, to - from));
        from = to;
    };
    for (const auto& [at, number] : stops) {
        take(static_cast<std::size_t>(at - before_));
        tds::token_writer added(to_);
        for (const auto& token : shape_.insert[number].tokens)
            tds::write(added, token);
        auto written = added.take();
        for (const auto& mark : written.marks)
            out.marks.push_back({mark.token, out.payload.size() + mark.offset});
        append(out, written.payload);
        inserted_[number] = true;
    }
    take(all.size());
    return out;
}

} // namespace tdsfake::session
