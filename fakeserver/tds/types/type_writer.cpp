#include "tds/types/type_writer.hpp"

#include "tds/types/variant_text.hpp"

#include <algorithm>

namespace tdsfake::tds {

namespace {

constexpr std::uint32_t longest_long = 0x7fffffff;  // TEXT, IMAGE, in bytes
constexpr std::uint32_t longest_ntext = 0x7ffffffe; // NTEXT
constexpr std::uint32_t longest_variant = 8009;
constexpr std::uint16_t unlimited = 0xffff;

// How the length of a value is told; what type_info::prefix is for the reader.
enum class length_form : std::uint8_t { none, byte, u_short, text_pointer, u_long, plp };

length_form form_of(const sql_type& t, bool nullable) noexcept {
    const auto& entry = entry_of(t.id);
    switch (t.id) {
    case type_id::text:
    case type_id::ntext:
    case type_id::image: return length_form::text_pointer;
    case type_id::sql_variant: return length_form::u_long;
    case type_id::xml:
    case type_id::json: return length_form::plp;
    default: break;
    }
    if (entry.arguments == type_arguments::length || entry.arguments == type_arguments::length_or_max) {
        return t.is_max() ? length_form::plp : length_form::u_short;
    }
    return entry.fixed != 0 && !nullable ? length_form::none : length_form::byte;
}

void write_plp(core::byte_writer& out, core::byte_view data, const plp_form& form) {
    out.u64_le(form.length_known ? data.size() : unknown_plp);
    const std::size_t most = form.chunk > 0 ? form.chunk : 0xffffffff;
    while (!data.empty()) {
        const auto chunk = data.first(std::min(most, data.size()));
        out.u32_le(chunk.size());
        out.append(chunk);
        data = data.subspan(chunk.size());
    }
    out.u32_le(0);
}

void write_null(core::byte_writer& out, const sql_type& t, length_form form) {
    switch (form) {
    case length_form::none: out.fill(entry_of(t.id).size); break;
    case length_form::byte:
    case length_form::text_pointer: out.u8(0); break;
    case length_form::u_short: out.u16_le(0xffff); break;
    case length_form::u_long: out.u32_le(0); break;
    case length_form::plp: out.u64_le(null_plp); break;
    }
}

} // namespace

sql_type wire_type(const sql_type& t, const dialect& to) noexcept {
    const auto text = [](std::uint32_t length) {
        return sql_type{.id = type_id::nvarchar, .length = length};
    };
    const bool no_max = !at_least(to.version, tds_version::v7_2);
    const bool known = at_least(to.version, entry_of(t.id).since);
    switch (t.id) {
    case type_id::bigint:
        if (!known) return {.id = type_id::decimal, .precision = 19};
        break;
    case type_id::sql_variant:
        if (!known) return text(4000);
        break;
    case type_id::date:
        if (!known) return text(10);
        break;
    case type_id::time:
        if (!known) return text(16);
        break;
    case type_id::datetime2:
        if (!known) return text(27);
        break;
    case type_id::datetimeoffset:
        if (!known) return text(34);
        break;
    case type_id::xml:
        if (!known) return {.id = type_id::ntext};
        break;
    case type_id::json:
        if (no_max) return {.id = type_id::ntext};
        if (!to.json) return text(sql_type::max_length);
        break;
    case type_id::varchar:
        if (t.is_max() && no_max) return {.id = type_id::text};
        break;
    case type_id::nvarchar:
        if (t.is_max() && no_max) return {.id = type_id::ntext};
        break;
    case type_id::varbinary:
        if (t.is_max() && no_max) return {.id = type_id::image};
        break;
    default: break;
    }
    return t;
}

core::bytes converted(const sql_type& from, const sql_type& to, core::byte_view data) {
    const auto have = entry_of(from.id).values;
    if (have == entry_of(to.id).values) return {data.begin(), data.end()};
    if (have == value_class::variant) {
        const auto parts = take_variant_apart(data);
        const auto text = parts ? value_text(parts->base, parts->data) : value_text(from, data);
        return parse_value(to, text).value_or(core::bytes{});
    }
    return parse_value(to, value_text(from, data)).value_or(core::bytes{});
}

void write_type_info(
    core::byte_writer& out, const sql_type& t, bool nullable, tds_version version, const collation_bytes& sort
) {
    const auto& entry = entry_of(t.id);
    const auto form = form_of(t, nullable);
    out.u8(form == length_form::none ? entry.fixed : entry.nullable);
    const bool unicode = entry.values == value_class::unicode;
    switch (form) {
    case length_form::none: return;
    case length_form::byte:
        if (entry.arguments == type_arguments::precision_scale) {
            out.u8(decimal_size(t.precision));
            out.u8(t.precision);
            out.u8(t.scale);
        } else if (entry.arguments == type_arguments::scale) {
            out.u8(t.scale);
        } else if (t.id != type_id::date) {
            out.u8(entry.size);
        }
        return;
    case length_form::u_short: out.u16_le(std::uint64_t{t.length} * (unicode ? 2 : 1)); break;
    case length_form::text_pointer: out.u32_le(unicode ? longest_ntext : longest_long); break;
    case length_form::u_long: out.u32_le(longest_variant); return;
    case length_form::plp:
        if (t.id == type_id::xml) out.u8(0); // no schema
        if (t.id == type_id::xml || t.id == type_id::json) return;
        out.u16_le(unlimited);
        break;
    }
    const bool collated = unicode || entry.values == value_class::ansi;
    if (collated && at_least(version, tds_version::v7_1)) out.append(sort);
}

void write_value(
    core::byte_writer& out,
    const sql_type& t,
    bool nullable,
    const core::bytes* data,
    value_place place,
    const plp_form& plp
) {
    const auto form = form_of(t, nullable);
    if (data == nullptr) {
        if (form == length_form::text_pointer && place == value_place::parameter) {
            out.u32_le(0xffffffff);
        } else {
            write_null(out, t, form);
        }
        return;
    }
    switch (form) {
    case length_form::none: break;
    case length_form::byte: out.u8(data->size()); break;
    case length_form::u_short: out.u16_le(data->size()); break;
    case length_form::u_long: out.u32_le(data->size()); break;
    case length_form::text_pointer:
        if (place == value_place::row) {
            // What SQL Server sends when there is no pointer to give: 16 bytes of text, 8 of a time stamp.
            out.u8(16);
            out.append(std::string_view("dummy textptr\0\0\0", 16));
            out.append(std::string_view("dummyTS\0", 8));
        }
        out.u32_le(data->size());
        break;
    case length_form::plp: write_plp(out, *data, plp); return;
    }
    out.append(*data);
}

std::size_t null_size(const sql_type& t, bool nullable) noexcept {
    switch (form_of(t, nullable)) {
    case length_form::none: return 0;
    case length_form::byte:
    case length_form::text_pointer: return 1;
    case length_form::u_short: return 2;
    case length_form::u_long: return 4;
    case length_form::plp: return 8;
    }
    return 0;
}

} // namespace tdsfake::tds
