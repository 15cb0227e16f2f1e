// Answers that are no results: errors, transactions, bulk loads, attention (fact sheet 5).
#include "scenario/request_values.hpp"
#include "session/answer.hpp"
#include "session/override.hpp"
#include "session/request_values.hpp"
#include "session/transactions.hpp"
#include "tds/packet.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>
#include <type_traits>

namespace tdsfake::session {

namespace {

namespace done_status = tds::done_status;

constexpr std::uint16_t command_bulk_load = 0xf0; // curcmd of DONE

// Every answer to a request opens with the acknowledgement of a reset connection, if one was asked for.
tds::token_writer opened(const state& session, const request& asked) {
    tds::token_writer out(session.version);
    if (tds::status::asks_for_reset(asked.status)) {
        out.envchange_bytes(tds::envchange::reset_ack, {}, {});
    }
    return out;
}

reply one_error(
    tds::token_writer out,
    const scenario::server& server,
    const state& session,
    const tds::server_message& error,
    bool rpc,
    const std::optional<transaction_change>& change
) {
    const auto message = filled(error, server, session);
    out.error(message);
    if (change) write(out, *change);
    const auto status = static_cast<std::uint16_t>(
        done_status::error | (message.severity >= 20 ? done_status::server_error : 0)
    );
    if (rpc) {
        out.done_proc({.status = status, .command = 0xe0});
    } else {
        out.done({.status = status});
    }
    reply result;
    result.answer = out.take();
    result.fatal = message.severity >= 20;
    describe_error(result, message);
    if (change) result.fields.emplace_back("transaction", std::string(name(*change)));
    return result;
}

} // namespace

void describe_error(reply& answer, const tds::server_message& error) {
    answer.message = "ERROR";
    answer.fields.emplace_back("number", error.number);
    answer.fields.emplace_back("state", error.state);
    answer.fields.emplace_back("class", error.severity);
    answer.fields.emplace_back("text", error.message);
}

tds::server_message filled(
    tds::server_message message,
    const scenario::server& server,
    const state& session,
    const request_values* values
) {
    if (values != nullptr) {
        for (auto* text : {&message.message, &message.server, &message.procedure}) {
            if (scenario::has_request_values(*text)) *text = values->filled(*text).value_or("");
        }
    }
    const auto replace = [&](std::string_view placeholder, const std::string& value) {
        for (auto at = message.message.find(placeholder); at != std::string::npos;
             at = message.message.find(placeholder, at + value.size())) {
            message.message.replace(at, placeholder.size(), value);
        }
    };
    replace("{user}", session.login.user_name);
    replace("{database}", session.login.database.empty() ? "master" : session.login.database);
    replace("{spid}", std::to_string(session.spid));
    replace("{server}", session.login.server_name.empty() ? server.identity.name : session.login.server_name);
    if (message.server.empty()) message.server = server.identity.name;
    return message;
}

reply error_reply(
    const scenario::server& server,
    const state& session,
    const tds::server_message& error,
    const request& asked,
    const std::optional<transaction_change>& change
) {
    return one_error(opened(session, asked), server, session, error, asked.is_rpc(), change);
}

reply transaction_reply(
    const scenario::server& server, state& session, const request& asked, overrides changes
) {
    auto out = opened(session, asked);
    reply answer;
    answer.message = "DONE";
    tds::done last;
    const auto fail = [&](const tds::server_message& error) {
        const auto message = filled(error, server, session);
        out.error(message);
        last.status = done_status::error;
        describe_error(answer, message);
    };
    const auto step = [&](transaction_verb what, const std::string& named) {
        const auto outcome = apply(session, {.what = what, .name = named});
        if (outcome.change) write(out, *outcome.change);
        if (outcome.error) fail(*outcome.error);
        return !outcome.error;
    };
    const auto serve = [&](transaction_verb what) {
        last.command = done_command(what);
        answer.fields.emplace_back("transaction", std::string(name(what)));
        if (step(what, asked.transaction.transaction_name) && asked.transaction.begins_new)
            step(transaction_verb::begin, asked.transaction.next_name);
    };
    switch (static_cast<tds::transaction_request>(asked.transaction.kind)) {
    case tds::transaction_request::begin: serve(transaction_verb::begin); break;
    case tds::transaction_request::commit: serve(transaction_verb::commit); break;
    case tds::transaction_request::rollback: serve(transaction_verb::rollback); break;
    case tds::transaction_request::save: serve(transaction_verb::save); break;
    default:
        fail(
            {.number = 50000,
             .state = 1,
             .severity = 16,
             .message = "tdsfake does not serve distributed transactions (transaction manager request " +
                        std::to_string(asked.transaction.kind) + ")."}
        );
    }
    const override_set set(changes);
    const auto number = [&](std::string_view field, auto& value) {
        if (const auto* text = set.value(field))
            value = static_cast<std::remove_reference_t<decltype(value)>>(
                tds::parse_field_number(*text).value_or(0)
            );
    };
    number("status", last.status);
    number("command", last.command);
    number("affected", last.row_count);
    if (!set.left_out("done")) out.done(last);
    answer.answer = out.take();
    return answer;
}

reply tokens_reply(const state& session, std::span<const tds::scripted_token> tokens, bool login) {
    tds::token_writer out(session.dialect());
    reply answer;
    answer.message = "tokens";
    std::string names;
    bool error = false;
    for (const auto& token : tokens) {
        tds::write(out, token);
        names += (names.empty() ? "" : " ") + std::string(tds::name(token));
        if (const auto* message = std::get_if<tds::scripted_message>(&token.what);
            message && message->is_error) {
            error = true;
            answer.fatal = answer.fatal || message->message.severity >= 20;
        }
        answer.login_accepted =
            answer.login_accepted || (login && std::holds_alternative<tds::loginack>(token.what));
    }
    answer.login_failed = login && error && !answer.login_accepted;
    answer.answer = out.take();
    answer.fields.emplace_back("tokens", std::move(names));
    return answer;
}

reply bulk_reply(const state& session, const request& asked, overrides changes) {
    const override_set set(changes);
    const auto number = [&](std::string_view field, std::uint64_t otherwise) {
        const auto* text = set.value(field);
        return text == nullptr ? otherwise : tds::parse_field_number(*text).value_or(0);
    };
    const auto rows = number("affected", asked.bulk ? asked.bulk->rows : 0);
    auto out = opened(session, asked);
    if (!set.left_out("done")) {
        out.done(
            {.status = static_cast<std::uint16_t>(number("status", done_status::count)),
             .command = static_cast<std::uint16_t>(number("command", command_bulk_load)),
             .row_count = rows}
        );
    }
    reply answer;
    answer.message = "DONE";
    answer.answer = out.take();
    answer.fields.emplace_back("affected", rows);
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
