#include "tds/smp.hpp"

namespace tdsfake::tds {

std::string_view name(smp_flag flag) noexcept {
    switch (flag) {
    case smp_flag::syn: return "SYN";
    case smp_flag::ack: return "ACK";
    case smp_flag::fin: return "FIN";
    case smp_flag::data: return "DATA";
    }
    return {};
}

core::result<smp_header> parse_smp_header(core::byte_view data) noexcept {
    core::byte_reader reader(data);
    const auto id = reader.u8();
    const auto flags = reader.u8();
    smp_header header;
    header.session = reader.u16_le();
    header.length = reader.u32_le();
    header.sequence = reader.u32_le();
    header.window = reader.u32_le();
    if (!reader.ok()) return core::wire_errc::truncated;
    header.flag = static_cast<smp_flag>(flags);
    if (id != smp_id || name(header.flag).empty()) return core::wire_errc::bad_value;
    const bool data_follows = header.length > smp_header::size;
    if (header.length < smp_header::size || (data_follows && header.flag != smp_flag::data))
        return core::wire_errc::bad_length;
    return header;
}

void encode_smp(
    core::bytes& out, const smp_header& header, core::byte_view data, std::optional<std::uint32_t> length
) {
    core::byte_writer writer;
    writer.u8(smp_id);
    writer.u8(static_cast<std::uint8_t>(header.flag));
    writer.u16_le(header.session);
    writer.u32_le(length.value_or(static_cast<std::uint32_t>(smp_header::size + data.size())));
    writer.u32_le(header.sequence);
    writer.u32_le(header.window);
    writer.append(data);
    const auto packet = writer.take();
    out.insert(out.end(), packet.begin(), packet.end());
}

} // namespace tdsfake::tds
