#include "tds/ntlm.hpp"

#include "core/utf16.hpp"
#include "tds/code_page.hpp"

#include <algorithm>
#include <string_view>

namespace tdsfake::tds {

namespace {

constexpr std::array<std::uint8_t, 8> signature{'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};
constexpr std::uint32_t type_negotiate = 1;
constexpr std::uint32_t type_challenge = 2;
constexpr std::uint32_t type_authenticate = 3;

// MS-NLMP 2.2.2.5
constexpr std::uint32_t unicode = 0x00000001;
constexpr std::uint32_t request_target = 0x00000004;
constexpr std::uint32_t ntlm = 0x00000200;
constexpr std::uint32_t always_sign = 0x00008000;
constexpr std::uint32_t target_type_domain = 0x00010000;
constexpr std::uint32_t extended_security = 0x00080000;
constexpr std::uint32_t target_info = 0x00800000;
constexpr std::uint32_t version = 0x02000000;
constexpr std::uint32_t key_128 = 0x20000000;
constexpr std::uint32_t key_56 = 0x80000000;
// What a client may have of these, if it asks.
constexpr std::uint32_t granted_on_request =
    unicode | request_target | always_sign | extended_security | version | key_128 | key_56;

// MS-NLMP 2.2.2.1
constexpr std::uint16_t av_computer = 1;
constexpr std::uint16_t av_domain = 2;
constexpr std::uint16_t av_dns_computer = 3;
constexpr std::uint16_t av_dns_domain = 4;
constexpr std::uint16_t av_end = 0;

bool has_signature(core::byte_view blob) noexcept {
    return blob.size() >= 12 && std::ranges::equal(blob.first(signature.size()), signature);
}

std::uint32_t type_of(core::byte_view blob) noexcept {
    return core::byte_reader(blob.subspan(signature.size())).u32_le();
}

void put_av(core::byte_writer& to, std::uint16_t id, std::string_view text) {
    const auto utf16 = core::utf8_to_utf16le(text);
    to.u16_le(id);
    to.u16_le(utf16.size());
    to.append(utf16);
}

} // namespace

std::string_view name(sspi_kind kind) noexcept {
    switch (kind) {
    case sspi_kind::ntlm_negotiate:
    case sspi_kind::ntlm_authenticate: return "NTLM";
    case sspi_kind::negotiate: return "Negotiate";
    case sspi_kind::unknown: break;
    }
    return "unknown";
}

sspi_kind recognise_sspi(core::byte_view blob) noexcept {
    if (has_signature(blob)) {
        switch (type_of(blob)) {
        case type_negotiate: return sspi_kind::ntlm_negotiate;
        case type_authenticate: return sspi_kind::ntlm_authenticate;
        default: return sspi_kind::unknown;
        }
    }
    // [APPLICATION 0] of GSS-API with a mechanism inside, or NegTokenResp.
    if (!blob.empty() && (blob[0] == 0x60 || blob[0] == 0xa1)) return sspi_kind::negotiate;
    return sspi_kind::unknown;
}

//  0..7        8..11   12..19        20..23  24..31      32..39     40..47         48..55    56
//  signature   2       TargetName    flags   challenge   reserved   TargetInfo     version   payload
core::bytes encode_ntlm_challenge(const ntlm_challenge& message, core::byte_view negotiate) {
    constexpr std::size_t payload_begins = 56;
    std::uint32_t asked = unicode | extended_security; // of a client that does not say
    if (has_signature(negotiate) && negotiate.size() >= 16)
        asked = core::byte_reader(negotiate.subspan(12)).u32_le();
    const auto flags = (asked & granted_on_request) | ntlm | target_type_domain | target_info;

    const bool wide = (flags & unicode) != 0;
    const auto domain = wide ? core::utf8_to_utf16le(message.domain) : utf8_to_cp1252(message.domain);
    core::byte_writer info;
    put_av(info, av_domain, message.domain);
    put_av(info, av_computer, message.computer);
    put_av(info, av_dns_domain, message.domain);
    put_av(info, av_dns_computer, message.computer);
    put_av(info, av_end, {});

    core::byte_writer out;
    const auto place = [&](std::size_t offset, std::size_t size) {
        out.u16_le(size);
        out.u16_le(size);
        out.u32_le(offset);
    };
    out.append(signature);
    out.u32_le(type_challenge);
    place(payload_begins, domain.size());
    out.u32_le(flags);
    out.append(message.challenge);
    out.fill(8);
    place(payload_begins + domain.size(), info.size());
    out.append(core::bytes{10, 0, 0x63, 0x45, 0, 0, 0, 15}); // as of Windows Server 2019
    out.append(domain);
    out.append(info.view());
    return out.take();
}

//  12, 20: responses   28: domain   36: user   44: workstation   52: session key   60: flags
core::result<ntlm_authenticate> parse_ntlm_authenticate(core::byte_view blob) {
    if (!has_signature(blob))
        return blob.size() < 12 ? core::wire_errc::truncated : core::wire_errc::bad_value;
    if (type_of(blob) != type_authenticate) return core::wire_errc::bad_value;
    core::byte_reader reader(blob);
    reader.take(28);
    struct place {
        std::size_t offset = 0, size = 0;
    };
    const auto read_place = [&] {
        place out;
        out.size = reader.u16_le();
        reader.u16_le(); // what was reserved for it
        out.offset = reader.u32_le();
        return out;
    };
    const auto domain = read_place();
    const auto user = read_place();
    const auto workstation = read_place();
    read_place(); // session key: older clients have neither it nor flags, and speak Unicode
    const bool says_flags = reader.remaining() >= 4;
    const auto flags = says_flags ? reader.u32_le() : unicode;
    if (!reader.ok()) return core::wire_errc::truncated;

    bool inside = true;
    const auto text = [&](place at) -> std::string {
        if (at.size == 0) return {};
        if (at.offset > blob.size() || at.size > blob.size() - at.offset) {
            inside = false;
            return {};
        }
        const auto data = blob.subspan(at.offset, at.size);
        return (flags & unicode) != 0 ? core::utf16le_to_utf8(data) : cp1252_to_utf8(data);
    };
    ntlm_authenticate out{text(domain), text(user), text(workstation)};
    if (!inside) return core::wire_errc::bad_length;
    return out;
}

// [1] { SEQUENCE { [0] { ENUMERATED accept-completed (0) } } }
core::bytes encode_negotiate_accepted() { return {0xa1, 0x07, 0x30, 0x05, 0xa0, 0x03, 0x0a, 0x01, 0x00}; }

} // namespace tdsfake::tds
