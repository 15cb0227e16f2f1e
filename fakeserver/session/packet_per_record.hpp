// What `enforce: tls-record` insists on: a TLS record holds (a part of) one packet of TDS, never a byte of
// the next one (fact sheet 2.3; tedious#1182, vertx-sql-client#1433).
#pragma once

#include "core/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tdsfake::session {

class packet_per_record {
public:
    // The data of the next record; false: it holds bytes of a second packet.
    bool fits(core::byte_view record) noexcept {
        std::size_t at = 0;
        while (got_ < header_.size() && at < record.size())
            header_[got_++] = record[at++];
        if (got_ < header_.size()) return true;
        if (!known_) {
            const auto length = static_cast<std::size_t>(header_[2] << 8 | header_[3]);
            left_ = length > header_.size() ? length - header_.size() : 0;
            known_ = true;
        }
        if (record.size() - at > left_) return false;
        left_ -= record.size() - at;
        if (left_ == 0) *this = {};
        return true;
    }

private:
    std::array<std::uint8_t, 4> header_{}; // type, status, length
    std::size_t got_ = 0;
    std::size_t left_ = 0; // of the packet, in further records
    bool known_ = false;
};

} // namespace tdsfake::session
