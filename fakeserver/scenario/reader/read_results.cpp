#include "scenario/reader/read_results.hpp"

#include "core/text.hpp"
#include "core/utf16.hpp"
#include "scenario/reader/values.hpp"
#include "scenario/request_values.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::size_t most_columns = 4096; // as SQL Server has it in a SELECT
constexpr std::size_t longest_column_name = 128;
constexpr std::uint64_t most_generated = 1'000'000'000'000;

// `int`, `nvarchar(30) not null`.
bool read_type(context& ctx, const node& n, tds::column& out) {
    const auto text = read_text(ctx, n, "the type of column " + ticked(out.name), false);
    if (!text) return false;
    auto written = core::normalised(*text);
    for (const std::string_view suffix : {" not null", " null"}) {
        if (!written.ends_with(suffix)) continue;
        out.nullable = suffix == " null";
        written.resize(written.size() - suffix.size());
        break;
    }
    std::string problem;
    if (const auto type = tds::parse_type(written, problem)) {
        out.type = *type;
        if (written == "rowversion" || written == "timestamp") out.user_type = 0x50;
        return true;
    }
    ctx.out.error(
        n.where,
        "the type " + ticked(*text) + " cannot be: " + problem,
        "for example int, nvarchar(30), decimal(18,4) or datetime2(3)"
    );
    return false;
}

// `int`, or `{type: int, flags: 0x10, user-type: 80}`.
tds::column read_column(context& ctx, const node& name, const node& n) {
    tds::column out;
    out.name = name.text;
    if (core::utf8_to_utf16le(out.name).size() > 2 * longest_column_name) {
        ctx.out.error(name.where, "a column name has at most 128 characters", "shorten it");
    }
    if (!n.is_map()) {
        read_type(ctx, n, out);
        return out;
    }
    map_reader map(ctx, n, "a column", {"type", "flags", "user-type"});
    if (const auto* v = map.need("type", "columns: {id: {type: int, flags: 0x10}}")) read_type(ctx, *v, out);
    if (const auto* v = map.get("flags")) {
        if (const auto flags = read_code(ctx, *v, "`flags`", 0, 0xffff))
            out.flags = static_cast<std::uint16_t>(*flags);
    }
    if (const auto* v = map.get("user-type")) {
        if (const auto user_type = read_code(ctx, *v, "`user-type`", 0, 0xffffffff))
            out.user_type = static_cast<std::uint32_t>(*user_type);
    }
    return out;
}

cell read_cell(context& ctx, const node& n, const tds::column& column) {
    cell out;
    if (n.is_null()) {
        if (!column.nullable) {
            ctx.out.error(
                n.where,
                "the column " + ticked(column.name) + " is not null",
                "give it a value, or drop `not null`"
            );
        }
        return out;
    }
    const auto text = read_text(ctx, n, "a value of column " + ticked(column.name));
    if (!text) return out;
    if (has_request_values(*text)) {
        out.text = *text;
        return out;
    }
    out.value = tds::parse_value(column.type, *text);
    if (out.value) return out;
    ctx.out.error(
        n.where,
        "the column " + ticked(column.name) + " is " + tds::name(column.type) + ", and " + ticked(*text) +
            " is none",
        "it is " + tds::value_form(column.type) + (column.nullable ? ", or null" : "")
    );
    return out;
}

// What a generated row holds where no values are given: its number, or a text with it.
cell usual_value(const tds::column& column) {
    cell out;
    const auto is = [&](tds::value_class values) { return tds::entry_of(column.type.id).values == values; };
    std::string row;
    append_request_value(row, "row");
    if (is(tds::value_class::ansi) || is(tds::value_class::unicode)) {
        const bool roomy = column.type.length == 0 || column.type.length >= 16;
        out.text = column.type.id == tds::type_id::xml    ? "<row>" + row + "</row>"
                   : column.type.id == tds::type_id::json ? "{\"row\":" + row + "}"
                   : roomy                                ? "row " + row
                                                          : row;
    } else if (is(tds::value_class::temporal)) {
        const auto* const text = column.type.id == tds::type_id::date   ? "2024-01-02"
                                 : column.type.id == tds::type_id::time ? "03:04:05"
                                                                        : "2024-01-02 03:04:05";
        out.value = tds::parse_value(column.type, text);
    } else if (is(tds::value_class::guid)) {
        out.value = tds::parse_value(column.type, "6F9619FF-8B86-D011-B42D-00C04FC964FF");
    } else if (is(tds::value_class::binary)) {
        out.value = tds::parse_value(column.type, "0x2a");
    } else {
        out.text = row;
    }
    return out;
}

// `endless`, `{count: 1000, values: [$row, item $row]}`.
std::optional<generated_rows>
read_generated(context& ctx, const node& n, const std::vector<tds::column>& columns) {
    generated_rows out;
    const node* values = nullptr;
    const node* count = &n;
    if (n.is_map()) {
        map_reader map(ctx, n, "`rows`", {"count", "values"});
        count = map.need("count", "rows: {count: 1000}");
        values = map.get("values");
    }
    if (count == nullptr) return std::nullopt;
    if (!count->is_scalar() || count->text != "endless") {
        out.count = read_number(ctx, *count, "`count`", 0, most_generated);
        if (!out.count) return std::nullopt;
    }
    if (values != nullptr) {
        auto row = read_row(ctx, *values, columns);
        if (!row) return std::nullopt;
        out.values = std::move(*row);
    } else {
        for (const auto& column : columns)
            out.values.push_back(usual_value(column));
    }
    return out;
}

void read_rows(context& ctx, const node& n, result_set& out) {
    if (n.is_map() || (n.is_scalar() && n.text == "endless")) {
        out.generated = read_generated(ctx, n, out.columns);
        return;
    }
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "`rows` must be a list of rows, not " + std::string(kind_name(n)),
            "for example `rows: [[1, a], [2, null]]`, `rows: {count: 1000}` or `rows: endless`"
        );
        return;
    }
    for (const auto& item : n.items) {
        if (auto row = read_row(ctx, item, out.columns)) out.rows.push_back(std::move(*row));
    }
}

// `unknown`, or `{length: unknown, chunk: 100}`.
tds::plp_form read_plp(context& ctx, const node& n) {
    constexpr std::array<std::string_view, 2> words{"known", "unknown"};
    tds::plp_form out;
    if (!n.is_map()) {
        out.length_known = read_word(ctx, n, "`plp`", words) != 1U;
        return out;
    }
    map_reader map(ctx, n, "`plp`", {"length", "chunk"});
    if (const auto* v = map.get("length")) out.length_known = read_word(ctx, *v, "`length`", words) != 1U;
    if (const auto* v = map.get("chunk")) {
        if (const auto size = read_size(ctx, *v, "`chunk`")) {
            out.chunk = static_cast<std::uint32_t>(std::min<std::uint64_t>(*size, 0x7fffffff));
        }
    }
    return out;
}

} // namespace

std::vector<tds::column> read_columns(context& ctx, const node& n) {
    std::vector<tds::column> out;
    const auto add = [&](const node& map) {
        if (!map.is_map() || map.keys.empty()) {
            ctx.out.error(
                map.where,
                "`columns` must be a map of names to types",
                "for example `columns: {id: int, name: nvarchar(30)}`"
            );
            return;
        }
        for (std::size_t i = 0; i < map.keys.size() && out.size() <= most_columns; ++i)
            out.push_back(read_column(ctx, map.keys[i], map.items[i]));
    };
    if (n.is_sequence() && !n.items.empty()) {
        for (const auto& item : n.items)
            add(item);
    } else {
        add(n);
    }
    if (out.size() > most_columns) {
        ctx.out.error(
            n.where, "more than " + std::to_string(most_columns) + " columns", "SQL Server has no more either"
        );
    }
    return out;
}

std::optional<std::vector<cell>>
read_row(context& ctx, const node& n, const std::vector<tds::column>& columns) {
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "a row must be a list of values, not " + std::string(kind_name(n)),
            "for example `rows: [[1], [2]]`"
        );
        return std::nullopt;
    }
    if (n.items.size() != columns.size()) {
        ctx.out.error(
            n.where,
            "this row has " + std::to_string(n.items.size()) + " values for " +
                std::to_string(columns.size()) + " columns",
            "one value for each column; null is NULL"
        );
        return std::nullopt;
    }
    std::vector<cell> out;
    out.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i)
        out.push_back(read_cell(ctx, n.items[i], columns[i]));
    return out;
}

std::optional<result_set> read_result(context& ctx, map_reader& map) {
    const auto* columns = map.get("columns");
    const auto* rows = map.get("rows");
    const auto* plp = map.get("plp");
    if (columns == nullptr) {
        if (rows != nullptr) {
            ctx.out.error(rows->where, "`rows` without `columns`", "name them: `columns: {id: int}`");
        }
        if (plp != nullptr) {
            ctx.out.error(plp->where, "`plp` without `columns`", "it says how long values of them travel");
        }
        return std::nullopt;
    }
    result_set out;
    out.columns = read_columns(ctx, *columns);
    if (rows != nullptr && !out.columns.empty()) read_rows(ctx, *rows, out);
    if (plp != nullptr) out.plp = read_plp(ctx, *plp);
    return out;
}

} // namespace tdsfake::scenario::reader
