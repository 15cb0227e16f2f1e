#include "tds/reply_fields.hpp"

#include <array>

namespace tdsfake::tds {

namespace {

constexpr std::array<std::string_view, 8> prelogin_fields{
    "version",
    "encryption",
    "instance",
    "thread-id",
    "mars",
    "trace-id",
    "fedauth-required",
    "nonce",
};
constexpr std::array<std::string_view, 10> login_fields{
    "tds",
    "program",
    "version",
    "database",
    "language",
    "collation",
    "packet-size",
    "failover-partner",
    "loginack",
    "featureextack",
};
constexpr std::array<std::string_view, 9> result_fields{
    "affected",
    "status",
    "command",
    "return",
    "columns",
    "collation",
    "colmetadata",
    "outputs",
    "done",
};
constexpr std::array<std::string_view, 1> attention_fields{"status"};
constexpr std::array<std::string_view, 8> lookup_fields{
    "server-name",
    "instance",
    "clustered",
    "version",
    "tcp",
    "np",
    "size",
    "server",
};

} // namespace

std::span<const std::string_view> reply_fields(reply_kind kind) noexcept {
    switch (kind) {
    case reply_kind::prelogin: return prelogin_fields;
    case reply_kind::login: return login_fields;
    case reply_kind::result: return result_fields;
    case reply_kind::attention: return attention_fields;
    case reply_kind::lookup: return lookup_fields;
    }
    return {};
}

} // namespace tdsfake::tds
