#include "tds/packet.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t attention_type = static_cast<std::uint8_t>(packet_type::attention);
// These two say something of the whole message and stand in its last packet.
constexpr std::uint8_t bits_of_last = status::end_of_message | status::ignore;

// At least one byte of payload in a packet, at most what the length field can say.
std::size_t room_of(std::size_t packet_size) noexcept {
    return std::clamp<std::size_t>(packet_size, packet_header::size + 1, 0xffff) - packet_header::size;
}

void append_packet(
    core::bytes& out, packet_type type, core::byte_view body, bool last, std::uint16_t spid, std::uint8_t id
) {
    const std::size_t length = packet_header::size + body.size();
    const std::array<std::uint8_t, packet_header::size> header{
        static_cast<std::uint8_t>(type),
        last ? status::end_of_message : std::uint8_t{0},
        static_cast<std::uint8_t>(length >> 8),
        static_cast<std::uint8_t>(length),
        static_cast<std::uint8_t>(spid >> 8),
        static_cast<std::uint8_t>(spid),
        id,
        0,
    };
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), body.begin(), body.end());
}

} // namespace

std::string_view packet_type_name(std::uint8_t type) noexcept {
    switch (static_cast<packet_type>(type)) {
    case packet_type::sql_batch: return "SQL batch";
    case packet_type::pre_tds7_login: return "pre-TDS7 login";
    case packet_type::rpc: return "RPC";
    case packet_type::tabular_result: return "tabular result";
    case packet_type::attention: return "ATTENTION";
    case packet_type::bulk_load: return "bulk load";
    case packet_type::fedauth_token: return "FEDAUTH token";
    case packet_type::transaction_manager: return "transaction manager request";
    case packet_type::tds5_query: return "TDS5 query";
    case packet_type::login7: return "LOGIN7";
    case packet_type::sspi: return "SSPI";
    case packet_type::prelogin: return "PRELOGIN";
    }
    return {};
}

core::result<packet_header> parse_packet_header(core::byte_view data) noexcept {
    core::byte_reader reader(data);
    packet_header header;
    header.type = reader.u8();
    header.status = reader.u8();
    header.length = reader.u16_be();
    header.spid = reader.u16_be();
    header.packet_id = reader.u8();
    header.window = reader.u8();
    if (!reader.ok()) return core::wire_errc::truncated;
    return header;
}

void encode_packet_header(core::byte_writer& out, const packet_header& header) {
    out.u8(header.type);
    out.u8(header.status);
    out.u16_be(header.length);
    out.u16_be(header.spid);
    out.u8(header.packet_id);
    out.u8(header.window);
}

void message_reader::feed(core::byte_view data) {
    if (failed_) return; // what follows a lost frame is noise; the bytes kept show where it was lost
    if (consumed_ != 0) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
        consumed_ = 0;
    }
    buffer_.insert(buffer_.end(), data.begin(), data.end());
}

core::result<std::optional<message>> message_reader::next() {
    while (!failed_) {
        const auto rest = unparsed();
        if (rest.empty()) return std::optional<message>();

        // Judged from the first byte on: a client that speaks HTTP or TLS may never send eight of them.
        const std::uint8_t type = rest[0];
        const bool interrupts =
            partial_.packets != 0 && type == attention_type && partial_.type != attention_type;
        const bool wrong_place = partial_.packets != 0 && type != partial_.type && !interrupts;
        if (packet_type_name(type).empty() || wrong_place) {
            failed_ = core::wire_errc::bad_packet_type;
            break;
        }
        if (rest.size() < 4) return std::optional<message>();
        const auto length = static_cast<std::size_t>(rest[2] << 8 | rest[3]);
        if (length < packet_header::size || length > max_packet_) {
            failed_ = core::wire_errc::bad_packet_length;
            break;
        }
        if (interrupts) partial_ = {};
        if (length - packet_header::size > max_message_ - partial_.payload.size()) {
            failed_ = core::wire_errc::message_too_long;
            break;
        }
        if (rest.size() < length) return std::optional<message>();

        const std::uint8_t packet_status = rest[1];
        const auto body = rest.subspan(packet_header::size, length - packet_header::size);
        if (partial_.packets++ == 0) {
            partial_.type = type;
            partial_.status = packet_status;
        }
        partial_.status =
            static_cast<std::uint8_t>((partial_.status & ~bits_of_last) | (packet_status & bits_of_last));
        partial_.payload.insert(partial_.payload.end(), body.begin(), body.end());
        consumed_ += length;
        if (consumed_ == buffer_.size()) {
            buffer_.clear(); // keeps its capacity for the next message
            consumed_ = 0;
        }
        if ((packet_status & status::end_of_message) != 0) {
            return std::optional<message>(std::exchange(partial_, message{}));
        }
    }
    return failed_;
}

std::size_t message_reader::pending() const noexcept { return partial_.payload.size() + unparsed().size(); }

core::byte_view message_reader::unparsed() const noexcept {
    return core::byte_view(buffer_).subspan(consumed_);
}

core::bytes message_reader::take_unparsed() {
    const auto rest = unparsed();
    core::bytes taken(rest.begin(), rest.end());
    buffer_.clear();
    consumed_ = 0;
    return taken;
}

void message_reader::release_memory() noexcept {
    // erase and shrink, not a copy: libstdc++'s shrink_to_fit swallows bad_alloc, as this function must.
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
    buffer_.shrink_to_fit();
    partial_.payload.shrink_to_fit();
}

void encode_packets(
    core::bytes& out,
    packet_type type,
    core::byte_view payload,
    std::size_t packet_size,
    std::uint16_t spid,
    const std::vector<std::size_t>& borders
) {
    const auto room = room_of(packet_size);
    out.reserve(
        out.size() + payload.size() + (payload.size() / room + 1 + borders.size()) * packet_header::size
    );
    auto border = borders.begin();
    std::uint8_t packet_id = 1;
    std::size_t at = 0;
    do {
        while (border != borders.end() && *border <= at)
            ++border;
        std::size_t end = std::min(payload.size(), at + room);
        if (border != borders.end()) end = std::min(end, *border);
        append_packet(out, type, payload.subspan(at, end - at), end == payload.size(), spid, packet_id++);
        at = end;
    } while (at < payload.size());
}

packet_stream::packet_stream(packet_type type, std::size_t packet_size, std::uint16_t spid) noexcept
    : type_(type),
      room_(room_of(packet_size)),
      spid_(spid) {}

void packet_stream::packet(core::byte_view body, bool last, core::bytes& out) {
    append_packet(out, type_, body, last, spid_, next_id_++);
}

void packet_stream::add(core::byte_view payload, core::bytes& out) {
    // A packet leaves when there is more behind it: only the last one may end the message.
    if (!rest_.empty()) {
        const auto missing = std::min(room_ - rest_.size(), payload.size());
        rest_.insert(rest_.end(), payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(missing));
        payload = payload.subspan(missing);
        if (payload.empty()) return;
        packet(rest_, false, out);
        rest_.clear();
    }
    while (payload.size() > room_) {
        packet(payload.first(room_), false, out);
        payload = payload.subspan(room_);
    }
    rest_.assign(payload.begin(), payload.end());
}

void packet_stream::finish(core::bytes& out) {
    packet(rest_, true, out);
    rest_.clear();
}

} // namespace tdsfake::tds
