// The healthy answers, built from what is known of a connection, with a scenario's overrides applied.
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"
#include "session/row_source.hpp"
#include "session/state.hpp"
#include "session/transactions.hpp"
#include "tds/prelogin.hpp"
#include "tds/request.hpp"

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tdsfake::session {

using overrides = std::span<const scenario::field_override>;

// An answer, what the journal says of it, and what follows from it.
struct reply {
    tds::answer answer;
    std::string_view message; // "PRELOGIN", "LOGINACK", "ERROR", "result", …
    std::vector<journal::field> fields;
    tds::prelogin prelogin; // what a PRELOGIN answer says
    bool login_accepted = false;
    bool login_goes_on = false; // a challenge: the client is to say more
    bool login_failed = false;
    bool fatal = false;                          // class 20 and up: the server closes
    std::vector<const scenario::query*> queries; // of the scenario, that it is made of
    // What follows `answer` in the same message, if it is not whole: generated rows.
    std::unique_ptr<row_source> rest;
};

reply prelogin_reply(const scenario::identity& identity, const tds::prelogin& request, overrides changes);

// To LOGIN7 and what follows it: a challenge; or let in, or refused by `logins` with the server's errors.
reply login_reply(
    const scenario::server& server,
    state& session,
    world::logins& logins,
    overrides changes,
    const std::optional<tds::route>& route = std::nullopt
);

// What the journal says of an answer that is an ERROR.
void describe_error(reply& answer, const tds::server_message& error);

// ERROR and DONE at any stage; {user}, {database}, {server}, {spid} in the text are filled in. `change`: what
// the error does to the transaction.
reply error_reply(
    const scenario::server& server,
    const state& session,
    const tds::server_message& error,
    const request& asked = {},
    const std::optional<transaction_change>& change = std::nullopt
);

// A batch or an RPC: the scenario's queries, then the built-in ones, else an ERROR that names the statement.
reply query_reply(const scenario::server& server, state& session, const request& asked, overrides changes);

// What a scenario spells out. `login`: a LOGINACK among it makes the login accepted, an ERROR without one
// ends the connection.
reply tokens_reply(const state& session, std::span<const tds::scripted_token> tokens, bool login);

// The end of a bulk load: DONE with the number of its rows.
reply bulk_reply(const state& session, const request& asked, overrides changes);

reply transaction_reply(
    const scenario::server& server, state& session, const request& asked, overrides changes = {}
);

// DONE with an error: the end of an answer that ATTENTION interrupts, and all that a request with the IGNORE
// bit gets.
reply discarded_reply(const state& session);
// The acknowledgement of ATTENTION: a message of its own, as SQL Server 2005 and later send it.
reply attention_reply(const state& session, overrides changes);

} // namespace tdsfake::session
