#include "tds/types/variant_text.hpp"

#include "tds/types/type_info.hpp"
#include "tds/types/value_text.hpp"

#include <algorithm>

namespace tdsfake::tds {

namespace {

constexpr std::size_t longest_value = 8000; // bytes, of the base type

bool may_be_inside(const sql_type& t) noexcept {
    switch (t.id) {
    case type_id::text:
    case type_id::ntext:
    case type_id::image:
    case type_id::xml:
    case type_id::json:
    case type_id::sql_variant: return false;
    default: return !t.is_max();
    }
}

// Fixed types go by their number of old, the others by the only one they have.
std::uint8_t number_of(const sql_type& t) noexcept {
    const auto& entry = entry_of(t.id);
    return entry.fixed != 0 ? entry.fixed : entry.nullable;
}

std::optional<core::bytes> encoded(const sql_type& t, std::string_view text) {
    const auto data = parse_value(t, text);
    if (!data || data->size() > longest_value) return std::nullopt;
    core::byte_writer properties;
    switch (entry_of(t.id).values) {
    case value_class::ansi:
    case value_class::unicode:
        properties.append(latin1_general);
        properties.u16_le(std::size_t{t.length} * (entry_of(t.id).values == value_class::unicode ? 2U : 1U));
        break;
    case value_class::binary: properties.u16_le(t.length); break;
    case value_class::decimal:
        properties.u8(t.precision);
        properties.u8(t.scale);
        break;
    case value_class::temporal:
        if (entry_of(t.id).arguments == type_arguments::scale) properties.u8(t.scale);
        break;
    default: break;
    }
    core::byte_writer out;
    out.u8(number_of(t));
    out.u8(properties.size());
    out.append(properties.view());
    out.append(*data);
    return out.take();
}

// The type that a text without a type in front is taken for.
sql_type guessed(std::string_view text) {
    const sql_type whole{.id = type_id::int_};
    if (parse_value(whole, text)) return whole;
    const sql_type big{.id = type_id::bigint};
    if (parse_value(big, text)) return big;
    if (text.starts_with("0x")) {
        return {
            .id = type_id::varbinary,
            .length = static_cast<std::uint32_t>(std::max<std::size_t>(1, text.size() / 2 - 1))
        };
    }
    if (const auto point = text.find('.'); point != std::string_view::npos && point + 1 < text.size()) {
        const auto scale = text.size() - point - 1;
        if (scale <= 38) {
            const sql_type exact{
                .id = type_id::numeric, .precision = 38, .scale = static_cast<std::uint8_t>(scale)
            };
            if (parse_value(exact, text)) return exact;
        }
    }
    return {.id = type_id::nvarchar, .length = 4000};
}

} // namespace

std::optional<core::bytes> parse_variant(std::string_view text) {
    if (const auto colon = text.find(": "); colon != std::string_view::npos) {
        std::string problem;
        const auto base = parse_type(text.substr(0, colon), problem);
        if (base && may_be_inside(*base)) return encoded(*base, text.substr(colon + 2));
    }
    return encoded(guessed(text), text);
}

std::optional<variant_parts> take_variant_apart(core::byte_view data) {
    core::byte_reader in(data);
    const auto number = in.u8();
    core::byte_reader properties(in.take(in.u8()));
    variant_parts out;
    const auto entry = std::ranges::find_if(all_types(), [&](const type_entry& e) {
        return (e.fixed != 0 ? e.fixed : e.nullable) == number;
    });
    if (!in.ok() || entry == all_types().end()) return std::nullopt;
    out.base.id = entry->id;
    if (!may_be_inside(out.base)) return std::nullopt;
    switch (entry->values) {
    case value_class::ansi:
    case value_class::unicode:
        properties.take(latin1_general.size());
        out.base.length = properties.u16_le() / (entry->values == value_class::unicode ? 2U : 1U);
        break;
    case value_class::binary: out.base.length = properties.u16_le(); break;
    case value_class::decimal:
        out.base.precision = properties.u8();
        out.base.scale = properties.u8();
        break;
    case value_class::temporal:
        if (entry->arguments == type_arguments::scale) out.base.scale = properties.u8();
        break;
    default: break;
    }
    if (!properties.ok() || properties.remaining() > 0 || out.base.scale > 38) return std::nullopt;
    out.data = in.rest();
    return out;
}

std::optional<std::string> variant_text(core::byte_view data) {
    const auto parts = take_variant_apart(data);
    if (!parts) return std::nullopt;
    return name(parts->base) + ": " + value_text(parts->base, parts->data);
}

} // namespace tdsfake::tds
