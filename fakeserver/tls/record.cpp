#include "tls/record.hpp"

#include <algorithm>

namespace tdsfake::tls {

namespace {

constexpr std::uint8_t type_client_hello = 1;
constexpr std::uint16_t extension_server_name = 0;
constexpr std::uint16_t extension_alpn = 16;
constexpr std::uint16_t extension_supported_versions = 43;

// GREASE (RFC 8701): values that mean nothing and that a client puts in to see who stumbles.
constexpr bool greased(std::uint16_t value) noexcept {
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

// RFC 6066, section 3: a list of {type, length, name}; 0 is a host name.
void read_server_name(core::byte_reader in, client_hello& out) {
    core::byte_reader list(in.take(in.u16_be()));
    while (list.ok() && list.remaining() > 0) {
        const auto type = list.u8();
        const auto text = list.take(list.u16_be());
        if (list.ok() && type == 0 && out.server_name.empty())
            out.server_name.assign(text.begin(), text.end());
    }
}

// RFC 7301, section 3.1.
void read_alpn(core::byte_reader in, client_hello& out) {
    core::byte_reader list(in.take(in.u16_be()));
    while (list.ok() && list.remaining() > 0) {
        const auto text = list.take(list.u8());
        if (list.ok()) out.alpn.emplace_back(text.begin(), text.end());
    }
}

// RFC 8446, section 4.2.1.
void read_supported_versions(core::byte_reader in, client_hello& out) {
    core::byte_reader list(in.take(in.u8()));
    while (list.remaining() >= 2) {
        const auto version = list.u16_be();
        if (!greased(version)) out.versions.push_back(version);
    }
}

} // namespace

core::result<std::optional<record_header>> read_record_header(core::byte_view data) noexcept {
    if (!data.empty() && !begins_record(data[0])) return core::wire_errc::bad_value;
    if (data.size() > 1 && data[1] != 3) return core::wire_errc::bad_value;
    if (data.size() < record_header_size) return std::optional<record_header>{};
    core::byte_reader in(data);
    record_header header;
    header.type = static_cast<content_type>(in.u8());
    header.version = in.u16_be();
    header.length = in.u16_be();
    if (header.length > max_fragment_size) return core::wire_errc::bad_length;
    return std::optional(header);
}

core::result<std::size_t> whole_record(core::byte_view data) noexcept {
    const auto header = read_record_header(data);
    if (header.has_error()) return header.error();
    if (!header.value() || header.value()->size() > data.size()) return std::size_t{0};
    return header.value()->size();
}

std::uint16_t client_hello::newest() const noexcept {
    return versions.empty() ? legacy_version : *std::ranges::max_element(versions);
}

core::result<client_hello> parse_client_hello(core::byte_view message) {
    core::byte_reader in(message);
    const auto type = in.u8();
    const std::size_t length = static_cast<std::size_t>(in.u8()) << 16 | in.u16_be();
    if (!in.ok()) return core::wire_errc::truncated;
    if (type != type_client_hello) return core::wire_errc::bad_value;
    if (length > in.remaining()) return core::wire_errc::truncated;
    if (length < in.remaining()) return core::wire_errc::extra_bytes;

    client_hello out;
    out.legacy_version = in.u16_be();
    in.take(32);      // random
    in.take(in.u8()); // session id
    core::byte_reader ciphers(in.take(in.u16_be()));
    while (ciphers.remaining() >= 2) {
        const auto cipher = ciphers.u16_be();
        if (!greased(cipher)) out.ciphers.push_back(cipher);
    }
    in.take(in.u8()); // compression methods
    if (!in.ok()) return core::wire_errc::bad_length;
    if (in.remaining() == 0) return out; // SSL 3.0 and simple clients have no extensions

    core::byte_reader extensions(in.take(in.u16_be()));
    if (!in.ok() || in.remaining() > 0) return core::wire_errc::bad_length;
    while (extensions.remaining() > 0) {
        const auto kind = extensions.u16_be();
        const core::byte_reader body(extensions.take(extensions.u16_be()));
        if (!extensions.ok()) return core::wire_errc::bad_length;
        if (kind == extension_server_name) read_server_name(body, out);
        if (kind == extension_alpn) read_alpn(body, out);
        if (kind == extension_supported_versions) read_supported_versions(body, out);
    }
    return out;
}

std::optional<client_hello> peek_client_hello(core::byte_view records) {
    core::bytes message;
    for (;;) {
        const auto size = whole_record(records);
        if (size.has_error() || size.value() == 0) return std::nullopt;
        if (records[0] != static_cast<std::uint8_t>(content_type::handshake)) return std::nullopt;
        const auto fragment = records.subspan(record_header_size, size.value() - record_header_size);
        message.insert(message.end(), fragment.begin(), fragment.end());
        if (message.size() >= 4) {
            const std::size_t length = 4 + (static_cast<std::size_t>(message[1]) << 16 |
                                            static_cast<std::size_t>(message[2]) << 8 | message[3]);
            if (message.size() >= length) {
                const auto hello = parse_client_hello(core::byte_view(message).first(length));
                if (hello.has_error()) return std::nullopt;
                return hello.value();
            }
        }
        records = records.subspan(size.value());
    }
}

bool split_records(core::bytes& records, std::size_t size) {
    core::byte_writer out;
    bool all = true;
    bool plain = true; // until ChangeCipherSpec
    core::byte_view rest = records;
    while (!rest.empty()) {
        const auto whole = whole_record(rest);
        if (whole.has_error() || *whole == 0) break;
        auto fragment = rest.first(*whole).subspan(record_header_size);
        const auto type = static_cast<content_type>(rest[0]);
        if (type == content_type::handshake && plain) {
            do {
                const auto part = fragment.first(std::min(size, fragment.size()));
                out.append(rest.first(3)); // type, version
                out.u16_be(part.size());
                out.append(part);
                fragment = fragment.subspan(part.size());
            } while (!fragment.empty());
        } else {
            all = all && (fragment.size() <= size || type == content_type::change_cipher_spec);
            out.append(rest.first(*whole));
        }
        plain = plain && type != content_type::change_cipher_spec;
        rest = rest.subspan(*whole);
    }
    out.append(rest);
    records = out.take();
    return all;
}

} // namespace tdsfake::tls
