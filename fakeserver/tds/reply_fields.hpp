// The fields of the server's answers that a scenario may override, named as the journal prints them.
#pragma once

#include <span>
#include <string_view>

namespace tdsfake::tds {

enum class reply_kind { prelogin, login, result, attention, lookup };

// clang-format off
// prelogin:  version encryption instance thread-id mars trace-id fedauth-required nonce
// login:     tds program version database language collation packet-size failover-partner loginack featureextack
// result:    affected status command return columns collation colmetadata outputs done
// attention: status
// lookup:    server-name instance clustered version tcp np size server
// clang-format on
std::span<const std::string_view> reply_fields(reply_kind kind) noexcept;

} // namespace tdsfake::tds
