// What happened, one event each: the only thing that sinks, the summary and the user's --journal file see.
#pragma once

#include "core/duration.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tdsfake::journal {

enum class kind : std::uint8_t {
    ready,     // the server's addresses answer
    gate,      // what a connect meets from now on
    attempt,   // a connect that was counted by its SYN: peer, outcome
    connect,   // TCP accepted
    received,  // a whole message, decoded
    sent,      // an answer, or bytes of a scenario
    fault,     // a rule of the scenario fired
    step,      // one of its steps was performed
    violation, // the client broke the protocol: reason, hexdump
    signal,    // a signal of the scenario was raised
    closed,    // the connection is over: by whom, how
    notice,    // something about the server itself that a user should know
    unmet,     // an expectation of `verify` was not met
    verdict,   // the end of the run
};
std::string_view name(kind what) noexcept;

// A view holds static text only; text of the client's is a string.
using value = std::variant<std::int64_t, bool, std::string_view, std::string>;

struct field {
    std::string_view name; // static text
    journal::value value;

    template <class Number>
        requires std::is_integral_v<Number> && (!std::is_same_v<Number, bool>)
    field(std::string_view field_name, Number number)
        : name(field_name),
          value(static_cast<std::int64_t>(number)) {}
    field(std::string_view field_name, bool flag) : name(field_name), value(flag) {}
    field(std::string_view field_name, std::string text) : name(field_name), value(std::move(text)) {}
    field(std::string_view field_name, std::string_view static_text) : name(field_name), value(static_text) {}
    field(std::string_view field_name, const char* static_text)
        : name(field_name),
          value(std::string_view(static_text)) {}
};

inline constexpr std::uint32_t no_server = 0xffffffff;

struct event {
    kind what = kind::notice;
    core::instant at{};               // since the start of the run
    std::uint32_t server = no_server; // index in the scenario
    std::uint64_t connection = 0;     // number on its server, from 1; 0: none
    std::vector<field> fields;
    std::uint64_t sequence = 0; // set by the journal, from 1: the line in the --journal file

    [[nodiscard]] const value* find(std::string_view field_name) const noexcept;
};

// A value as text, for messages.
std::string to_text(const value& v);

} // namespace tdsfake::journal
