#include "tds/ssrp.hpp"

#include "tds/code_page.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t response = 0x05;     // SVR_RESP and its DAC form
constexpr std::uint8_t dac_version = 0x01;  // PROTOCOLVERSION
constexpr std::size_t longest_name = 32;    // of an instance, without its NUL
constexpr std::uint16_t dac_reply_size = 6; // of the whole datagram, unlike the size of the other reply

constexpr std::array<std::string_view, 4> required_names{
    "ServerName", "InstanceName", "IsClustered", "Version"
};
constexpr std::array<std::string_view, 7> protocol_names{"np", "tcp", "via", "rpc", "spx", "adsp", "bv"};

// NAME [NUL], to the end of the datagram.
core::result<ssrp_request> read_name(core::byte_reader& in, ssrp_kind kind) {
    auto name = in.rest();
    if (name.empty()) return core::wire_errc::truncated;
    ssrp_request request{.kind = kind, .terminated = name.back() == 0};
    if (request.terminated) name = name.first(name.size() - 1);
    if (name.size() > longest_name) return core::wire_errc::bad_length;
    if (name.empty() || std::ranges::find(name, 0) != name.end()) return core::wire_errc::bad_value;
    request.instance = cp1252_to_utf8(name);
    return request;
}

// The next piece up to a semicolon, which is taken too; nothing if there is none.
std::optional<std::string> take_piece(core::byte_view& text) {
    const auto end = std::ranges::find(text, static_cast<std::uint8_t>(';'));
    if (end == text.end()) return std::nullopt;
    const auto length = static_cast<std::size_t>(end - text.begin());
    auto piece = cp1252_to_utf8(text.first(length));
    text = text.subspan(length + 1);
    return piece;
}

bool known_at(std::size_t place, const std::string& name) {
    if (place < required_names.size()) return name == required_names[place];
    return std::ranges::find(protocol_names, name) != protocol_names.end();
}

// { NAME ; VALUE ; } … ;
core::result<ssrp_instance> read_instance(core::byte_view& text) {
    ssrp_instance instance;
    for (;;) {
        auto name = take_piece(text);
        if (!name) return core::wire_errc::truncated;
        if (name->empty()) break;
        if (!known_at(instance.size(), *name)) return core::wire_errc::bad_value;
        const auto same = [&](const auto& property) { return property.first == *name; };
        if (std::ranges::any_of(instance, same)) return core::wire_errc::bad_value;
        auto value = take_piece(text);
        if (!value) return core::wire_errc::truncated;
        if (value->empty()) return core::wire_errc::bad_value;
        instance.emplace_back(std::move(*name), std::move(*value));
    }
    if (instance.size() < required_names.size()) return core::wire_errc::bad_value;
    return instance;
}

} // namespace

std::string_view name(ssrp_kind kind) noexcept {
    switch (kind) {
    case ssrp_kind::broadcast: return "broadcast";
    case ssrp_kind::all: return "all";
    case ssrp_kind::instance: return "instance";
    case ssrp_kind::dac: return "dac";
    }
    return "";
}

// 02 | 03 | 04 NAME [00] | 0F 01 NAME [00]
core::result<ssrp_request> parse_ssrp_request(core::byte_view datagram) {
    core::byte_reader in(datagram);
    const auto kind = static_cast<ssrp_kind>(in.u8());
    if (!in.ok()) return core::wire_errc::truncated;
    switch (kind) {
    case ssrp_kind::broadcast:
    case ssrp_kind::all:
        if (in.remaining() > 0) return core::wire_errc::extra_bytes;
        return ssrp_request{.kind = kind, .terminated = false};
    case ssrp_kind::instance: return read_name(in, kind);
    case ssrp_kind::dac: {
        const auto version = in.u8();
        if (!in.ok()) return core::wire_errc::truncated;
        if (version != dac_version) return core::wire_errc::bad_value;
        return read_name(in, kind);
    }
    }
    return core::wire_errc::bad_packet_type;
}

core::bytes encode_ssrp_request(const ssrp_request& request) {
    core::byte_writer out;
    out.u8(static_cast<std::uint8_t>(request.kind));
    if (request.kind == ssrp_kind::dac) out.u8(dac_version);
    if (request.kind == ssrp_kind::instance || request.kind == ssrp_kind::dac) {
        out.append(utf8_to_cp1252(request.instance));
        if (request.terminated) out.u8(0);
    }
    return out.take();
}

// 05, length of the text (2, LE), text
core::result<ssrp_reply> parse_ssrp_reply(core::byte_view datagram) {
    core::byte_reader in(datagram);
    const auto type = in.u8();
    const std::size_t size = in.u16_le();
    if (!in.ok()) return core::wire_errc::truncated;
    if (type != response) return core::wire_errc::bad_packet_type;
    auto text = in.rest();
    if (text.size() < size) return core::wire_errc::truncated;
    if (text.size() > size) return core::wire_errc::extra_bytes;
    ssrp_reply reply;
    while (!text.empty()) {
        auto instance = read_instance(text);
        if (instance.has_error()) return instance.error();
        reply.instances.push_back(std::move(instance.value()));
    }
    return reply;
}

std::string ssrp_text(const ssrp_reply& reply) {
    std::string text;
    for (const auto& instance : reply.instances) {
        for (const auto& [name, value] : instance)
            text.append(name).append(";").append(value).append(";");
        text += ';';
    }
    return text;
}

core::bytes encode_ssrp_reply(const ssrp_reply& reply) {
    const auto text = utf8_to_cp1252(ssrp_text(reply));
    core::byte_writer out;
    out.u8(response);
    out.u16_le(reply.false_size.value_or(static_cast<std::uint16_t>(text.size())));
    out.append(core::byte_view(text));
    return out.take();
}

// 05, 0006 (LE), 01, port (2, LE)
core::result<ssrp_dac_reply> parse_ssrp_dac_reply(core::byte_view datagram) {
    core::byte_reader in(datagram);
    const auto type = in.u8();
    const auto size = in.u16_le();
    const auto version = in.u8();
    const auto port = in.u16_le();
    if (!in.ok()) return core::wire_errc::truncated;
    if (type != response) return core::wire_errc::bad_packet_type;
    if (size != dac_reply_size) return core::wire_errc::bad_length;
    if (version != dac_version) return core::wire_errc::bad_value;
    if (in.remaining() > 0) return core::wire_errc::extra_bytes;
    return ssrp_dac_reply{.port = port, .false_size = {}};
}

core::bytes encode_ssrp_dac_reply(const ssrp_dac_reply& reply) {
    core::byte_writer out;
    out.u8(response);
    out.u16_le(reply.false_size.value_or(dac_reply_size));
    out.u8(dac_version);
    if (reply.port) out.u16_le(*reply.port);
    return out.take();
}

} // namespace tdsfake::tds
