// Batches and remote procedure calls: the scenario's queries, then the built-in ones, else an ERROR that
// names the statement.
#include "core/hex.hpp"
#include "core/text.hpp"
#include "session/answer_builder.hpp"
#include "session/known_sql.hpp"
#include "session/prepared.hpp"
#include "session/set_up.hpp"
#include "tds/packet.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

// curcmd of DONE.
constexpr std::uint16_t command_set = 0xbe;
constexpr std::size_t longest_quoted = 400; // characters of the statement that an error message repeats
constexpr std::int32_t unknown_type = 8009;
constexpr std::int32_t no_such_handle = 8179;
constexpr std::int32_t too_many_prepared = 8180;
constexpr std::int32_t no_cursor = 16937;

std::string quoted(std::string_view what) {
    auto out = std::string(what.substr(0, longest_quoted));
    if (out.size() == what.size()) return out;
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80)
        out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0x80) out.pop_back();
    return out + "…";
}

tds::server_message no_answer(const std::string& what, const request& asked) {
    auto text = "tdsfake has no answer for: " + quoted(what) + ". Add it to `queries` of the scenario";
    if (asked.journal_line > 0) text += " (journal line " + std::to_string(asked.journal_line) + ")";
    return {.number = 50000, .state = 1, .severity = 16, .message = text + "."};
}

// The statement between SET FMTONLY ON and SET FMTONLY OFF, which asks for columns and not for rows: so bulk
// copies learn what a table looks like. Empty if the text is none.
std::string_view only_described(std::string_view sql) {
    constexpr std::string_view on = "set fmtonly on";
    constexpr std::string_view off = "set fmtonly off";
    const auto blank = [](char c) { return c == ' ' || c == ';' || c == '\r' || c == '\n' || c == '\t'; };
    const auto trim = [&] {
        while (!sql.empty() && blank(sql.front()))
            sql.remove_prefix(1);
        while (!sql.empty() && blank(sql.back()))
            sql.remove_suffix(1);
    };
    trim();
    if (sql.size() < on.size() || !core::equals_ignoring_case(sql.substr(0, on.size()), on)) return {};
    sql.remove_prefix(on.size());
    trim();
    if (sql.size() >= off.size() && core::equals_ignoring_case(sql.substr(sql.size() - off.size()), off))
        sql.remove_suffix(off.size());
    trim();
    return sql;
}

class answering {
public:
    answering(const scenario::server& server, state& session, const request& asked, overrides changes)
        : server_(server),
          session_(session),
          asked_(asked),
          out_(server, session, asked, changes) {}

    reply batch() {
        const request_values values(session_, asked_.sql, nullptr, {});
        if (!out_.statement(find(asked_.sql), values, false)) out_.end_failed_batch();
        return out_.take();
    }

    reply rpc() {
        for (std::size_t i = 0; i < asked_.calls.size(); ++i) {
            call(asked_.calls[i], i + 1 < asked_.calls.size());
            if (out_.fatal()) break;
        }
        return out_.take();
    }

private:
    [[nodiscard]] found_answer find(std::string_view sql) const {
        if (const auto described = only_described(sql); !described.empty()) {
            auto whole = find(described);
            if (whole.error) return whole;
            found_answer out;
            out.own = std::move(whole.own);
            if (whole.query != nullptr) out.own = whole.query->results;
            for (auto& result : out.own) {
                result.rows.clear();
                result.generated.reset();
            }
            std::erase_if(out.own, [](const scenario::result_set& result) { return result.columns.empty(); });
            return out;
        }
        for (const auto& query : server_.queries) {
            if (!query.match.empty() && !sql.empty() && scenario::matches_any(query.match, sql))
                return {.query = &query};
        }
        if (auto results = built_in_results(sql, server_, session_)) return {.own = std::move(*results)};
        const auto parts = split_set_up(sql);
        found_answer out;
        if (!parts.rest.empty()) {
            if (!parts.statements.empty()) out = find(parts.rest);
            if (parts.statements.empty() || out.error) return {.error = no_answer(std::string(sql), asked_)};
        }
        for (const auto statement : parts.statements) {
            if (auto name = used_database(statement); !name.empty()) out.database = std::move(name);
            if (const auto step = transaction_in(statement)) out.transaction.push_back(*step);
            if (const auto implicit = implicit_transactions(statement)) out.implicit = implicit;
        }
        if (!out.transaction.empty()) out.command = done_command(out.transaction.back().what);
        if (out.command == 0) out.command = command_set;
        return out;
    }

    [[nodiscard]] const scenario::query* find_procedure(std::string_view name) const {
        const auto found = std::ranges::find_if(server_.queries, [&](const scenario::query& q) {
            return !q.procedure.empty() && scenario::matches_any_part(q.procedure, name);
        });
        return found == server_.queries.end() ? nullptr : &*found;
    }

    void call(const tds::rpc_call& call, bool more) {
        if (call.unreadable) {
            const auto& bad = *call.unreadable;
            out_.error(
                {.number = unknown_type,
                 .state = 4,
                 .severity = 16,
                 .message =
                     "The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream "
                     "is incorrect. Parameter " +
                     std::to_string(bad.position) + " (\"" + bad.name + "\"): Data type 0x" +
                     core::to_hex(core::bytes{bad.type_number}) + " is unknown."}
            );
            out_.end_call(0, {}, more);
            return;
        }
        const auto well_known = tds::well_known_procedure(call.procedure);
        const auto* const given = find_procedure(call.procedure);
        if (given == nullptr && !well_known.empty()) {
            known_call(call, well_known, more);
            return;
        }
        const request_values values(session_, call.sql, &call, call.declaration);
        found_answer answer{.query = given};
        if (given == nullptr) {
            if (auto results = built_in_procedure(call.procedure, server_, session_)) {
                answer.own = std::move(*results);
            } else {
                answer.error = no_answer("procedure " + call.procedure, asked_);
            }
        }
        finish(answer, values, {}, more);
    }

    // sp_executesql, sp_prepare …
    void known_call(const tds::rpc_call& call, std::string_view name, bool more) {
        if (name == "sp_unprepare") return unprepare(call, more);
        if (name.starts_with("sp_cursor")) return refuse_cursor(name, more);
        const auto statement = statement_of(call, session_);
        if (name == "sp_execute" && !statement) {
            const auto handle = whole_number(call, 0);
            out_.error(
                {.number = no_such_handle,
                 .state = 2,
                 .severity = 16,
                 .message = "Could not find prepared statement with handle " +
                            (handle ? std::to_string(*handle) : std::string("NULL")) + "."}
            );
            out_.end_call(0, {}, more);
            return;
        }
        const auto sql = statement ? std::string(statement->sql) : std::string();
        const auto declaration = statement ? std::string(statement->declaration) : std::string();
        const request_values values(session_, sql, &call, declaration);
        std::vector<tds::return_value> handle;
        if (name == "sp_prepare" || name == "sp_prepexec" || name == "sp_prepexecrpc") {
            const auto number = prepare(session_, sql, declaration);
            if (!number) {
                out_.error(
                    {.number = too_many_prepared,
                     .state = 1,
                     .severity = 16,
                     .message = "Statement(s) could not be prepared."}
                );
                out_.end_call(0, {}, more);
                return;
            }
            handle.push_back(handle_output(call, *number));
        }
        if (name == "sp_prepare") {
            out_.metadata(find(sql));
            out_.end_call(0, std::move(handle), more);
            return;
        }
        finish(find(sql), values, std::move(handle), more);
    }

    void unprepare(const tds::rpc_call& call, bool more) {
        const auto handle = whole_number(call, 0);
        if (!handle || !session::unprepare(session_, *handle)) {
            out_.error(
                {.number = no_such_handle,
                 .state = 2,
                 .severity = 16,
                 .message = "Could not find prepared statement with handle " +
                            (handle ? std::to_string(*handle) : std::string("NULL")) + "."}
            );
        }
        out_.end_call(0, {}, more);
    }

    // Clients that asked for a server cursor take the rows as they come, or tell their user.
    void refuse_cursor(std::string_view name, bool more) {
        out_.error(
            {.number = no_cursor,
             .state = 1,
             .severity = 16,
             .message =
                 "A server cursor cannot be opened on the given statement or statements. Use a default "
                 "result set or client cursor. (tdsfake does not serve " +
                 std::string(name) + ".)"}
        );
        out_.end_call(0, {}, more);
    }

    void finish(
        const found_answer& answer,
        const request_values& values,
        std::vector<tds::return_value> outputs,
        bool more
    ) {
        if (!out_.statement(answer, values, true)) {
            out_.end_call(0, {}, more);
            return;
        }
        std::string problem;
        if (!add_outputs(answer.query, values, outputs, problem)) {
            out_.error({.number = 8114, .state = 5, .severity = 16, .message = problem});
        }
        out_.end_call(answer.query != nullptr ? answer.query->return_status : 0, std::move(outputs), more);
    }

    const scenario::server& server_;
    state& session_;
    const request& asked_;
    answer_builder out_;
};

} // namespace

reply query_reply(const scenario::server& server, state& session, const request& asked, overrides changes) {
    answering answer(server, session, asked, changes);
    return asked.is_rpc() ? answer.rpc() : answer.batch();
}

} // namespace tdsfake::session
