#include "session/shape.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

std::string describe(const scenario::position& p) {
    std::string text = p.from == scenario::position::base::token ? p.token : std::string();
    if (p.ordinal > 1) text += "." + std::to_string(p.ordinal);
    if (p.from == scenario::position::base::end) text = "end";
    if (p.delta != 0 || text.empty())
        text += (p.delta > 0 && !text.empty() ? "+" : "") + std::to_string(p.delta);
    return text;
}

std::optional<std::size_t> resolve(const scenario::position& p, const wire_bytes& wire) {
    std::int64_t base = 0;
    switch (p.from) {
    case scenario::position::base::start: break;
    case scenario::position::base::end: base = static_cast<std::int64_t>(wire.data.size()); break;
    case scenario::position::base::token: {
        auto left = p.ordinal;
        const auto found = std::ranges::find_if(wire.marks, [&](const auto& mark) {
            return mark.token == p.token && --left == 0;
        });
        if (found == wire.marks.end()) return std::nullopt;
        base = static_cast<std::int64_t>(found->offset);
        break;
    }
    }
    const auto offset = base + p.delta;
    if (offset < 0 || offset > static_cast<std::int64_t>(wire.data.size())) return std::nullopt;
    return static_cast<std::size_t>(offset);
}

} // namespace

void append(tds::answer& front, tds::answer&& more) {
    const auto size = front.payload.size();
    front.payload.insert(front.payload.end(), more.payload.begin(), more.payload.end());
    for (auto& mark : more.marks) {
        mark.offset += size;
        front.marks.push_back(mark);
    }
}

wire_bytes to_packets(tds::answer&& answer, std::size_t packet_size, std::uint16_t spid) {
    wire_bytes wire;
    tds::encode_packets(wire.data, tds::packet_type::tabular_result, answer.payload, packet_size, spid);
    wire.marks = std::move(answer.marks);
    const auto body = packet_size - tds::packet_header::size;
    for (auto& mark : wire.marks)
        mark.offset += (mark.offset / body + 1) * tds::packet_header::size;
    return wire;
}

std::vector<piece>
shaped(wire_bytes&& wire, const scenario::shapes& shape, std::vector<std::string>& problems) {
    const auto at = [&](const scenario::position& p, const char* shape_name) {
        auto offset = resolve(p, wire);
        if (!offset) {
            problems.push_back(
                std::string(shape_name) + ": this answer of " + std::to_string(wire.data.size()) +
                " bytes has no position " + describe(p)
            );
        }
        return offset;
    };

    std::vector<piece> pieces;
    std::size_t end = wire.data.size();
    if (shape.cut) end = at(*shape.cut, "cut").value_or(end);

    std::size_t from = 0;
    std::optional<scenario::duration_range> pause;
    const auto slice = [&](std::size_t to, bool own_segment) {
        if (to <= from) return;
        const auto begin = wire.data.begin();
        pieces.push_back(
            {core::bytes(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to)),
             pause,
             own_segment}
        );
        pause.reset();
        from = to;
    };
    for (const auto& item : shape.segments) {
        if (const auto* time = std::get_if<scenario::duration_range>(&item)) {
            pause = *time;
        } else if (const auto offset = at(std::get<scenario::position>(item), "segments")) {
            slice(std::min(*offset, end), true);
        }
    }
    if (shape.pace_bytes > 0) {
        if (from > 0 && !pause) pause = shape.pace_every;
        while (from < end) {
            slice(std::min(end, from + static_cast<std::size_t>(shape.pace_bytes)), true);
            pause = shape.pace_every;
        }
        pause.reset();
    } else if (from == 0 && end == wire.data.size() && !pause) {
        pieces.push_back({std::move(wire.data), std::nullopt, false});
    } else {
        slice(end, !shape.segments.empty());
    }
    if (pause) pieces.push_back({{}, pause, false}); // a pause at the very end
    return pieces;
}

} // namespace tdsfake::session
