#include "tests/session/client_messages.hpp"

#include "core/hex.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

namespace tdsfake::session::testing {

namespace {

core::bytes wide_text(std::string_view ascii) {
    core::bytes out;
    for (const char c : ascii) {
        out.push_back(static_cast<std::uint8_t>(c));
        out.push_back(0);
    }
    return out;
}

// Nibbles swapped, then XOR A5 (2.2.6.4).
core::bytes hidden(std::string_view password) {
    auto out = wide_text(password);
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>((byte << 4 | byte >> 4) ^ 0xa5);
    return out;
}

// ALL_HEADERS with the transaction descriptor 0 (2.2.5.3).
const core::bytes& headers() {
    static const auto bytes = hex("16 00 00 00  12 00 00 00 02 00  00 00 00 00 00 00 00 00  01 00 00 00");
    return bytes;
}

core::bytes transaction_request(std::string_view body) {
    return packets(wire::transaction, joined({headers(), hex(body)}));
}

} // namespace

core::bytes hex(std::string_view text) {
    auto data = core::from_hex(text);
    if (!data) {
        std::cerr << "a test holds ill-formed hex: " << text << '\n';
        std::abort();
    }
    return std::move(*data);
}

core::bytes joined(std::initializer_list<core::bytes> parts) {
    core::bytes all;
    for (const auto& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

core::bytes packet(
    std::uint8_t type, core::byte_view payload, std::uint8_t status, std::uint16_t length, std::uint8_t id
) {
    const auto size = length != 0 ? std::size_t{length} : 8 + payload.size();
    core::byte_writer out;
    out.u8(type);
    out.u8(status);
    out.u16_be(size);
    out.u16_be(0);
    out.u8(id);
    out.u8(0);
    out.append(payload);
    return out.take();
}

core::bytes packets(std::uint8_t type, core::byte_view payload, std::size_t size, std::uint8_t status) {
    core::bytes out;
    std::uint8_t id = 0;
    do {
        const auto part = payload.first(std::min(payload.size(), size - 8));
        payload = payload.subspan(part.size());
        const auto bits =
            static_cast<std::uint8_t>((payload.empty() ? wire::eom : 0) | (id == 0 ? status : 0));
        std::ranges::copy(packet(type, part, bits, 0, ++id), std::back_inserter(out));
    } while (!payload.empty());
    return out;
}

core::bytes prelogin(std::uint8_t encryption) {
    auto payload = hex("00 00 1a 00 06"    // VERSION
                       "01 00 20 00 01"    // ENCRYPTION
                       "02 00 21 00 01"    // INSTOPT
                       "03 00 22 00 04"    // THREADID
                       "04 00 26 00 01"    // MARS
                       "ff"                // TERMINATOR
                       "09 00 00 00 00 00" // 9.0
                       "02 00 00000db8 00");
    payload[32] = encryption;
    return packet(wire::prelogin, payload);
}

core::bytes login(const credentials& who) {
    const bool narrow = who.version >> 24 == 0x70 || who.version >> 24 == 0x71;
    const std::size_t fixed = narrow ? 86 : 94;
    core::byte_writer places;
    core::byte_writer data;
    const auto item = [&](const core::bytes& raw) {
        places.u16_le(fixed + data.size());
        places.u16_le(raw.size() / 2);
        data.append(raw);
    };
    item(wide_text(who.host));
    item(wide_text(who.user));
    item(hidden(who.password));
    item(wide_text(who.app));
    item(wide_text(who.server));
    item({}); // unused
    item(wide_text(who.library));
    item(wide_text(who.language));
    item(wide_text(who.database));
    places.append(hex("02 00 00 00 00 01")); // ClientID
    item({});                                // SSPI
    item({});                                // AtchDBFile
    if (!narrow) {
        item({}); // ChangePassword
        places.u32_le(0);
    }
    core::byte_writer out;
    out.u32_le(fixed + data.size());
    out.u32_le(who.version);
    out.u32_le(who.packet_size);
    out.append(hex("07 00 00 00  92 10 00 00  00 00 00 00  e0 03 00 00  00 00 00 00  09 04 00 00"));
    out.append(places.view());
    out.append(data.view());
    return packets(wire::login7, out.view());
}

core::bytes pre_tds7_login() {
    core::byte_writer out;
    const auto text = [&](std::string_view value) {
        out.append(value);
        out.fill(30 - value.size());
        out.u8(value.size());
    };
    text("box");
    text("sa");
    text("secret");
    text("1234");
    out.fill(16, 0x03);
    text("old app");
    text("srv7");
    out.fill(256);
    out.append(hex("04 02 00 00"));
    out.fill(572 - out.size());
    return packets(wire::pre_tds7_login, out.view(), 512);
}

core::bytes batch(std::string_view sql, std::uint8_t status, layout form) {
    const auto text = wide_text(sql);
    return packets(wire::batch, form == layout::wide ? joined({headers(), text}) : text, 4096, status);
}

core::bytes executesql(std::string_view sql, std::uint8_t status) {
    core::byte_writer out;
    const auto text = wide_text(sql);
    out.append(headers());
    out.append(hex("ff ff 0a 00 00 00"));             // ProcID 10, no options
    out.append(hex("00 00 e7 40 1f 09 04 d0 00 34")); // no name, no flags, NVARCHAR(4000)
    out.u16_le(text.size());
    out.append(text);
    return packets(wire::rpc, out.view(), 4096, status);
}

core::bytes procedure(std::string_view name) {
    core::byte_writer out;
    out.append(headers());
    out.u16_le(name.size());
    out.append(wide_text(name));
    out.u16_le(0);
    return packets(wire::rpc, out.view());
}

core::bytes attention() { return hex("06 01 00 08 00 00 01 00"); }
core::bytes begin_transaction() { return transaction_request("05 00 02 00"); }
core::bytes commit(bool begins_new) {
    return transaction_request(begins_new ? "07 00 00 01 02 00" : "07 00 00 00");
}
core::bytes rollback() { return transaction_request("08 00 00 00"); }
core::bytes within(std::uint64_t transaction, core::bytes message) {
    constexpr std::size_t descriptor = 8 + 4 + 6; // behind the packet's header and those of ALL_HEADERS
    for (std::size_t i = 0; i < 8; ++i)
        message.at(descriptor + i) = static_cast<std::uint8_t>(transaction >> (8 * i));
    return message;
}
core::bytes bulk_load() {
    return packets(
        wire::bulk,
        hex("81 01 00  00 00 00 00 08 00 38 02 69 00 64 00  d1 01 00 00 00  d1 02 00 00 00"
            "fd 00 00 00 00 00 00 00 00 00 00 00 00")
    );
}

} // namespace tdsfake::session::testing
