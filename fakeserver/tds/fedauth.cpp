#include "tds/fedauth.hpp"

namespace tdsfake::tds {

namespace {

core::bytes copy(core::byte_view from) { return {from.begin(), from.end()}; }

} // namespace

core::result<fedauth_feature> parse_fedauth_feature(core::byte_view data) {
    core::byte_reader reader(data);
    const auto options = reader.u8();
    if (!reader.ok()) return core::wire_errc::truncated;
    fedauth_feature out;
    out.library_id = options >> 1;
    out.echo = (options & 1) != 0;
    if (!out.has_token()) {
        // LiveID is no longer spoken; what it carries is of no interest.
        if (out.library_id != static_cast<std::uint8_t>(fedauth_feature::library::adal)) return out;
        if (reader.remaining() > 0) out.workflow_id = reader.u8();
        if (reader.remaining() > 0) return core::wire_errc::extra_bytes;
        return out;
    }
    out.token = copy(reader.take(reader.u32_le()));
    if (!reader.ok()) return core::wire_errc::truncated;
    if (reader.remaining() == 0) return out;
    if (reader.remaining() < fedauth_nonce_size) return core::wire_errc::bad_length;
    if (reader.remaining() > fedauth_nonce_size) return core::wire_errc::extra_bytes;
    out.nonce = copy(reader.rest());
    return out;
}

core::result<fedauth_token> parse_fedauth_token(core::byte_view payload) {
    core::byte_reader reader(payload);
    const std::size_t length = reader.u32_le();
    if (!reader.ok() || length > reader.remaining()) return core::wire_errc::truncated;
    if (length < reader.remaining()) return core::wire_errc::extra_bytes;
    const std::size_t token_length = reader.u32_le();
    if (!reader.ok() || token_length > reader.remaining()) return core::wire_errc::bad_length;
    fedauth_token out;
    out.token = copy(reader.take(token_length));
    if (reader.remaining() != 0 && reader.remaining() != fedauth_nonce_size)
        return core::wire_errc::bad_length;
    out.nonce = copy(reader.rest());
    return out;
}

} // namespace tdsfake::tds
