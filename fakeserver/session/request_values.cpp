#include "session/request_values.hpp"

#include "core/text.hpp"
#include "scenario/request_values.hpp"

#include <algorithm>
#include <charconv>

namespace tdsfake::session {

request_values::request_values(
    const state& session, std::string_view sql, const tds::rpc_call* call, std::string_view declaration
)
    : session_(session),
      sql_(sql) {
    if (call != nullptr) parameters_ = user_parameters(*call, declaration);
}

const user_parameter* request_values::parameter(std::string_view name) const {
    std::size_t position = 0;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), position);
    if (failed == std::errc() && end == name.data() + name.size()) {
        return position >= 1 && position <= parameters_.size() ? &parameters_[position - 1] : nullptr;
    }
    const auto bare = [](std::string_view written) {
        return written.starts_with('@') ? written.substr(1) : written;
    };
    const auto found = std::ranges::find_if(parameters_, [&](const user_parameter& one) {
        return !one.name.empty() && core::equals_ignoring_case(bare(one.name), bare(name));
    });
    return found == parameters_.end() ? nullptr : &*found;
}

std::optional<std::string> request_values::find(std::string_view name) const {
    if (name == "user") return session_.login.user_name;
    if (name == "database") return session_.database;
    if (name == "app") return session_.login.app_name;
    if (name == "host") return session_.login.host_name;
    if (name == "connection") return std::to_string(session_.connection);
    if (name == "sql") return std::string(sql_);
    const auto* const one = parameter(name);
    if (one == nullptr || !one->given->value || !one->given->type.declared) return std::nullopt;
    return tds::value_text(*one->given->type.declared, *one->given->value);
}

std::optional<std::string> request_values::filled(std::string_view text) const {
    const bool alone = text.size() > 2 && text.front() == scenario::value_begins &&
                       text.find(scenario::value_ends) == text.size() - 1;
    if (alone) {
        const auto name = text.substr(1, text.size() - 2);
        return name == "row" ? std::string(text) : find(name);
    }
    return scenario::with_request_values(text, [&](std::string_view name) {
        if (name != "row") return find(name).value_or("");
        std::string row;
        scenario::append_request_value(row, name);
        return row;
    });
}

std::optional<tds::datum> cell_value(
    const tds::column& column, const scenario::cell& cell, const request_values& values, std::string& problem
) {
    if (cell.text.empty()) return cell.value;
    const auto text = values.filled(cell.text);
    if (!text) return tds::datum();
    auto data = tds::parse_value(column.type, *text);
    if (!data) data = tds::cut_value(column.type, *text);
    if (data) return tds::datum(std::move(data));
    problem = "Error converting data type nvarchar to " + tds::name(column.type) + ": the value '" +
              text->substr(0, 100) + "' for '" + column.name + "'.";
    return std::nullopt;
}

} // namespace tdsfake::session
