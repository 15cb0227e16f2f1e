#include "session/prepared.hpp"

#include <utility>

namespace tdsfake::session {

namespace {

constexpr std::size_t most_statements = 10'000;
constexpr std::size_t most_bytes = std::size_t{64} << 20;

constexpr tds::sql_type handle_type{.id = tds::type_id::int_};

} // namespace

std::optional<std::int32_t> prepare(state& session, std::string sql, std::string declaration) {
    const auto bytes = sql.size() + declaration.size();
    if (session.prepared.size() >= most_statements || session.prepared_bytes + bytes > most_bytes)
        return std::nullopt;
    session.prepared_bytes += bytes;
    const auto handle = ++session.last_handle;
    session.prepared.insert_or_assign(handle, prepared_statement{std::move(sql), std::move(declaration)});
    return handle;
}

bool unprepare(state& session, std::int64_t handle) {
    const auto found = session.prepared.find(static_cast<std::int32_t>(handle));
    if (found == session.prepared.end()) return false;
    session.prepared_bytes -= found->second.sql.size() + found->second.declaration.size();
    session.prepared.erase(found);
    return true;
}

void forget_prepared(state& session) {
    session.prepared.clear();
    session.prepared_bytes = 0;
}

tds::return_value handle_output(const tds::rpc_call& call, std::int32_t handle) {
    tds::return_value out;
    out.column.type = handle_type;
    if (!call.parameters.empty()) out.column.name = call.parameters.front().name;
    out.value = tds::parse_value(handle_type, std::to_string(handle));
    return out;
}

bool add_outputs(
    const scenario::query* query,
    const request_values& values,
    std::vector<tds::return_value>& outputs,
    std::string& problem
) {
    for (const auto& parameter : values.parameters()) {
        const auto& given = *parameter.given;
        if (!given.output || !given.type.declared) continue;
        tds::return_value out{.ordinal = parameter.ordinal};
        out.column.name = given.name;
        out.column.type = *given.type.declared;
        out.value = given.value;
        if (query != nullptr) {
            for (const auto& said : query->outputs) {
                if (values.parameter(said.name) != &parameter) continue;
                const auto text = said.text ? values.filled(*said.text) : std::nullopt;
                out.value.reset();
                if (!text) break;
                out.value = tds::parse_value(out.column.type, *text);
                if (!out.value) out.value = tds::cut_value(out.column.type, *text);
                if (out.value) break;
                problem = "Error converting data type nvarchar to " + tds::name(out.column.type) +
                          ": the value '" + text->substr(0, 100) + "' for the output parameter " + said.name +
                          ".";
                return false;
            }
        }
        outputs.push_back(std::move(out));
    }
    return true;
}

} // namespace tdsfake::session
