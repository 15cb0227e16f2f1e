// Reads the tokens of an answer back: for round-trip tests and for describing what was sent.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tds/tokens/token_writer.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tdsfake::tds {

struct envchange_token {
    std::uint8_t type = 0;
    core::bytes new_value; // without its length
    core::bytes old_value;
};
// A value of a row: NULL, a number (of BIT to BIGINT), or the text of any other type's.
using cell = std::variant<std::monostate, std::int64_t, std::string>;
struct returned {
    std::uint16_t ordinal = 0;
    std::string name;
    std::uint8_t status = 0;
    sql_type type;
    tds::cell value;
};
struct named_token {
    std::uint8_t token = 0;
    std::variant<
        std::monostate,
        server_message,
        envchange_token,
        loginack,
        done,
        std::vector<column>,
        std::vector<cell>,
        returned,
        std::int32_t>
        value;
};

// All tokens of a payload, in order. An unknown token or one that runs past the end is an error.
core::result<std::vector<named_token>> parse_tokens(core::byte_view payload, tds_version version);

} // namespace tdsfake::tds
