// A logged-in connection, as the load generator needs it: a blocking socket and the three messages of a
// client.
#pragma once

#include "common.hpp"

#include <string_view>
#include <vector>

namespace bench {

class session {
public:
    explicit session(std::uint16_t port);
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session();

    // Sends a SQL batch; receive_answer() reads on.
    void send_batch(std::string_view ascii);
    // Reads to the end of a message and returns its bytes, packet headers included.
    std::uint64_t receive_answer();

private:
    void send_all(const std::vector<std::uint8_t>& data) const;

    int fd_;
    std::vector<std::uint8_t> buffer_;
};

} // namespace bench
