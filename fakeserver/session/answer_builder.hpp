// The healthy answer to a batch or to the calls of an RPC message, put together statement by statement.
#pragma once

#include "session/answer.hpp"
#include "session/answer_plan.hpp"
#include "session/known_sql.hpp"
#include "session/override.hpp"
#include "session/request_values.hpp"
#include "session/transactions.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

// What a statement or a procedure is answered with.
struct found_answer {
    const scenario::query* query = nullptr;   // of the scenario
    std::vector<scenario::result_set> own;    // built in
    std::optional<tds::server_message> error; // instead
    std::string database;                     // of USE
    std::vector<transaction_step> transaction;
    std::optional<bool> implicit; // SET IMPLICIT_TRANSACTIONS
    std::uint16_t command = 0;    // curcmd of a bare DONE
};

class answer_builder {
public:
    answer_builder(const scenario::server& server, state& session, const request& asked, overrides changes);

    // A statement of a batch, or within a procedure: DONE or DONEINPROC ends each of its results.
    // False: it failed, and the answer ends with the error.
    bool statement(const found_answer& answer, const request_values& values, bool in_procedure);
    // The columns of the first result without its rows: what sp_prepare tells.
    void metadata(const found_answer& answer);
    void error(const tds::server_message& message);
    void token(answer_plan::part tokens) { plan_->then(std::move(tokens)); }
    // RETURNSTATUS, the output parameters, DONEPROC.
    void end_call(std::int32_t status, std::vector<tds::return_value> outputs, bool more);
    // DONE with the error that was written.
    void end_failed_batch();
    // Calls behind one that failed go on, unless the failure was fatal.
    [[nodiscard]] bool fatal() const noexcept { return fatal_; }

    reply take();

private:
    bool
    result(const scenario::result_set& result, const request_values& values, bool in_procedure, bool last);
    bool transaction(std::span<const transaction_step> steps);
    void tell(const std::optional<transaction_change>& change);
    void end_statement(tds::done done, bool in_procedure, bool last);

    const scenario::server& server_;
    state& session_;
    override_set set_;
    std::unique_ptr<answer_plan> plan_ = std::make_unique<answer_plan>();
    std::optional<tds::server_message> failed_;
    std::string_view transaction_; // what the journal says of it
    std::vector<const scenario::query*> queries_;
    std::uint64_t rows_ = 0;
    std::size_t results_ = 0;
    std::optional<std::uint64_t> affected_;
    bool endless_ = false;
    bool fatal_ = false;
    bool call_failed_ = false;
};

} // namespace tdsfake::session
