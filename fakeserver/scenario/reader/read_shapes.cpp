#include "scenario/reader/read_shapes.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/positions.hpp"
#include "scenario/reader/read_messages.hpp"
#include "scenario/reader/read_tokens.hpp"
#include "scenario/reader/values.hpp"
#include "tds/packet.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::uint64_t longest_packet = 0xffff; // that a header can tell
constexpr std::uint64_t longest_record = 60'000; // likewise, with room for what encryption adds
constexpr std::uint64_t most_repeats = 1'000'000;

void check_tokens(context& ctx, const position& at, const shapable& bytes) {
    if (bytes.tokens || at.from != position::base::token) return;
    ctx.out.error(
        at.where,
        "the token " + ticked(at.token) + " as a position: these bytes have no tokens",
        "count bytes: 17, or -1 from the end"
    );
}

void read_without(context& ctx, const node& value, shapes& out) {
    const auto add = [&](const node& item) {
        if (auto token = read_left_out_token(ctx, item)) out.without.push_back(std::move(*token));
    };
    if (!value.is_sequence()) return add(value);
    if (value.items.empty())
        ctx.out.error(value.where, "`without` is an empty list", "name one token at least");
    for (const auto& item : value.items)
        add(item);
}

// A map whose keys are positions.
template <class Add>
void read_places(
    context& ctx,
    const node& value,
    std::string_view word,
    std::string_view example,
    const shapable& bytes,
    Add add
) {
    if (!value.is_map() || value.keys.empty()) {
        ctx.out.error(
            value.where,
            ticked(word) + " must be a map of positions",
            "for example `" + std::string(example) + "`"
        );
        return;
    }
    for (std::size_t i = 0; i < value.keys.size(); ++i) {
        auto at = read_position(ctx, value.keys[i], "a position of " + ticked(word));
        if (!at) continue;
        check_tokens(ctx, *at, bytes);
        add(std::move(*at), value.items[i]);
    }
}

void read_insert(context& ctx, const node& value, const shapable& bytes, shapes& out) {
    read_places(
        ctx,
        value,
        "insert",
        "insert: {done: [{info: hello}]}",
        bytes,
        [&](position&& at, const node& item) {
            out.insert.push_back({std::move(at), read_tokens(ctx, item)});
        }
    );
}

void read_overwrite(context& ctx, const node& value, const shapable& bytes, shapes& out) {
    read_places(ctx, value, "overwrite", "overwrite: {6: ff}", bytes, [&](position&& at, const node& item) {
        auto data = read_hex(ctx, item, "`overwrite`");
        if (!data) return;
        if (data->empty()) ctx.out.error(item.where, "`overwrite` with no bytes", "for example `6: ff`");
        out.overwrite.push_back({std::move(at), std::move(*data)});
    });
}

void read_packets(context& ctx, const node& value, const shapable& bytes, shapes& out) {
    if (!value.is_sequence() || value.items.empty()) {
        ctx.out.error(
            value.where, "`packets` must be a list of positions", "for example `packets: [504, done]`"
        );
        return;
    }
    std::int64_t before = tds::packet_header::size;
    for (const auto& item : value.items) {
        auto at = read_position(ctx, item, "a packet's end");
        if (!at) continue;
        check_tokens(ctx, *at, bytes);
        if (at->from == position::base::start) {
            if (at->delta <= before) {
                ctx.out.error(
                    item.where,
                    "no packet can end at " + ticked(item.text) +
                        ": each has a header of 8 bytes and something in it",
                    "in ascending order, the first at 9 or later"
                );
            }
            before = at->delta + static_cast<std::int64_t>(tds::packet_header::size);
        }
        out.packets.push_back(std::move(*at));
    }
}

void read_packet_size(context& ctx, const node& value, shapes& out) {
    const auto size = read_size(ctx, value, "`packet-size`");
    if (!size) return;
    if (*size <= tds::packet_header::size || *size > longest_packet) {
        ctx.out.error(
            value.where,
            "`packet-size` " + ticked(value.text) + ": a packet has 9 to 65535 bytes, 8 of them its header",
            "write 512, or 40000 for one that is longer than agreed on"
        );
        return;
    }
    out.packet_size = static_cast<std::uint32_t>(*size);
}

void read_record_size(context& ctx, const node& value, shapes& out) {
    const auto size = read_size(ctx, value, "`record-size`");
    if (!size) return;
    if (*size > longest_record) {
        ctx.out.error(
            value.where,
            "`record-size` " + ticked(value.text) + " is more than the header of a record can tell",
            "60000 at most; TLS allows 16384"
        );
        return;
    }
    out.record_size = static_cast<std::uint32_t>(*size);
}

void read_segments(context& ctx, const node& value, const shapable& bytes, shapes& out) {
    if (!value.is_sequence() || value.items.empty()) {
        ctx.out.error(
            value.where,
            "`segments` must be a list of positions and times",
            "for example `segments: [8, 2s, done]`"
        );
        return;
    }
    std::optional<std::int64_t> before;
    for (const auto& item : value.items) {
        if (item.is_scalar() && looks_like_duration(item.text)) {
            if (const auto time = read_duration_range(ctx, item, "a pause")) out.segments.emplace_back(*time);
            continue;
        }
        auto at = read_position(ctx, item, "a segment's end");
        if (!at) continue;
        check_tokens(ctx, *at, bytes);
        if (at->from == position::base::start) {
            if (before && at->delta <= *before) {
                ctx.out.error(
                    item.where,
                    "segments end one after the other: " + ticked(item.text) +
                        " is not beyond the one before",
                    "in ascending order"
                );
            }
            if (at->delta == 0)
                ctx.out.error(item.where, "a segment that ends at byte 0 is empty", "leave it out");
            before = at->delta;
        }
        out.segments.emplace_back(std::move(*at));
    }
}

void read_pace(context& ctx, const node& value, shapes& out) {
    map_reader map(ctx, value, "`pace`", {"bytes", "every"});
    if (const auto* bytes = map.need("bytes", "pace: {bytes: 1, every: 10ms}")) {
        out.pace_bytes = read_size(ctx, *bytes, "`bytes`").value_or(0);
    }
    if (const auto* every = map.need("every", "pace: {bytes: 1, every: 10ms}")) {
        out.pace_every = read_duration_range(ctx, *every, "`every`").value_or(duration_range{});
    }
}

// The part of the language and what it is made of here.
bool means_something(context& ctx, const node& word, const shapable& bytes) {
    const auto is = [&](std::initializer_list<std::string_view> words) {
        return std::ranges::find(words, word.text) != words.end();
    };
    if (!bytes.tokens && is({"without", "insert"})) {
        ctx.out.error(
            word.where,
            ticked(word.text) + ": these bytes have no tokens",
            "`overwrite` and `cut` count bytes; `reply: {FIELD: none}` leaves fields out"
        );
        return false;
    }
    if (!bytes.packets && is({"packet-size", "packets", "eom"})) {
        ctx.out.error(
            word.where,
            ticked(word.text) + ": these bytes leave as they are, in no packets",
            "write the packets themselves: `send: {packet: {type: result, status: 0, payload: …}}`"
        );
        return false;
    }
    return true;
}

constexpr std::array<std::string_view, 11> all_shapes{
    "without",
    "insert",
    "packet-size",
    "packets",
    "eom",
    "overwrite",
    "cut",
    "segments",
    "pace",
    "record-size",
    "repeat",
};

} // namespace

bool is_shape(std::string_view word) noexcept {
    return std::ranges::find(all_shapes, word) != all_shapes.end();
}
std::span<const std::string_view> shape_words() noexcept { return all_shapes; }

void read_shape(context& ctx, const node& word, const node& value, const shapable& bytes, shapes& out) {
    if (!means_something(ctx, word, bytes)) return;
    const std::string_view what = word.text;
    if (what == "without") {
        read_without(ctx, value, out);
    } else if (what == "insert") {
        read_insert(ctx, value, bytes, out);
    } else if (what == "packet-size") {
        read_packet_size(ctx, value, out);
    } else if (what == "packets") {
        read_packets(ctx, value, bytes, out);
    } else if (what == "eom") {
        out.ends_message = read_yes(ctx, value, "`eom`");
    } else if (what == "overwrite") {
        read_overwrite(ctx, value, bytes, out);
    } else if (what == "cut") {
        out.cut = read_position(ctx, value, "`cut`");
        if (out.cut) check_tokens(ctx, *out.cut, bytes);
    } else if (what == "segments") {
        read_segments(ctx, value, bytes, out);
    } else if (what == "pace") {
        read_pace(ctx, value, out);
    } else if (what == "record-size") {
        read_record_size(ctx, value, out);
    } else if (what == "repeat") {
        out.repeat = read_number(ctx, value, "`repeat`", 1, most_repeats).value_or(1);
    }
}

} // namespace tdsfake::scenario::reader
