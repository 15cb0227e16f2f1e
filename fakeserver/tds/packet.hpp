// Packets: the 8-byte header, splitting a message into packets, and reading messages back (MS-TDS 2.2.3).
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tdsfake::tds {

// MS-TDS 2.2.3.1.1.
enum class packet_type : std::uint8_t {
    sql_batch = 0x01,
    pre_tds7_login = 0x02,
    rpc = 0x03,
    tabular_result = 0x04,
    attention = 0x06,
    bulk_load = 0x07,
    fedauth_token = 0x08,
    transaction_manager = 0x0e,
    tds5_query = 0x0f,
    login7 = 0x10,
    sspi = 0x11,
    prelogin = 0x12,
};

// "LOGIN7", "PRELOGIN", …; empty for a type that does not exist.
std::string_view packet_type_name(std::uint8_t type) noexcept;

// MS-TDS 2.2.3.1.2, a bit mask.
namespace status {
inline constexpr std::uint8_t end_of_message = 0x01;
inline constexpr std::uint8_t ignore = 0x02;
inline constexpr std::uint8_t reset_connection = 0x08;
inline constexpr std::uint8_t reset_connection_skip_tran = 0x10;
constexpr bool asks_for_reset(std::uint8_t bits) noexcept {
    return (bits & (reset_connection | reset_connection_skip_tran)) != 0;
}
} // namespace status

struct packet_header {
    static constexpr std::size_t size = 8;

    std::uint8_t type = 0;
    std::uint8_t status = 0;
    std::uint16_t length = 0; // of the whole packet, header included
    std::uint16_t spid = 0;
    std::uint8_t packet_id = 0;
    std::uint8_t window = 0;
};

// Reads a header from the first 8 bytes; shorter input is `truncated`. Values are not judged.
core::result<packet_header> parse_packet_header(core::byte_view data) noexcept;
void encode_packet_header(core::byte_writer& out, const packet_header& header);

inline constexpr std::size_t default_packet_size = 4096; // before negotiation
inline constexpr std::size_t min_packet_size = 512;
inline constexpr std::size_t max_packet_size = 32767;

// One message as received: the type and status of its first packet, and the payloads joined.
struct message {
    std::uint8_t type = 0;
    std::uint8_t status = 0; // of the first packet, except end_of_message and ignore: of the last
    std::uint32_t packets = 0;
    core::bytes payload;
};

// Reassembles messages from a byte stream cut anywhere.
class message_reader {
public:
    // Limits: a packet longer than `max_packet` or a message longer than `max_message` bytes is an error.
    explicit message_reader(
        std::size_t max_message = std::size_t{64} << 20, std::size_t max_packet = max_packet_size
    ) noexcept
        : max_message_(max_message),
          max_packet_(max_packet) {}

    // For the messages from here on.
    void limit_message(std::size_t max_message) noexcept { max_message_ = max_message; }
    void limit_packet(std::size_t max_packet) noexcept { max_packet_ = max_packet; }
    [[nodiscard]] std::size_t packet_limit() const noexcept { return max_packet_; }

    void feed(core::byte_view data);

    // The next whole message; nothing when more bytes are needed. Errors (bad_packet_type, bad_packet_length,
    // message_too_long) are final: the stream has lost its frame and every further call repeats the error.
    // A packet of another type inside an unfinished message is bad_packet_type, except ATTENTION, which is
    // delivered at once while the unfinished message is dropped.
    core::result<std::optional<message>> next();

    // Bytes that belong to a message not complete yet: its payload so far, and raw bytes not parsed.
    [[nodiscard]] std::size_t pending() const noexcept;
    // What is left unparsed at the front, for a hexdump when next() fails.
    [[nodiscard]] core::byte_view unparsed() const noexcept;
    // The same, and forgets it: what follows is not for this reader.
    core::bytes take_unparsed();
    // The payload of the message being assembled, and its type; empty when none is under way.
    [[nodiscard]] const message& partial() const noexcept { return partial_; }
    // Gives memory back while a connection is idle.
    void release_memory() noexcept;

private:
    std::size_t max_message_;
    std::size_t max_packet_;
    core::bytes buffer_;
    std::size_t consumed_ = 0;
    message partial_;
    boost::system::error_code failed_;
};

// Appends the packets of one message to `out`: each at most `packet_size` bytes, header included; ids count
// from 1; the last has end_of_message. An empty payload makes one packet of 8 bytes.
// `borders`: payload offsets at which a packet ends early (ascending), for splitting at will.
void encode_packets(
    core::bytes& out,
    packet_type type,
    core::byte_view payload,
    std::size_t packet_size,
    std::uint16_t spid,
    const std::vector<std::size_t>& borders = {}
);

// The packets of one message whose payload is still being made; ids count from 1.
class packet_stream {
public:
    packet_stream(packet_type type, std::size_t packet_size, std::uint16_t spid) noexcept;

    // Appends the packets that this payload fills to `out`; the rest waits for more, or for the end.
    void add(core::byte_view payload, core::bytes& out);
    // Appends the last packet, with end_of_message.
    void finish(core::bytes& out);

private:
    void packet(core::byte_view body, bool last, core::bytes& out);

    packet_type type_;
    std::size_t room_;
    std::uint16_t spid_;
    std::uint8_t next_id_ = 1;
    core::bytes rest_;
};

} // namespace tdsfake::tds
