#include "tds/tokens/login_tokens.hpp"

#include "core/utf16.hpp"

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t id_sts_url = 1;
constexpr std::uint8_t id_spn = 2;

} // namespace

core::bytes encode_sspi(core::byte_view blob) {
    core::byte_writer out;
    out.u8(sspi_number);
    out.u16_le(blob.size());
    out.append(blob);
    return out.take();
}

core::bytes encode_fedauth_info(std::string_view sts_url, std::string_view spn) {
    constexpr std::uint32_t count = 2;
    constexpr std::uint32_t head = 4 + count * 9; // offsets count from the field `count`
    const auto url = core::utf8_to_utf16le(sts_url);
    const auto name = core::utf8_to_utf16le(spn);
    core::byte_writer out;
    out.u8(fedauthinfo_number);
    out.u32_le(head + url.size() + name.size());
    out.u32_le(count);
    out.u8(id_sts_url);
    out.u32_le(url.size());
    out.u32_le(head);
    out.u8(id_spn);
    out.u32_le(name.size());
    out.u32_le(head + url.size());
    out.append(url);
    out.append(name);
    return out.take();
}

} // namespace tdsfake::tds
