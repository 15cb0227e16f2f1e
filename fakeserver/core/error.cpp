#include "core/error.hpp"

#include <string>

namespace tdsfake::core {

namespace {

// Boost's categories have no virtual destructor, as none is ever destroyed through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class wire_error_category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "tdsfake.wire"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<wire_errc>(value)) {
        case wire_errc::truncated: return "the message ends inside a field";
        case wire_errc::extra_bytes: return "bytes follow the last field of the message";
        case wire_errc::bad_length: return "a length or offset field points outside the message";
        case wire_errc::bad_value: return "a field holds a value that MS-TDS does not allow";
        case wire_errc::bad_packet_length:
            return "packet header: the length is below 8 or above the largest packet allowed";
        case wire_errc::bad_packet_type:
            return "packet header: a type that MS-TDS does not have at this point";
        case wire_errc::message_too_long: return "the message is longer than a server takes";
        }
        return "unknown wire error " + std::to_string(value);
    }
};
#pragma GCC diagnostic pop

} // namespace

const boost::system::error_category& wire_category() noexcept {
    static const wire_error_category category;
    return category;
}

} // namespace tdsfake::core
