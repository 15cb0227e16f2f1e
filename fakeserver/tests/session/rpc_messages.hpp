// Remote procedure calls of a client, laid out by hand.
#pragma once

#include "tests/session/client_messages.hpp"

#include <initializer_list>
#include <string_view>

namespace tdsfake::session::testing {

// One parameter: name, status, TYPE_INFO, value.
core::bytes nvarchar_parameter(std::string_view name, std::string_view value, std::uint8_t status = 0);
core::bytes int_parameter(std::string_view name, std::int32_t value, std::uint8_t status = 0);
core::bytes null_int_parameter(std::string_view name, std::uint8_t status = 0);
inline constexpr std::uint8_t by_reference = 1;

// A call: name or ProcID, and its parameters. Several make a message.
core::bytes call(std::string_view procedure, std::initializer_list<core::bytes> parameters);
core::bytes call(std::uint16_t id, std::initializer_list<core::bytes> parameters);
core::bytes rpc(std::initializer_list<core::bytes> calls, std::uint8_t status = 0);

} // namespace tdsfake::session::testing
