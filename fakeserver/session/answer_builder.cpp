#include "session/answer_builder.hpp"

#include "scenario/request_values.hpp"
#include "tds/packet.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::session {

namespace {

namespace done_status = tds::done_status;

// curcmd of DONE.
constexpr std::uint16_t command_select = 0xc1;
constexpr std::uint16_t command_insert = 0xc3;
constexpr std::uint16_t command_execute = 0xe0;

constexpr std::size_t sent_at_once = std::size_t{64} << 10; // an answer up to this size is not streamed
constexpr std::uint8_t ends_connection = 20;                // the least severity that does
constexpr std::int32_t conversion_failed = 8114;

std::optional<std::uint64_t> number_in(const override_set& set, std::string_view field) {
    const auto* text = set.value(field);
    return text == nullptr ? std::nullopt : tds::parse_field_number(*text);
}

} // namespace

answer_builder::answer_builder(
    const scenario::server& server, state& session, const request& asked, overrides changes
)
    : server_(server),
      session_(session),
      set_(changes) {
    if (!tds::status::asks_for_reset(asked.status)) return;
    // The acknowledgement of a reset connection comes first.
    plan_->then([](tds::token_writer& out) { out.envchange_bytes(tds::envchange::reset_ack, {}, {}); });
}

void answer_builder::end_statement(tds::done done, bool in_procedure, bool last) {
    if (const auto given = number_in(set_, "affected")) {
        done.row_count = *given;
        done.status |= done_status::count;
    }
    if (const auto given = number_in(set_, "status")) done.status = static_cast<std::uint16_t>(*given);
    if (const auto given = number_in(set_, "command")) done.command = static_cast<std::uint16_t>(*given);
    if (in_procedure || !last) done.status |= done_status::more;
    if (!in_procedure && last && set_.left_out("done")) return;
    plan_->then([done, in_procedure](tds::token_writer& out) {
        in_procedure ? out.done_in_proc(done) : out.done(done);
    });
}

bool answer_builder::result(
    const scenario::result_set& result, const request_values& values, bool in_procedure, bool last
) {
    ++results_;
    if (result.affected) {
        affected_ = result.affected;
        end_statement(
            {.status = done_status::count, .command = command_insert, .row_count = *result.affected},
            in_procedure,
            last
        );
        return true;
    }
    std::string problem;
    const auto fail = [&] {
        error({.number = conversion_failed, .state = 5, .severity = 16, .message = problem});
        return false;
    };
    std::vector<std::vector<tds::datum>> rows;
    for (const auto& row : result.rows) {
        auto& filled = rows.emplace_back();
        for (std::size_t i = 0; i < row.size(); ++i) {
            auto value = cell_value(result.columns[i], row[i], values, problem);
            if (!value) return fail();
            filled.push_back(std::move(*value));
        }
    }
    std::shared_ptr<generated_rows> generated;
    if (result.generated) {
        auto cells = result.generated->values;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (cells[i].text.empty()) continue;
            auto text = values.filled(cells[i].text);
            if (text && scenario::has_request_values(*text)) {
                cells[i].text = std::move(*text);
                continue;
            }
            auto value = cell_value(result.columns[i], cells[i], values, problem);
            if (!value) return fail();
            cells[i] = {.value = std::move(*value)};
        }
        generated = std::make_shared<generated_rows>(
            result.columns, cells, result.generated->count, result.plp, session_.dialect()
        );
    }

    auto sort = tds::latin1_general;
    if (const auto bytes = set_.bytes("collation", {}); bytes.size() == sort.size())
        std::ranges::copy(bytes, sort.begin());
    const bool tells_columns = !set_.left_out("colmetadata");
    const auto claimed = number_in(set_, "columns");
    const auto count = rows.size();
    plan_->then([=, columns = result.columns, rows = std::move(rows), plp = result.plp](tds::token_writer& out
                ) {
        const auto began = out.size();
        if (tells_columns) out.col_metadata(columns, sort);
        if (tells_columns && claimed) out.claim_length(began, static_cast<std::uint16_t>(*claimed));
        for (const auto& row : rows)
            out.row(columns, row, plp);
    });
    rows_ += count;
    tds::done done{.status = done_status::count, .command = command_select, .row_count = count};
    if (generated) {
        plan_->then(generated);
        endless_ = endless_ || !result.generated->count;
        done.row_count = result.generated->count.value_or(0);
        rows_ += done.row_count;
    }
    end_statement(done, in_procedure, last);
    return true;
}

// As the transaction manager's requests. A statement that fails ends none of those behind it.
bool answer_builder::transaction(std::span<const transaction_step> steps) {
    bool done = true;
    for (const auto& step : steps) {
        const auto outcome = apply(session_, step);
        tell(outcome.change);
        if (!outcome.error) continue;
        error(*outcome.error);
        done = false;
    }
    return done;
}

void answer_builder::tell(const std::optional<transaction_change>& change) {
    if (!change) return;
    plan_->then([change](tds::token_writer& out) { write(out, *change); });
    transaction_ = name(*change);
}

bool answer_builder::statement(const found_answer& answer, const request_values& values, bool in_procedure) {
    const auto* const query = answer.query;
    if (query != nullptr) queries_.push_back(query);
    if (query != nullptr || answer.error) tell(begin_implicitly(session_));
    if (answer.error) {
        error(*answer.error);
        return false;
    }
    if (query != nullptr) {
        for (const auto& info : query->info) {
            auto message = filled(info, server_, session_, &values);
            plan_->then([message = std::move(message)](tds::token_writer& out) { out.info(message); });
        }
    }
    if (!answer.database.empty()) {
        plan_->then([database = answer.database,
                     before = session_.database,
                     name = server_.identity.name](tds::token_writer& out) {
            out.envchange_text(tds::envchange::database, database, before);
            out.info(
                {.number = 5701,
                 .state = 2,
                 .message = "Changed database context to '" + database + "'.",
                 .server = name}
            );
        });
        session_.database = answer.database;
    }
    if (answer.implicit) session_.implicit = *answer.implicit;
    if (!transaction(answer.transaction)) return false;
    const auto& results = query != nullptr ? query->results : answer.own;
    const bool fails = query != nullptr && query->error.has_value();
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (!result(results[i], values, in_procedure, !fails && i + 1 == results.size())) return false;
    }
    if (fails) {
        error(filled(*query->error, server_, session_, &values));
        return false;
    }
    const bool procedure_without_result = query != nullptr && query->match.empty();
    if (results.empty() && !(in_procedure && procedure_without_result)) {
        end_statement({.command = answer.command}, in_procedure, true);
    }
    return true;
}

void answer_builder::metadata(const found_answer& answer) {
    const auto& results = answer.query != nullptr ? answer.query->results : answer.own;
    if (results.empty() || results.front().columns.empty()) return;
    plan_->then([columns = results.front().columns](tds::token_writer& out) {
        out.col_metadata(columns);
        out.done_in_proc({.status = done_status::more, .command = command_select});
    });
}

void answer_builder::error(const tds::server_message& message) {
    auto whole = filled(message, server_, session_);
    fatal_ = fatal_ || whole.severity >= ends_connection;
    call_failed_ = true;
    failed_ = whole;
    plan_->then([whole = std::move(whole)](tds::token_writer& out) { out.error(whole); });
    tell(rolled_back_by(session_, message.number));
}

void answer_builder::end_failed_batch() {
    const auto status =
        static_cast<std::uint16_t>(done_status::error | (fatal_ ? done_status::server_error : 0));
    plan_->then([status](tds::token_writer& out) { out.done({.status = status}); });
}

void answer_builder::end_call(std::int32_t status, std::vector<tds::return_value> outputs, bool more) {
    if (const auto given = number_in(set_, "return")) status = static_cast<std::int32_t>(*given);
    const bool failed = std::exchange(call_failed_, false);
    const bool tells_status = !failed && !set_.left_out("return");
    const bool ends = more || !set_.left_out("done");
    auto done = tds::done{.command = command_execute};
    if (failed) done.status |= done_status::error;
    if (fatal_) done.status |= done_status::server_error;
    if (more) done.status |= done_status::more | done_status::rpc_in_batch;
    if (failed || set_.left_out("outputs")) outputs.clear();
    plan_->then([=, outputs = std::move(outputs)](tds::token_writer& out) {
        if (tells_status) out.return_status(status);
        for (const auto& output : outputs)
            out.return_value(output);
        if (ends) out.done_proc(done);
    });
}

reply answer_builder::take() {
    tds::token_writer out(session_.dialect());
    reply answer;
    if (plan_->write(out, sent_at_once)) answer.rest = std::move(plan_);
    answer.answer = out.take();
    answer.fatal = fatal_;
    answer.queries = std::move(queries_);
    if (failed_) describe_error(answer, *failed_);
    if (!transaction_.empty()) answer.fields.emplace_back("transaction", std::string(transaction_));
    if (failed_) return answer;
    const bool rows = results_ > 0 && !(results_ == 1 && affected_);
    answer.message = rows ? "result" : "DONE";
    if (rows) {
        if (endless_) {
            answer.fields.emplace_back("rows", "endless");
        } else {
            answer.fields.emplace_back("rows", rows_);
        }
        if (results_ > 1) answer.fields.emplace_back("results", results_);
    }
    auto affected = affected_;
    if (const auto given = number_in(set_, "affected")) affected = given;
    if (affected && !rows) answer.fields.emplace_back("affected", *affected);
    return answer;
}

} // namespace tdsfake::session
