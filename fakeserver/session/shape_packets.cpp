#include "session/shape_packets.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::session {

packet_shaper::packet_shaper(
    const scenario::shapes& shape, tds::packet_type type, std::size_t packet_size, std::uint16_t spid
)
    : shape_(shape),
      type_(type),
      spid_(spid),
      room_((shape.packet_size != 0 ? shape.packet_size : packet_size) - tds::packet_header::size) {
    for (const auto& border : shape_.packets)
        borders_.add(border);
}

wire_bytes packet_shaper::shaped(tds::answer&& tokens, bool last, std::vector<std::string>& problems) {
    for (auto& mark : tokens.marks) {
        mark.offset += behind_;
        borders_.see(mark.token, mark.offset);
        marks_.push_back(mark);
    }
    behind_ += tokens.payload.size();
    rest_.insert(rest_.end(), tokens.payload.begin(), tokens.payload.end());
    if (last) borders_.end(behind_);

    wire_bytes out;
    for (;;) {
        const auto end = end_of_packet(problems);
        // Only the last packet may end the message, and a border may still turn up in what is held back.
        if (payload_at_ + end >= behind_ || payload_at_ + end + borders_.held_back() > behind_) break;
        emit(end, false, out);
    }
    if (last) {
        emit(rest_.size() - sent_, true, out);
        for (; next_border_ < shape_.packets.size(); ++next_border_) {
            const auto& border = shape_.packets[next_border_];
            const auto at = borders_.at(next_border_);
            const auto all = border.from == scenario::position::base::start ? wire_at_ : payload_at_;
            if (!at || *at > all)
                problems.push_back("packets: this answer has no position " + describe(border));
        }
    }
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(std::exchange(sent_, 0)));
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(std::exchange(told_, 0)));
    return out;
}

std::size_t packet_shaper::end_of_packet(std::vector<std::string>& problems) {
    for (; next_border_ < shape_.packets.size(); ++next_border_) {
        const auto at = borders_.at(next_border_);
        if (!at) break;
        const bool bytes = shape_.packets[next_border_].from == scenario::position::base::start;
        const auto begin = bytes ? wire_at_ + tds::packet_header::size : payload_at_;
        if (*at > begin) return static_cast<std::size_t>(std::min<std::uint64_t>(*at - begin, room_));
        if (*at == begin && !bytes) continue; // a packet ends there as it is
        problems.push_back(
            "packets: no packet can end at " + describe(shape_.packets[next_border_]) +
            ", before its first byte of payload"
        );
    }
    return room_;
}

void packet_shaper::emit(std::size_t size, bool last, wire_bytes& out) {
    const auto body = core::byte_view(rest_).subspan(sent_, size);
    core::byte_writer packet;
    tds::encode_packet_header(
        packet,
        {.type = static_cast<std::uint8_t>(type_),
         .status = last && shape_.ends_message ? tds::status::end_of_message : std::uint8_t{0},
         .length = static_cast<std::uint16_t>(size + tds::packet_header::size),
         .spid = spid_,
         .packet_id = next_id_++}
    );
    packet.append(body);
    const auto bytes = packet.take();
    out.data.insert(out.data.end(), bytes.begin(), bytes.end());
    for (; told_ < marks_.size() && marks_[told_].offset < payload_at_ + size; ++told_) {
        const auto& mark = marks_[told_];
        out.marks.push_back({mark.token, wire_at_ + tds::packet_header::size + (mark.offset - payload_at_)});
    }
    sent_ += size;
    payload_at_ += size;
    wire_at_ += size + tds::packet_header::size;
}

} // namespace tdsfake::session
