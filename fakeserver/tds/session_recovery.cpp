#include "tds/session_recovery.hpp"

#include "core/utf16.hpp"

#include <utility>

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t long_value = 0xff;

bool read_block(core::byte_reader& from, recovered_session& out) {
    core::byte_reader block(from.take(from.u32_le()));
    if (!from.ok()) return false;
    const auto text = [&] { return core::utf16le_to_utf8(block.take(2 * std::size_t{block.u8()})); };
    out.database = text();
    const auto collation = block.take(block.u8());
    out.collation.assign(collation.begin(), collation.end());
    out.language = text();
    while (block.ok() && block.remaining() > 0) {
        session_state state;
        state.id = block.u8();
        std::size_t length = block.u8();
        if (length == long_value) length = block.u32_le();
        const auto value = block.take(length);
        state.value.assign(value.begin(), value.end());
        if (block.ok()) out.states.push_back(std::move(state));
    }
    return block.ok();
}

} // namespace

core::result<session_recovery> parse_session_recovery(core::byte_view data) {
    core::byte_reader reader(data);
    session_recovery out;
    if (!read_block(reader, out.initial) || !read_block(reader, out.changed))
        return core::wire_errc::truncated;
    if (reader.remaining() > 0) return core::wire_errc::extra_bytes;
    return out;
}

} // namespace tdsfake::tds
