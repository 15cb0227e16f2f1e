// An answer whose rows are made while it is sent: packets come out a chunk at a time, so that a result of any
// size takes bounded memory.
#pragma once

#include "core/bytes.hpp"
#include "session/row_source.hpp"
#include "tds/packet.hpp"
#include "tds/version.hpp"

#include <memory>

namespace tdsfake::session {

class row_stream {
public:
    // `head`: the tokens before the rows.
    row_stream(
        std::unique_ptr<row_source> rows,
        core::bytes head,
        tds::tds_version version,
        std::size_t packet_size,
        std::uint16_t spid
    );

    // The next packets, about `budget` bytes of them; after the last one `done`.
    core::bytes next(std::size_t budget);
    // What ends the message here, at the border of a token: DONE with an error (fact sheet 5, attention).
    core::bytes interrupted();
    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    std::unique_ptr<row_source> rows_;
    core::bytes head_;
    tds::tds_version version_;
    tds::packet_stream packets_;
    bool done_ = false;
};

} // namespace tdsfake::session
