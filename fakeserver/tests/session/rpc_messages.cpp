#include "tests/session/rpc_messages.hpp"

#include "core/utf16.hpp"

namespace tdsfake::session::testing {

namespace {

core::bytes parameter(std::string_view name, std::uint8_t status, const core::bytes& rest) {
    core::byte_writer out;
    out.u8(name.size());
    out.append(core::utf8_to_utf16le(name));
    out.u8(status);
    out.append(rest);
    return out.take();
}

core::bytes with_parameters(core::byte_writer&& head, std::initializer_list<core::bytes> parameters) {
    head.u16_le(0); // option flags
    for (const auto& one : parameters)
        head.append(one);
    return head.take();
}

} // namespace

core::bytes nvarchar_parameter(std::string_view name, std::string_view value, std::uint8_t status) {
    core::byte_writer out;
    out.append(hex("e7 40 1f 09 04 d0 00 34"));
    const auto utf16 = core::utf8_to_utf16le(value);
    out.u16_le(utf16.size());
    out.append(utf16);
    return parameter(name, status, out.take());
}

core::bytes int_parameter(std::string_view name, std::int32_t value, std::uint8_t status) {
    core::byte_writer out;
    out.append(hex("26 04 04"));
    out.u32_le(static_cast<std::uint32_t>(value));
    return parameter(name, status, out.take());
}

core::bytes null_int_parameter(std::string_view name, std::uint8_t status) {
    return parameter(name, status, hex("26 04 00"));
}

core::bytes call(std::string_view procedure, std::initializer_list<core::bytes> parameters) {
    core::byte_writer out;
    out.u16_le(procedure.size());
    out.append(core::utf8_to_utf16le(procedure));
    return with_parameters(std::move(out), parameters);
}

core::bytes call(std::uint16_t id, std::initializer_list<core::bytes> parameters) {
    core::byte_writer out;
    out.u16_le(0xffff);
    out.u16_le(id);
    return with_parameters(std::move(out), parameters);
}

core::bytes rpc(std::initializer_list<core::bytes> calls, std::uint8_t status) {
    auto all = hex("16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 00 01 00 00 00");
    bool first = true;
    for (const auto& one : calls) {
        if (!first) all.push_back(0xff);
        first = false;
        all.insert(all.end(), one.begin(), one.end());
    }
    return packets(wire::rpc, all, 4096, status);
}

} // namespace tdsfake::session::testing
