// Numbers of SQL Server's error log for broken input (fact sheet 1.3): a server tells them to its log, never
// to the client.
#pragma once

#include <cstdint>

namespace tdsfake::session::error_log {

inline constexpr std::int32_t unknown_tds_version = 17802;
inline constexpr std::int32_t sspi_failed = 17806;
inline constexpr std::int32_t unknown_event = 17807;
inline constexpr std::int32_t bad_prelogin = 17828;
inline constexpr std::int32_t handshake_failed = 17830;
inline constexpr std::int32_t bad_login = 17832;
inline constexpr std::int32_t encryption_required = 17835;
inline constexpr std::int32_t bad_packet_length = 17836;

} // namespace tdsfake::session::error_log
