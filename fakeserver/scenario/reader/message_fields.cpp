#include "scenario/reader/message_fields.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace tdsfake::scenario::reader {
namespace {

using field_names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> of_every_message{"message", "bytes", "packets"};
constexpr std::array<std::string_view, 8> of_prelogin{
    "version", "encryption", "instance", "mars", "fedauth-required", "thread-id", "trace-id", "nonce"
};
constexpr std::array<std::string_view, 9> of_tls{
    "flight", "server-name", "alpn", "newest", "version", "cipher", "client-certificate", "scope", "message"
};
constexpr std::array<std::string_view, 20> of_login{
    "user",
    "integrated-security",
    "database",
    "app",
    "host",
    "library",
    "server-name",
    "language",
    "tds",
    "packet-size",
    "options",
    "client-version",
    "client-pid",
    "client-lcid",
    "client-time-zone",
    "intent",
    "attach-db-file",
    "features",
    "authentication",
    "recovers"
};
constexpr std::array<std::string_view, 2> of_request{"status", "session"};
constexpr std::array<std::string_view, 1> of_batch{"sql"};
constexpr std::array<std::string_view, 8> of_rpc{
    "procedure",
    "sql",
    "declaration",
    "parameters",
    "unreadable-parameter",
    "unknown-type",
    "calls",
    "further-calls"
};
constexpr std::array<std::string_view, 2> of_bulk{"columns", "rows"};
constexpr std::array<std::string_view, 1> of_transaction{"request"};
constexpr std::array<std::string_view, 5> of_smp{"message", "flag", "session", "sequence", "window"};

} // namespace

std::vector<std::string_view> fields_at(stage s) {
    std::vector<std::string_view> all;
    const auto add = [&](field_names some) {
        for (const auto word : some) {
            if (std::ranges::find(all, word) == all.end()) all.push_back(word);
        }
    };
    switch (s) {
    case stage::tls: add(of_tls); return all;
    case stage::smp: add(of_smp); return all;
    case stage::start:
    case stage::connect:
    case stage::idle:
    case stage::client_close:
    case stage::lookup: return all;
    default: add(of_every_message);
    }
    const bool any_request = s == stage::request;
    const bool is_query = s == stage::query;
    if (s == stage::prelogin) add(of_prelogin);
    if (s == stage::login) add(of_login);
    if (s == stage::batch || any_request || is_query) add(of_batch);
    if (s == stage::rpc || any_request || is_query) add(of_rpc);
    if (s == stage::bulk || any_request) add(of_bulk);
    if (s == stage::transaction || any_request) add(of_transaction);
    if (s != stage::prelogin && s != stage::login && s != stage::sspi && s != stage::fedauth) add(of_request);
    return all;
}

} // namespace tdsfake::scenario::reader
