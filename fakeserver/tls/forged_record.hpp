// Records that OpenSSL would not send: alerts, and data longer than TLS allows. For .cpp files of this floor
// only.
#pragma once

#include "core/bytes.hpp"
#include "tls/alert.hpp"
#include "tls/openssl.hpp"
#include "tls/record.hpp"

#include <string_view>

namespace tdsfake::tls {

// What was sent so far, as far as a record that follows depends on it: whether the client has been told to
// decrypt, and the sequence number of the next record.
class sent_records {
public:
    void note(core::byte_view records);
    // A line of the key log: TLS 1.3 tells its secrets there only.
    void learn_secret(std::string_view line);
    // One record. Plain if the client still reads plain ones, or if the cipher is one that is not known here.
    [[nodiscard]] core::bytes encode(alert what, const SSL* of) const;
    // One encrypted record of any length that its header can say; empty where the client reads plain ones, or
    // if the cipher is one that is not known here.
    [[nodiscard]] core::bytes encode(content_type type, core::byte_view data, const SSL* of) const;

private:
    // TLS 1.2 and older: a ChangeCipherSpec turns encryption on.
    bool changed_cipher_ = false;
    std::uint64_t after_change_ = 0;
    core::bytes last_block_; // where CBC goes on in TLS 1.0
    // TLS 1.3: everything behind our first flight is under the application's keys.
    bool flight_sent_ = false;
    std::uint64_t after_flight_ = 0;
    core::bytes secret_;
};

} // namespace tdsfake::tls
