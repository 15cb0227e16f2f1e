// The record layer of TLS from outside, without OpenSSL: where records begin and end, and what a ClientHello
// asks for. Strict about lengths, so that the session knows borders; nothing here decrypts.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::tls {

enum class content_type : std::uint8_t {
    change_cipher_spec = 20,
    alert = 21,
    handshake = 22,
    application_data = 23,
    heartbeat = 24,
};

// True for the first byte of a record: 20 to 24. No TDS packet type is among them.
constexpr bool begins_record(std::uint8_t byte) noexcept { return byte >= 20 && byte <= 24; }

//  0      1..2      3..4
//  type   version   length of the fragment, big-endian                        (RFC 8446, section 5.1)
inline constexpr std::size_t record_header_size = 5;
// The longest fragment that TLS 1.2 allows (RFC 5246, section 6.2.3).
inline constexpr std::size_t max_fragment_size = (1U << 14) + 2048;

// What a record may hold before it is encrypted (RFC 8446, section 5.1).
inline constexpr std::size_t longest_content = std::size_t{1} << 14;

struct record_header {
    content_type type = content_type::handshake;
    std::uint16_t version = 0; // as on the wire: 0x0301 … 0x0304
    std::uint16_t length = 0;  // of the fragment behind the header
    [[nodiscard]] std::size_t size() const noexcept { return record_header_size + length; }
};

// The header at the front of `data`; nothing as long as it is not whole. An error at once when the bytes that
// are there cannot begin a record: bad_value for type and version (0x03 must come first), bad_length.
core::result<std::optional<record_header>> read_record_header(core::byte_view data) noexcept;

// The size of the first record if it is here whole, 0 if bytes are missing; an error as above.
core::result<std::size_t> whole_record(core::byte_view data) noexcept;

// Splits the records of a handshake that are not encrypted, so that none holds more than `size` bytes. False:
// there were others, longer ones.
bool split_records(core::bytes& records, std::size_t size);

// What a client offers in its first message (RFC 8446, section 4.1.2).
struct client_hello {
    std::uint16_t legacy_version = 0;                    // 0x0303 from TLS 1.2 on
    std::vector<std::uint16_t> versions;                 // supported_versions, if it is there, in its order
    std::vector<std::uint16_t> ciphers;                  // in its order
    std::string server_name;                             // SNI
    std::vector<std::string> alpn;                       // protocols offered
    [[nodiscard]] std::uint16_t newest() const noexcept; // of what it offers; 0x0303 is TLS 1.2
};

// From a handshake message: type 1, length of 3 bytes, body. An error for anything else; extensions that are
// malformed are passed over, since a journal is better served by the rest.
core::result<client_hello> parse_client_hello(core::byte_view message);

// The same from records as they arrive, reassembled. Nothing if more bytes are needed or it is none.
std::optional<client_hello> peek_client_hello(core::byte_view records);

} // namespace tdsfake::tls
