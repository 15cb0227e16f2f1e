#include "session/known_sql.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tdsfake::session {

namespace {

constexpr std::size_t longest_known = 4096; // a longer text is nobody's health check

// Without a leading comment, blanks and a closing semicolon.
std::string_view trimmed(std::string_view sql) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!sql.empty()) {
        if (blank(sql.front())) {
            sql.remove_prefix(1);
        } else if (sql.starts_with("/*") && sql.find("*/") != std::string_view::npos) {
            sql.remove_prefix(sql.find("*/") + 2);
        } else {
            break;
        }
    }
    while (!sql.empty() && (blank(sql.back()) || sql.back() == ';'))
        sql.remove_suffix(1);
    return sql;
}

std::string without_brackets(std::string_view name) {
    if (name.size() >= 2 &&
        ((name.front() == '[' && name.back() == ']') || (name.front() == '"' && name.back() == '"'))) {
        name = name.substr(1, name.size() - 2);
    }
    return std::string(name);
}

tds::column int_column(std::string name) {
    return {.name = std::move(name), .type = tds::column::kind::integer, .nullable = false};
}
tds::column text_column(std::string name) {
    return {.name = std::move(name), .type = tds::column::kind::nvarchar, .max_chars = 300};
}

scenario::result_set one(tds::column column, tds::cell value) {
    return {.columns = {std::move(column)}, .rows = {{std::move(value)}}};
}

std::string version_text(const scenario::server& server) {
    const auto& v = server.identity.version;
    const auto build = v[2] * 256 + v[3];
    const auto year = v[0] >= 17   ? "2025"
                      : v[0] == 16 ? "2022"
                      : v[0] == 15 ? "2019"
                      : v[0] == 14 ? "2017"
                                   : "2016";
    return std::string("Microsoft SQL Server ") + year + " (tdsfake) - " + std::to_string(v[0]) + "." +
           std::to_string(v[1]) + "." + std::to_string(build) + ".0";
}

} // namespace

bool is_set_up(std::string_view sql) {
    static constexpr std::array<std::string_view, 9> starts{
        "set ",
        "use ",
        "begin tran",
        "commit",
        "rollback",
        "if @@trancount",
        "exec sp_reset",
        "save tran",
        "declare ",
    };
    const auto text = core::normalised(trimmed(sql).substr(0, 64));
    return std::ranges::any_of(starts, [&](std::string_view start) {
        return text.starts_with(start) ||
               text == start.substr(0, start.size() - (start.back() == ' ' ? 1 : 0));
    });
}

std::string used_database(std::string_view sql) {
    const auto text = trimmed(sql);
    if (text.size() < 5 || !core::equals_ignoring_case(text.substr(0, 3), "use") || text[3] > ' ') return {};
    auto name = trimmed(text.substr(4));
    if (name.find_first_of(" ;\r\n\t") != std::string_view::npos && name.front() != '[') return {};
    if (name.front() == '[' && name.find(']') != name.size() - 1) return {};
    return without_brackets(name);
}

std::optional<scenario::result_set>
built_in_result(std::string_view sql, const scenario::server& server, const state& session) {
    if (sql.size() > longest_known) return std::nullopt;
    const auto original = trimmed(sql);
    auto text = core::normalised(original);

    // jTDS and others put set-up statements behind the SELECT: only the first statement has a result.
    if (!text.starts_with("select ")) return std::nullopt;
    for (const std::string_view next : {" set ", "; set "}) {
        if (const auto at = text.find(next); at != std::string::npos) text.resize(at);
    }

    // SELECT expression [[AS] name]
    auto expression = std::string_view(text).substr(7);
    std::string column;
    if (const auto as = expression.find(" as ");
        as != std::string_view::npos && !expression.starts_with("cast(")) {
        column = without_brackets(expression.substr(as + 4));
        expression = expression.substr(0, as);
    } else if (const auto blank = expression.find(' '); blank != std::string_view::npos) {
        const bool digits =
            std::ranges::all_of(expression.substr(0, blank), [](char c) { return c >= '0' && c <= '9'; });
        if (!digits) return std::nullopt;
        column = without_brackets(expression.substr(blank + 1));
        expression = expression.substr(0, blank);
    }

    // The name as the client wrote it.
    if (const auto end = original.size(); column.size() <= end && text.size() == original.size()) {
        const auto written = original.substr(end - column.size());
        if (core::equals_ignoring_case(written, column)) column = std::string(written);
    }

    if (expression == "@@version") return one(text_column(column), version_text(server));
    if (expression == "@@spid") return one(int_column(column), std::int64_t{session.spid});
    if (expression == "@@trancount") return one(int_column(column), std::int64_t{session.transaction != 0});
    if (expression == "@@max_precision") return one(int_column(column), std::int64_t{38});
    if (expression == "@@servername") return one(text_column(column), server.identity.name);
    if (expression == "db_name()") return one(text_column(column), session.database);
    if (expression == "user_name()") return one(text_column(column), std::string("dbo"));
    if (expression == "suser_sname()" || expression == "system_user") {
        return one(text_column(column), session.login.user_name);
    }
    std::int64_t number = 0;
    const auto [end, failure] =
        std::from_chars(expression.data(), expression.data() + expression.size(), number);
    if (failure == std::errc{} && end == expression.data() + expression.size() && number >= -2147483648 &&
        number <= 2147483647) {
        return one(int_column(column), number);
    }
    return std::nullopt;
}

} // namespace tdsfake::session
