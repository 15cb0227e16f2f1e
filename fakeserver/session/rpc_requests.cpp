#include "session/rpc_requests.hpp"

#include <charconv>
#include <utility>

namespace tdsfake::session {

namespace {

constexpr std::size_t longest_description = 16'384; // of all parameters together

// How many parameters of a well-known procedure stand before those of the statement.
std::size_t own_parameters(std::string_view well_known) noexcept {
    if (well_known == "sp_executesql" || well_known == "sp_prepexecrpc") return 2;
    if (well_known == "sp_execute") return 1;
    if (well_known == "sp_prepexec" || well_known == "sp_prepare") return 3;
    if (well_known == "sp_cursoropen") return 6;
    if (well_known == "sp_cursorexecute") return 5;
    if (well_known == "sp_cursorprepexec") return 7;
    return well_known.empty() ? 0 : static_cast<std::size_t>(-1);
}

std::string described(std::span<const user_parameter> parameters) {
    std::string out;
    for (const auto& one : parameters) {
        if (out.size() > longest_description) {
            out += ", … (" + std::to_string(parameters.size()) + " parameters)";
            break;
        }
        auto named = tds::describe(*one.given);
        if (one.given->name.empty() && !one.name.empty()) named.insert(0, one.name + ' ');
        out += (out.empty() ? "" : ", ") + named;
    }
    return out;
}

} // namespace

void take_rpc(
    request& asked, const state& session, tds::rpc_request&& message, std::vector<journal::field>& what
) {
    asked.calls.push_back(std::move(static_cast<tds::rpc_call&>(message)));
    for (auto& call : message.more)
        asked.calls.push_back(std::move(call));

    const auto& first = asked.calls.front();
    const auto statement = statement_of(first, session);
    asked.procedure = first.procedure;
    asked.sql = statement ? std::string(statement->sql) : first.sql;
    what.emplace_back("procedure", first.procedure);
    if (!asked.sql.empty()) what.emplace_back("sql", asked.sql);
    const auto declaration = statement ? statement->declaration : std::string_view(first.declaration);
    if (!declaration.empty()) what.emplace_back("declaration", std::string(declaration));
    if (tds::well_known_procedure(first.procedure) == "sp_execute" && whole_number(first, 0)) {
        what.emplace_back("handle", *whole_number(first, 0));
    }
    if (const auto given = user_parameters(first, declaration); !given.empty()) {
        what.emplace_back("parameters", described(given));
    } else if (own_parameters(tds::well_known_procedure(first.procedure)) == static_cast<std::size_t>(-1)) {
        std::vector<user_parameter> all;
        for (const auto& parameter : first.parameters)
            all.push_back({.given = &parameter});
        if (!all.empty()) what.emplace_back("parameters", described(all));
    }
    if (first.unreadable) {
        what.emplace_back("unreadable-parameter", first.unreadable->position);
        what.emplace_back("unknown-type", std::int64_t{first.unreadable->type_number});
    }
    if (asked.calls.size() > 1) {
        what.emplace_back("calls", asked.calls.size());
        std::string others;
        for (std::size_t i = 1; i < asked.calls.size() && others.size() < longest_description; ++i) {
            const auto& call = asked.calls[i];
            others += (others.empty() ? "" : "; ") + call.procedure;
            if (!call.sql.empty()) others += " " + call.sql.substr(0, 200);
        }
        what.emplace_back("further-calls", std::move(others));
    }
}

void take_bulk(request& asked, tds::bulk_load&& message, std::vector<journal::field>& what) {
    std::string columns;
    for (const auto& column : message.columns) {
        columns += (columns.empty() ? "" : ", ") + column.name + ' ' + tds::name(column.type);
        if (columns.size() > longest_description) break;
    }
    what.emplace_back("columns", std::move(columns));
    what.emplace_back("rows", message.rows);
    asked.bulk = std::move(message);
}

std::vector<std::string> declared_names(std::string_view declaration) {
    std::vector<std::string> out;
    int depth = 0;
    bool expects = true; // at the front, and behind a comma
    for (std::size_t i = 0; i < declaration.size(); ++i) {
        const char c = declaration[i];
        if (c == '(') ++depth;
        if (c == ')') --depth;
        if (c == ',' && depth == 0) expects = true;
        if (!expects || c != '@') continue;
        const auto end = declaration.find_first_of(" \t\r\n,=", i);
        out.emplace_back(declaration.substr(i, end == std::string_view::npos ? end : end - i));
        expects = false;
    }
    return out;
}

std::vector<user_parameter> user_parameters(const tds::rpc_call& call, std::string_view declaration) {
    std::vector<user_parameter> out;
    const auto first = own_parameters(tds::well_known_procedure(call.procedure));
    if (first >= call.parameters.size()) return out;
    const auto names = declared_names(declaration);
    for (std::size_t i = first; i < call.parameters.size(); ++i) {
        const auto& given = call.parameters[i];
        out.push_back({given.name, &given, static_cast<std::uint16_t>(i)});
        if (given.name.empty() && i - first < names.size()) out.back().name = names[i - first];
    }
    return out;
}

std::optional<std::int64_t> whole_number(const tds::rpc_call& call, std::size_t position) {
    if (position >= call.parameters.size()) return std::nullopt;
    const auto& parameter = call.parameters[position];
    if (!parameter.value || !parameter.type.declared) return std::nullopt;
    const auto text = tds::value_text(*parameter.type.declared, *parameter.value);
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<statement_text> statement_of(const tds::rpc_call& call, const state& session) {
    if (tds::well_known_procedure(call.procedure) == "sp_execute") {
        const auto handle = whole_number(call, 0);
        if (!handle) return std::nullopt;
        const auto found = session.prepared.find(static_cast<std::int32_t>(*handle));
        if (found == session.prepared.end()) return std::nullopt;
        return statement_text{found->second.sql, found->second.declaration};
    }
    if (call.sql.empty()) return std::nullopt;
    return statement_text{call.sql, call.declaration};
}

} // namespace tdsfake::session
