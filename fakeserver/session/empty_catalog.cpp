#include "session/empty_catalog.hpp"

#include "core/text.hpp"
#include "session/sql_scanner.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>
#include <vector>

namespace tdsfake::session {

namespace {

constexpr auto information_schema = std::to_array<std::string_view>({
    "tables",
    "columns",
    "views",
    "routines",
    "parameters",
    "key_column_usage",
    "table_constraints",
    "referential_constraints",
    "constraint_column_usage",
    "schemata",
});
constexpr auto system_views = std::to_array<std::string_view>({
    "tables",
    "columns",
    "objects",
    "all_columns",
    "all_objects",
    "indexes",
    "index_columns",
    "views",
    "schemas",
    "foreign_keys",
    "foreign_key_columns",
    "key_constraints",
    "check_constraints",
    "default_constraints",
    "extended_properties",
    "types",
    "procedures",
    "sequences",
    "triggers",
});

// The parts of a name, without brackets and quotes: [a].[b] is a, b.
std::vector<std::string_view> parts_of(std::string_view name) {
    std::vector<std::string_view> out;
    while (!name.empty()) {
        const char first = name.front();
        const char closing = first == '[' ? ']' : first == '"' ? '"' : '\0';
        if (const auto end = closing == '\0' ? name.npos : name.find(closing, 1); end != name.npos) {
            out.push_back(name.substr(1, end - 1));
            name.remove_prefix(end + 1);
        } else {
            out.push_back(name.substr(0, name.find('.')));
            name.remove_prefix(out.back().size());
        }
        if (!name.starts_with('.')) break;
        name.remove_prefix(1);
    }
    return out;
}

bool is_catalog_view(std::string_view name) {
    const auto parts = parts_of(name);
    if (parts.size() < 2) return false;
    const auto is_one_of = [&](std::span<const std::string_view> views) {
        return std::ranges::any_of(views, [&](auto view) {
            return core::equals_ignoring_case(view, parts.back());
        });
    };
    const auto schema = parts[parts.size() - 2];
    if (core::equals_ignoring_case(schema, "information_schema")) return is_one_of(information_schema);
    return core::equals_ignoring_case(schema, "sys") && is_one_of(system_views);
}

struct selected {
    std::string name;
    bool counts = false;
};

// One expression of a select list: up to a comma or FROM outside of parentheses.
selected next_selected(sql_scanner& in) {
    selected out;
    int depth = 0;
    std::string_view last;
    for (bool first = true; !in.at_end(); first = false) {
        const auto token = in.peek();
        const bool outside = depth == 0;
        if (outside && (token == "," || token == ";" || core::equals_ignoring_case(token, "from"))) break;
        in.next();
        if (first) {
            out.counts =
                core::equals_ignoring_case(token, "count") || core::equals_ignoring_case(token, "count_big");
        }
        if (token == "(") ++depth;
        if (token == ")") --depth;
        last = outside ? token : std::string_view(")");
    }
    const auto parts = parts_of(last);
    const bool names =
        !parts.empty() && !parts.back().empty() && !std::isdigit(static_cast<unsigned char>(last.front()));
    if (names && last != ")") out.name = std::string(parts.back());
    return out;
}

} // namespace

std::optional<scenario::result_set> from_empty_catalog(std::string_view sql) {
    sql_scanner in(sql);
    if (!in.next_is("select")) return std::nullopt;
    if (!in.next_is("distinct")) in.next_is("all");
    if (in.next_is("top")) {
        const bool bracket = in.next_is("(");
        in.next();
        if (bracket) in.next_is(")");
    }
    std::vector<selected> list;
    do
        list.push_back(next_selected(in));
    while (in.next_is(","));
    if (!in.next_is("from") || !is_catalog_view(in.next())) return std::nullopt;
    while (!in.at_end()) {
        if (in.next() == ";" && !in.at_end()) return std::nullopt; // another statement
    }

    scenario::result_set out;
    std::string problem;
    const auto type_of = [&](const char* text) { return tds::parse_type(text, problem).value(); };
    const bool counts = std::ranges::all_of(list, &selected::counts);
    for (auto& one : list) {
        auto& column = out.columns.emplace_back();
        column.name = std::move(one.name);
        column.type = type_of(one.counts ? "int" : "nvarchar(128)");
        if (counts) {
            auto& row = out.rows.empty() ? out.rows.emplace_back() : out.rows.front();
            row.push_back({.value = tds::parse_value(column.type, "0")});
        }
    }
    return out;
}

} // namespace tdsfake::session
