#include "tds/types/sql_type.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace tdsfake::tds {

namespace {

using arguments = type_arguments;
using values = value_class;

constexpr auto v7_0 = tds_version::v7_0;
constexpr auto v7_1 = tds_version::v7_1;
constexpr auto v7_2 = tds_version::v7_2;
constexpr auto v7_3 = tds_version::v7_3a;

// In the order of type_id.
constexpr auto entries = std::to_array<type_entry>({
    {type_id::bit, "bit", values::integer, arguments::none, 1, 0x32, 0x68, 0, v7_0},
    {type_id::tinyint, "tinyint", values::integer, arguments::none, 1, 0x30, 0x26, 0, v7_0},
    {type_id::smallint, "smallint", values::integer, arguments::none, 2, 0x34, 0x26, 0, v7_0},
    {type_id::int_, "int", values::integer, arguments::none, 4, 0x38, 0x26, 0, v7_0},
    {type_id::bigint, "bigint", values::integer, arguments::none, 8, 0x7f, 0x26, 0, v7_1},
    {type_id::real, "real", values::real, arguments::none, 4, 0x3b, 0x6d, 0, v7_0},
    {type_id::float_, "float", values::real, arguments::none, 8, 0x3e, 0x6d, 0, v7_0},
    {type_id::smallmoney, "smallmoney", values::money, arguments::none, 4, 0x7a, 0x6e, 0, v7_0},
    {type_id::money, "money", values::money, arguments::none, 8, 0x3c, 0x6e, 0, v7_0},
    {type_id::decimal, "decimal", values::decimal, arguments::precision_scale, 0, 0, 0x6a, 38, v7_0},
    {type_id::numeric, "numeric", values::decimal, arguments::precision_scale, 0, 0, 0x6c, 38, v7_0},
    {type_id::date, "date", values::temporal, arguments::none, 3, 0, 0x28, 0, v7_3},
    {type_id::time, "time", values::temporal, arguments::scale, 0, 0, 0x29, 7, v7_3},
    {type_id::datetime2, "datetime2", values::temporal, arguments::scale, 0, 0, 0x2a, 7, v7_3},
    {type_id::datetimeoffset, "datetimeoffset", values::temporal, arguments::scale, 0, 0, 0x2b, 7, v7_3},
    {type_id::smalldatetime, "smalldatetime", values::temporal, arguments::none, 4, 0x3a, 0x6f, 0, v7_0},
    {type_id::datetime, "datetime", values::temporal, arguments::none, 8, 0x3d, 0x6f, 0, v7_0},
    {type_id::char_, "char", values::ansi, arguments::length, 0, 0, 0xaf, 8000, v7_0},
    {type_id::varchar, "varchar", values::ansi, arguments::length_or_max, 0, 0, 0xa7, 8000, v7_0},
    {type_id::text, "text", values::ansi, arguments::none, 0, 0, 0x23, 0, v7_0},
    {type_id::nchar, "nchar", values::unicode, arguments::length, 0, 0, 0xef, 4000, v7_0},
    {type_id::nvarchar, "nvarchar", values::unicode, arguments::length_or_max, 0, 0, 0xe7, 4000, v7_0},
    {type_id::ntext, "ntext", values::unicode, arguments::none, 0, 0, 0x63, 0, v7_0},
    {type_id::binary, "binary", values::binary, arguments::length, 0, 0, 0xad, 8000, v7_0},
    {type_id::varbinary, "varbinary", values::binary, arguments::length_or_max, 0, 0, 0xa5, 8000, v7_0},
    {type_id::image, "image", values::binary, arguments::none, 0, 0, 0x22, 0, v7_0},
    {type_id::xml, "xml", values::unicode, arguments::none, 0, 0, 0xf1, 0, v7_2},
    {type_id::json, "json", values::unicode, arguments::none, 0, 0, 0xf4, 0, v7_2},
    {type_id::uniqueidentifier, "uniqueidentifier", values::guid, arguments::none, 16, 0, 0x24, 0, v7_0},
    {type_id::sql_variant, "sql_variant", values::variant, arguments::none, 0, 0, 0x62, 0, v7_1},
});
static_assert([] {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (static_cast<std::size_t>(entries[i].id) != i) return false;
    }
    return true;
}());

struct other_name {
    std::string_view written;
    std::string_view meant;
};
constexpr auto other_names = std::to_array<other_name>({
    {"integer", "int"},
    {"dec", "decimal"},
    {"character", "char"},
    {"character varying", "varchar"},
    {"double precision", "float"},
    {"float(53)", "float"},
    {"float(24)", "real"},
    {"sysname", "nvarchar(128)"},
    {"rowversion", "binary(8)"},
    {"timestamp", "binary(8)"},
});

const type_entry* find_name(std::string_view name) noexcept {
    const auto* found = std::ranges::find(entries, name, &type_entry::name);
    return found == entries.end() ? nullptr : found;
}

std::optional<std::uint32_t> to_number(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    std::uint32_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// `inside`: what stands in the parentheses; nothing if there are none.
bool take_arguments(
    sql_type& out, const type_entry& entry, std::optional<std::string_view> inside, std::string& problem
) {
    const auto type_name = std::string(entry.name);
    switch (entry.arguments) {
    case arguments::none: problem = type_name + " takes nothing in parentheses"; return !inside;
    case arguments::length:
    case arguments::length_or_max: {
        const bool may_be_max = entry.arguments == arguments::length_or_max;
        problem = type_name + "(n) has an n from 1 to " + std::to_string(entry.most) +
                  (may_be_max ? ", or max" : "");
        if (!inside) return false; // SQL Server takes 1 or 30 then, which nobody means
        if (may_be_max && *inside == "max") {
            out.length = sql_type::max_length;
            return true;
        }
        const auto length = to_number(*inside);
        out.length = length.value_or(0);
        return length && *length >= 1 && *length <= entry.most;
    }
    case arguments::scale: {
        problem = type_name + "(n) has an n from 0 to 7: digits of a second";
        const auto scale = inside ? to_number(*inside) : 7;
        out.scale = static_cast<std::uint8_t>(scale.value_or(0));
        return scale && *scale <= 7;
    }
    case arguments::precision_scale: break;
    }
    problem = type_name + "(p,s) has 1 to 38 digits, of which 0 to p stand after the point";
    const auto comma = inside ? inside->find(',') : std::string_view::npos;
    const auto precision = inside ? to_number(inside->substr(0, comma)) : 18;
    const auto scale = comma == std::string_view::npos ? 0 : to_number(inside->substr(comma + 1));
    if (!precision || !scale || *precision < 1 || *precision > entry.most || *scale > *precision)
        return false;
    out.precision = static_cast<std::uint8_t>(*precision);
    out.scale = static_cast<std::uint8_t>(*scale);
    return true;
}

} // namespace

const type_entry& entry_of(type_id id) noexcept { return entries[static_cast<std::size_t>(id)]; }

std::span<const type_entry> all_types() noexcept { return entries; }

std::optional<sql_type> parse_type(std::string_view text, std::string& problem) {
    auto written = core::normalised(text);
    const auto* const other = std::ranges::find(other_names, written, &other_name::written);
    if (other != other_names.end()) written = other->meant;

    const std::string_view view = written;
    auto word = view.substr(0, view.find('('));
    std::optional<std::string_view> inside;
    if (word.size() < view.size()) {
        inside = view.substr(word.size() + 1);
        if (!inside->ends_with(')')) {
            problem = "a parenthesis is not closed";
            return std::nullopt;
        }
        inside->remove_suffix(1);
    }
    while (word.ends_with(' '))
        word.remove_suffix(1);
    if (const auto* const better = std::ranges::find(other_names, word, &other_name::written);
        better != other_names.end() && find_name(better->meant) != nullptr) {
        word = better->meant;
    }
    const auto* const entry = find_name(word);
    if (entry == nullptr) {
        std::vector<std::string_view> names;
        for (const auto& known : entries)
            names.push_back(known.name);
        const auto near = core::nearest(word, names);
        problem = near.empty() ? "there is no such type" : "did you mean `" + std::string(near) + "`?";
        return std::nullopt;
    }
    sql_type out{.id = entry->id};
    if (!take_arguments(out, *entry, inside, problem)) return std::nullopt;
    problem.clear();
    return out;
}

std::string name(const sql_type& t) {
    const auto& entry = entry_of(t.id);
    const auto in_parentheses = [&](const std::string& what) {
        return std::string(entry.name) + "(" + what + ")";
    };
    switch (entry.arguments) {
    case arguments::none: break;
    case arguments::length:
    case arguments::length_or_max: return in_parentheses(t.is_max() ? "max" : std::to_string(t.length));
    case arguments::scale: return in_parentheses(std::to_string(t.scale));
    case arguments::precision_scale:
        return in_parentheses(std::to_string(t.precision) + "," + std::to_string(t.scale));
    }
    return std::string(entry.name);
}

std::uint8_t decimal_size(unsigned precision) noexcept {
    if (precision <= 9) return 5;
    if (precision <= 19) return 9;
    if (precision <= 28) return 13;
    return 17;
}

std::uint8_t time_size(unsigned scale) noexcept {
    if (scale <= 2) return 3;
    return scale <= 4 ? 4 : 5;
}

} // namespace tdsfake::tds
