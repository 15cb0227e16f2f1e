#include "session/reset.hpp"

#include "session/prepared.hpp"

namespace tdsfake::session {

void reset(state& session, std::uint8_t status) {
    forget_prepared(session);
    session.implicit = false;
    session.database = session.first_database;
    if ((status & tds::status::reset_connection_skip_tran) == 0) session.transaction = {};
}

} // namespace tdsfake::session
