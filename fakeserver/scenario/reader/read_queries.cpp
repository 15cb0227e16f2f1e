#include "scenario/reader/read_queries.hpp"

#include "core/text.hpp"
#include "core/utf16.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_messages.hpp"
#include "scenario/reader/values.hpp"

#include <array>
#include <charconv>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::array<later_word, 3> later_keys{{
    {"do", "use a fault: `{at: query, when: {sql: …}, do: …}`"},
    {"outputs", "leave it out"},
    {"return", "leave it out"},
}};

constexpr std::uint16_t most_chars = 4000;
constexpr std::size_t most_columns = 1024; // as SQL Server has it
constexpr std::size_t longest_column_name = 128;

// `int` or `nvarchar(30)`.
bool read_type(context& ctx, const node& n, tds::column& out) {
    const auto text = read_text(ctx, n, "the type of column " + ticked(out.name), false);
    if (!text) return false;
    const auto type = core::normalised(*text);
    if (type == "int") {
        out.type = tds::column::kind::integer;
        return true;
    }
    if (type.starts_with("nvarchar(") && type.ends_with(')')) {
        const auto* begin = type.data() + std::string_view("nvarchar(").size();
        const auto* end = type.data() + type.size() - 1;
        std::uint16_t chars = 0;
        const auto [rest, error] = std::from_chars(begin, end, chars);
        if (error == std::errc{} && rest == end && chars >= 1 && chars <= most_chars) {
            out.max_chars = chars;
            return true;
        }
    }
    ctx.out.error(
        n.where,
        "the type " + ticked(*text) + " is not served",
        "the types are int and nvarchar(1) to nvarchar(4000)"
    );
    return false;
}

std::vector<tds::column> read_columns(context& ctx, const node& n) {
    std::vector<tds::column> out;
    if (!n.is_map() || n.keys.empty()) {
        ctx.out.error(
            n.where,
            "`columns` must be a map of names to types",
            "for example `columns: {id: int, name: nvarchar(30)}`"
        );
        return out;
    }
    if (n.keys.size() > most_columns) {
        ctx.out.error(
            n.where, "more than " + std::to_string(most_columns) + " columns", "SQL Server has none either"
        );
        return out;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        tds::column column;
        column.name = n.keys[i].text;
        if (core::utf8_to_utf16le(column.name).size() > 2 * longest_column_name) {
            ctx.out.error(n.keys[i].where, "a column name has at most 128 characters", "shorten it");
        }
        read_type(ctx, n.items[i], column);
        out.push_back(std::move(column));
    }
    return out;
}

tds::cell read_cell(context& ctx, const node& n, const tds::column& column) {
    if (n.is_null()) return std::monostate{};
    const auto text = read_text(ctx, n, "a value of column " + ticked(column.name));
    if (!text) return std::monostate{};
    if (column.type == tds::column::kind::integer) {
        std::int32_t value = 0;
        const auto* end = text->data() + text->size();
        const auto [rest, error] = std::from_chars(text->data(), end, value);
        if (error == std::errc{} && rest == end) return std::int64_t{value};
        ctx.out.error(
            n.where,
            "the column " + ticked(column.name) + " is int, and " + ticked(*text) + " is none",
            "from -2147483648 to 2147483647, or null"
        );
        return std::monostate{};
    }
    if (core::utf8_to_utf16le(*text).size() > std::size_t{2} * column.max_chars) {
        ctx.out.error(
            n.where,
            "the column " + ticked(column.name) + " holds " + std::to_string(column.max_chars) +
                " characters, and " + ticked(*text) + " is longer",
            "declare it wider: nvarchar(4000)"
        );
    }
    return *text;
}

std::vector<std::vector<tds::cell>>
read_rows(context& ctx, const node& n, const std::vector<tds::column>& columns) {
    std::vector<std::vector<tds::cell>> out;
    if (n.is_map() || (n.is_scalar() && n.text == "endless")) {
        ctx.out.error(
            n.where,
            "generated rows are not served by this version yet",
            "write them as a list: `rows: [[1, a], [2, b]]`"
        );
        return out;
    }
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "`rows` must be a list of rows, not " + std::string(kind_name(n)),
            "for example `rows: [[1, a], [2, null]]`"
        );
        return out;
    }
    for (const auto& row : n.items) {
        if (!row.is_sequence()) {
            ctx.out.error(
                row.where,
                "a row must be a list of values, not " + std::string(kind_name(row)),
                "for example `rows: [[1], [2]]`"
            );
            continue;
        }
        if (row.items.size() != columns.size()) {
            ctx.out.error(
                row.where,
                "this row has " + std::to_string(row.items.size()) + " values for " +
                    std::to_string(columns.size()) + " columns",
                "one value for each column; null is NULL"
            );
            continue;
        }
        std::vector<tds::cell> cells;
        cells.reserve(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i)
            cells.push_back(read_cell(ctx, row.items[i], columns[i]));
        out.push_back(std::move(cells));
    }
    return out;
}

// `map` has columns and rows, being a query or an item of `results`.
std::optional<result_set> read_result(context& ctx, map_reader& map, bool required) {
    const auto* columns = required ? map.need("columns", "columns: {id: int}") : map.get("columns");
    const auto* rows = map.get("rows");
    if (columns == nullptr) {
        if (rows != nullptr && !required) {
            ctx.out.error(rows->where, "`rows` without `columns`", "name them: `columns: {id: int}`");
        }
        return std::nullopt;
    }
    result_set out;
    out.columns = read_columns(ctx, *columns);
    if (rows != nullptr && !out.columns.empty()) out.rows = read_rows(ctx, *rows, out.columns);
    return out;
}

query read_query(context& ctx, const node& n) {
    query out;
    out.where = n.where;
    map_reader map(
        ctx, n, "a query", {"match", "columns", "rows", "results", "affected", "error"}, later_keys
    );
    if (const auto* v = map.need("match", "match: SELECT 1")) out.match = read_patterns(ctx, *v, "`match`");
    if (auto result = read_result(ctx, map, false)) out.results.push_back(std::move(*result));
    if (const auto* v = map.get("results")) {
        if (!v->is_sequence() || v->items.empty()) {
            ctx.out.error(
                v->where,
                "`results` must be a list of results",
                "for example `results: [{columns: {id: int}, rows: [[1]]}]`"
            );
        } else {
            for (const auto& item : v->items) {
                map_reader one(ctx, item, "a result", {"columns", "rows"});
                if (auto result = read_result(ctx, one, true)) out.results.push_back(std::move(*result));
            }
        }
        if (const auto* columns = map.get("columns")) {
            ctx.out.error(columns->where, "`columns` beside `results`", "write all results in the list");
        }
    }
    if (const auto* v = map.get("affected")) {
        out.affected = read_number(ctx, *v, "`affected`", 0, ~std::uint64_t{0} >> 1);
        if (map.get("columns") != nullptr || map.get("results") != nullptr) {
            ctx.out.error(v->where, "`affected` beside rows: their number is counted", "leave it out");
        }
    }
    if (const auto* v = map.get("error")) {
        out.error = read_error(ctx, *v);
        if (map.get("affected") != nullptr) {
            ctx.out.error(
                v->where,
                "`error` beside `affected`: a statement that fails counts no rows",
                "keep one of them"
            );
        }
    }
    return out;
}

} // namespace

std::vector<query> read_queries(context& ctx, const node& n) {
    std::vector<query> out;
    if (n.is_null()) return out;
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "`queries` must be a list, not " + std::string(kind_name(n)),
            "for example `queries: [{match: SELECT 1, columns: {x: int}, rows: [[1]]}]`"
        );
        return out;
    }
    for (const auto& item : n.items)
        out.push_back(read_query(ctx, item));
    return out;
}

} // namespace tdsfake::scenario::reader
