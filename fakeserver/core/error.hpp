// Wire errors: what a decoder says of bytes it cannot accept. Decoders return them, they never throw.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace tdsfake::core {

enum class wire_errc {
    truncated = 1,     // the message ends inside a field
    extra_bytes,       // bytes follow the last field
    bad_length,        // a length or offset field points outside the message
    bad_value,         // a field holds a value that the specification does not allow
    bad_packet_length, // packet header: length below 8 or above what was negotiated
    bad_packet_type,   // packet header: a type that does not exist
    message_too_long,  // more than a server takes
};

const boost::system::error_category& wire_category() noexcept;

inline boost::system::error_code make_error_code(wire_errc code) noexcept {
    return {static_cast<int>(code), wire_category()};
}

template <class T>
using result = boost::system::result<T>;

} // namespace tdsfake::core

template <>
struct boost::system::is_error_code_enum<tdsfake::core::wire_errc> : std::true_type {};
