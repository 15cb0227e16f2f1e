#include "session/known_sql.hpp"

#include "core/text.hpp"

namespace tdsfake::session {

namespace {

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

} // namespace

std::string used_database(std::string_view sql) {
    const auto text = trimmed(sql);
    if (text.size() < 5 || !core::equals_ignoring_case(text.substr(0, 3), "use") || text[3] > ' ') return {};
    auto name = trimmed(text.substr(4));
    if (name.find_first_of(" ;\r\n\t") != std::string_view::npos && name.front() != '[') return {};
    if (name.front() == '[' && name.find(']') != name.size() - 1) return {};
    return without_brackets(name);
}

} // namespace tdsfake::session
