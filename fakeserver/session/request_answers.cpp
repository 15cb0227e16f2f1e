// Answers to requests: results, errors, transactions, attention (fact sheet 5 and 6).
#include "session/answer.hpp"
#include "session/known_sql.hpp"
#include "session/override.hpp"
#include "tds/packet.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

namespace done_status = tds::done_status;

// curcmd of DONE.
constexpr std::uint16_t command_select = 0xc1;
constexpr std::uint16_t command_insert = 0xc3;
constexpr std::uint16_t command_set = 0xbe;

constexpr std::size_t longest_quoted = 400; // characters of the statement that an error message repeats

bool is_rpc(const request& asked) { return asked.type == static_cast<std::uint8_t>(tds::packet_type::rpc); }

// Every answer to a request opens with the acknowledgement of a reset connection, if one was asked for.
tds::token_writer opened(const state& session, const request& asked) {
    tds::token_writer out(session.version);
    if ((asked.status & (tds::status::reset_connection | tds::status::reset_connection_skip_tran)) != 0) {
        out.envchange_bytes(tds::envchange::reset_ack, {}, {});
    }
    return out;
}

// The last token of the answer: DONE of a batch; RETURNSTATUS and DONEPROC of an RPC.
void finish(tds::token_writer& out, bool rpc, const tds::done& last) {
    if (!rpc) {
        out.done(last);
        return;
    }
    auto inner = last;
    inner.status |= done_status::more;
    out.done_in_proc(inner);
    out.return_status(0);
    out.done_proc({.status = static_cast<std::uint16_t>(last.status & done_status::error), .command = 0xe0});
}

reply one_error(
    tds::token_writer out,
    const scenario::server& server,
    const state& session,
    const tds::server_message& error,
    bool rpc
) {
    const auto message = filled(error, server, session);
    out.error(message);
    const auto status = static_cast<std::uint16_t>(
        done_status::error | (message.severity >= 20 ? done_status::server_error : 0)
    );
    if (rpc) {
        out.done_proc({.status = status, .command = 0xe0});
    } else {
        out.done({.status = status});
    }
    reply result;
    result.message = "ERROR";
    result.answer = out.take();
    result.fatal = message.severity >= 20;
    result.fields.emplace_back("number", message.number);
    result.fields.emplace_back("state", message.state);
    result.fields.emplace_back("class", message.severity);
    result.fields.emplace_back("text", message.message);
    return result;
}

// `ends`: the last of them ends the answer.
void write_results(
    tds::token_writer& out,
    const std::vector<scenario::result_set>& results,
    bool rpc,
    bool ends,
    const override_set& set
) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& result = results[i];
        out.col_metadata(result.columns);
        for (const auto& row : result.rows)
            out.row(result.columns, row);
        tds::done last{
            .status = done_status::count, .command = command_select, .row_count = result.rows.size()
        };
        if (const auto* text = set.value("affected"))
            last.row_count = tds::parse_field_number(*text).value_or(0);
        if (const auto* text = set.value("status")) {
            last.status = static_cast<std::uint16_t>(tds::parse_field_number(*text).value_or(0));
        }
        if (!ends || i + 1 < results.size()) {
            last.status |= done_status::more;
            rpc ? out.done_in_proc(last) : out.done(last);
        } else {
            finish(out, rpc, last);
        }
    }
}

reply results_reply(
    tds::token_writer out, const std::vector<scenario::result_set>& results, bool rpc, overrides changes
) {
    write_results(out, results, rpc, true, override_set(changes));
    reply answer;
    answer.message = "result";
    answer.answer = out.take();
    std::size_t rows = 0;
    for (const auto& result : results)
        rows += result.rows.size();
    answer.fields.emplace_back("rows", rows);
    if (results.size() > 1) answer.fields.emplace_back("results", results.size());
    return answer;
}

reply done_reply(tds::token_writer out, const tds::done& done, bool rpc, overrides changes) {
    const override_set set(changes);
    auto last = done;
    if (const auto* text = set.value("affected")) {
        last.row_count = tds::parse_field_number(*text).value_or(0);
        last.status |= done_status::count;
    }
    if (const auto* text = set.value("status")) {
        last.status = static_cast<std::uint16_t>(tds::parse_field_number(*text).value_or(0));
    }
    finish(out, rpc, last);
    reply answer;
    answer.message = "DONE";
    answer.answer = out.take();
    if ((last.status & done_status::count) != 0) answer.fields.emplace_back("affected", last.row_count);
    return answer;
}

} // namespace

tds::server_message
filled(tds::server_message message, const scenario::server& server, const state& session) {
    const auto replace = [&](std::string_view placeholder, const std::string& value) {
        for (auto at = message.message.find(placeholder); at != std::string::npos;
             at = message.message.find(placeholder, at + value.size())) {
            message.message.replace(at, placeholder.size(), value);
        }
    };
    replace("{user}", session.login.user_name);
    replace("{database}", session.login.database.empty() ? "master" : session.login.database);
    replace("{server}", session.login.server_name.empty() ? server.identity.name : session.login.server_name);
    if (message.server.empty()) message.server = server.identity.name;
    return message;
}

reply error_reply(
    const scenario::server& server,
    const state& session,
    const tds::server_message& error,
    const request& asked
) {
    return one_error(opened(session, asked), server, session, error, is_rpc(asked));
}

reply query_reply(const scenario::server& server, state& session, const request& asked, overrides changes) {
    const bool rpc = is_rpc(asked);
    auto out = opened(session, asked);

    const auto found = std::ranges::find_if(server.queries, [&](const scenario::query& q) {
        return !asked.sql.empty() && scenario::matches_any(q.match, asked.sql);
    });
    if (found != server.queries.end()) {
        if (found->error) {
            write_results(out, found->results, rpc, false, override_set(changes));
            return one_error(std::move(out), server, session, *found->error, rpc);
        }
        if (found->affected) {
            return done_reply(
                std::move(out),
                {.status = done_status::count, .command = command_insert, .row_count = *found->affected},
                rpc,
                changes
            );
        }
        if (found->results.empty()) return done_reply(std::move(out), {}, rpc, changes);
        return results_reply(std::move(out), found->results, rpc, changes);
    }

    if (const auto result = built_in_result(asked.sql, server, session)) {
        return results_reply(std::move(out), {*result}, rpc, changes);
    }
    if (is_set_up(asked.sql)) {
        if (const auto database = used_database(asked.sql); !database.empty()) {
            out.envchange_text(tds::envchange::database, database, session.database);
            out.info(
                {.number = 5701,
                 .state = 2,
                 .message = "Changed database context to '" + database + "'.",
                 .server = server.identity.name}
            );
            session.database = database;
        }
        return done_reply(std::move(out), {.command = command_set}, rpc, changes);
    }

    const auto what = rpc && asked.sql.empty() ? "procedure " + asked.procedure : asked.sql;
    auto quoted = what.substr(0, longest_quoted);
    if (quoted.size() < what.size()) {
        while (!quoted.empty() && (static_cast<unsigned char>(quoted.back()) & 0xc0) == 0x80)
            quoted.pop_back();
        if (!quoted.empty() && static_cast<unsigned char>(quoted.back()) >= 0x80) quoted.pop_back();
        quoted += "…";
    }
    return one_error(
        std::move(out),
        server,
        session,
        {.number = 50000,
         .state = 1,
         .severity = 16,
         .message = "tdsfake has no answer for: " + quoted + ". Add it to `queries` of the scenario."},
        rpc
    );
}

reply transaction_reply(state& session, const request& asked) {
    auto out = opened(session, asked);
    const auto descriptor = [](std::uint64_t value) {
        core::byte_writer bytes;
        bytes.u64_le(value);
        return bytes.take();
    };
    const auto begin = [&] {
        session.transaction = ++session.last_transaction;
        out.envchange_bytes(tds::envchange::begin_transaction, descriptor(session.transaction), {});
    };
    const auto end = [&](tds::envchange how) {
        out.envchange_bytes(how, {}, descriptor(session.transaction));
        session.transaction = 0;
        if (asked.transaction.begins_new) begin();
    };

    reply answer;
    answer.message = "DONE";
    tds::done last;
    switch (static_cast<tds::transaction_request>(asked.transaction.kind)) {
    case tds::transaction_request::begin:
        begin();
        last.command = 0xd4;
        answer.fields.emplace_back("transaction", "begin");
        break;
    case tds::transaction_request::commit:
        end(tds::envchange::commit_transaction);
        last.command = 0xd5;
        answer.fields.emplace_back("transaction", "commit");
        break;
    case tds::transaction_request::rollback:
        end(tds::envchange::rollback_transaction);
        last.command = 0xd2;
        answer.fields.emplace_back("transaction", "rollback");
        break;
    case tds::transaction_request::save: answer.fields.emplace_back("transaction", "save"); break;
    default:
        out.error(
            {.number = 50000,
             .state = 1,
             .severity = 16,
             .message = "tdsfake does not serve distributed transactions (transaction manager request " +
                        std::to_string(asked.transaction.kind) + ")."}
        );
        last.status = done_status::error;
        answer.message = "ERROR";
    }
    out.done(last);
    answer.answer = out.take();
    return answer;
}

reply discarded_reply(const state& session) {
    tds::token_writer out(session.version);
    out.done({.status = done_status::error});
    reply answer;
    answer.message = "DONE";
    answer.answer = out.take();
    return answer;
}

reply attention_reply(const state& session, overrides changes) {
    const override_set set(changes);
    tds::done acknowledgement{.status = done_status::attention};
    if (const auto* text = set.value("status")) {
        acknowledgement.status = static_cast<std::uint16_t>(tds::parse_field_number(*text).value_or(0));
    }
    tds::token_writer out(session.version);
    out.done(acknowledgement);
    reply answer;
    answer.message = "attention acknowledged";
    answer.answer = out.take();
    return answer;
}

} // namespace tdsfake::session
