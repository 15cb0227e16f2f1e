// What BEGIN, COMMIT, ROLLBACK and SAVE do to the transaction of a session, in SQL and as requests to the
// transaction manager, and what the client is told of it (MS-TDS 2.2.6.9, 2.2.7.9).
#pragma once

#include "session/state.hpp"
#include "tds/reply_values.hpp"
#include "tds/tokens/token_writer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tdsfake::session {

enum class transaction_verb : std::uint8_t { begin, commit, rollback, save };
std::string_view name(transaction_verb what) noexcept;
std::uint16_t done_command(transaction_verb what) noexcept; // curcmd of DONE

struct transaction_step {
    transaction_verb what = transaction_verb::begin;
    std::string name;       // of the transaction or the savepoint
    bool if_open = false;   // IF @@TRANCOUNT > 0
    bool if_closed = false; // IF @@TRANCOUNT = 0
};

// An ENVCHANGE: the descriptor that requests carry from here on, and the one they no longer do.
struct transaction_change {
    tds::envchange what = tds::envchange::begin_transaction;
    std::uint64_t opened = 0;
    std::uint64_t ended = 0;
};
void write(tds::token_writer& out, const transaction_change& change);
std::string_view name(const transaction_change& change) noexcept; // begin, commit, rollback

struct transaction_outcome {
    std::optional<transaction_change> change; // nothing for what is nested
    std::optional<tds::server_message> error;
};
transaction_outcome apply(state& session, const transaction_step& step);

// SET IMPLICIT_TRANSACTIONS ON: the first statement opens one.
std::optional<transaction_change> begin_implicitly(state& session);

// The error of a deadlock's victim ends its transaction.
std::optional<transaction_change> rolled_back_by(state& session, std::int32_t error);

// Of a batch or an RPC, that it does not belong to the open transaction.
std::optional<tds::server_message> wrong_descriptor(const state& session, const request& asked);

// BEGIN TRAN, COMMIT, IF @@TRANCOUNT > 0 ROLLBACK …; nothing if the statement is another.
std::optional<transaction_step> transaction_in(std::string_view statement);

// SET IMPLICIT_TRANSACTIONS, alone or among other options; nothing if the statement does not tell.
std::optional<bool> implicit_transactions(std::string_view statement);

} // namespace tdsfake::session
