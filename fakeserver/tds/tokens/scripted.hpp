// Tokens that a scenario spells out (`tokens: [ … ]`): every field as it is given, lengths that may lie.
#pragma once

#include "core/bytes.hpp"
#include "tds/tokens/token_writer.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tdsfake::tds {

struct scripted_message {
    bool is_error = false;
    server_message message;
};
struct scripted_envchange {
    std::uint8_t type = 0;
    std::string new_text, old_text;   // for the types whose values are texts
    core::bytes new_bytes, old_bytes; // for the others
    bool is_text = false;
    std::optional<std::pair<std::string, std::uint16_t>> route; // host and port of type 20
};
struct scripted_features {
    std::vector<std::pair<std::uint8_t, core::bytes>> acks;
};
struct scripted_columns {
    std::vector<column> columns;        // none: no metadata
    std::optional<std::uint16_t> count; // what the token says of their number
};
struct scripted_row {
    std::vector<column> columns; // of the COLMETADATA before it
    std::vector<datum> values;
    bool compressed = false;
    plp_form plp;
};
struct scripted_order {
    std::vector<std::uint16_t> columns;
};
struct scripted_status {
    std::int32_t value = 0;
};
struct scripted_done {
    std::uint8_t token = 0xfd; // FD, FE or FF
    tds::done done;
};
struct scripted_sspi {
    core::bytes data;
};
// FEDAUTHINFO, 2.2.7.12: 1 the URL of the token service, 2 the name of the server's principal.
struct scripted_fedauth {
    std::vector<std::pair<std::uint8_t, std::string>> options;
};
// SESSIONSTATE, 2.2.7.21.
struct scripted_state {
    std::uint32_t sequence = 0;
    bool recoverable = true;
    std::vector<std::pair<std::uint8_t, core::bytes>> states;
};
struct scripted_bytes {
    core::bytes data;
};

struct scripted_token {
    std::variant<
        scripted_message,
        scripted_envchange,
        loginack,
        scripted_features,
        scripted_columns,
        scripted_row,
        scripted_order,
        scripted_status,
        return_value,
        scripted_done,
        scripted_sspi,
        scripted_fedauth,
        scripted_state,
        scripted_bytes>
        what;
    std::optional<std::uint32_t> length{}; // instead of the true one, where the token has one
};

// "info", "loginack", "row", …: as the language has it.
std::string_view name(const scripted_token& token) noexcept;
void write(token_writer& out, const scripted_token& token);

} // namespace tdsfake::tds
