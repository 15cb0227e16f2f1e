// Rows of an answer that are made while they are sent: a million of them never stand in memory together.
#pragma once

#include "tds/tokens/token_writer.hpp"

#include <cstddef>

namespace tdsfake::session {

// What follows `reply::answer` in the same message. Pulled from whenever the socket has drained; an answer
// that is interrupted is ended by who pulls, and the source is thrown away.
class row_source {
public:
    row_source() = default;
    row_source(const row_source&) = delete;
    row_source& operator=(const row_source&) = delete;
    virtual ~row_source() = default;

    // Appends whole tokens until at least `budget` bytes were written or nothing is left; then the final
    // DONE has been written, too. True: there is more to come.
    virtual bool write(tds::token_writer& out, std::size_t budget) = 0;
};

} // namespace tdsfake::session
