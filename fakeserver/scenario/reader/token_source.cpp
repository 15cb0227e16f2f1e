#include "scenario/reader/token_source.hpp"

#include "core/hex.hpp"

namespace tdsfake::scenario::reader {

const node& value_of(const token_source& s) {
    static const node nothing{};
    return s.value != nullptr ? *s.value : nothing;
}

bool need(context& ctx, const token_source& s, std::string_view word, std::string_view example) {
    if (s.value != nullptr && !s.value->is_null()) return true;
    ctx.out.error(s.at.where, ticked(word) + " needs a value", "for example `" + std::string(example) + "`");
    return false;
}

void read_length(context& ctx, map_reader& map, tds::scripted_token& out, std::uint64_t most) {
    if (const auto* n = map.get("length")) {
        if (const auto value = read_code(ctx, *n, "`length`", 0, most))
            out.length = static_cast<std::uint32_t>(*value);
    }
}

core::bytes read_hex_value(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what);
    if (!text) return {};
    const std::string_view view = *text;
    auto data = core::from_hex(view.starts_with("0x") ? view.substr(2) : view);
    if (data) return std::move(*data);
    ctx.out.error(
        n.where, std::string(what) + " must be bytes, not " + ticked(view), "write 0x0102 or 01 02"
    );
    return {};
}

} // namespace tdsfake::scenario::reader
