// The overrides of one `reply` step, looked up by field; and the texts of errors with the client's values
// filled in.
#pragma once

#include "core/hex.hpp"
#include "session/answer.hpp"

#include <string>
#include <string_view>

namespace tdsfake::session {

class override_set {
public:
    explicit override_set(overrides changes) noexcept : changes_(changes) {}

    [[nodiscard]] bool left_out(std::string_view field) const noexcept {
        const auto* change = find(field);
        return change != nullptr && change->none;
    }
    [[nodiscard]] const std::string* value(std::string_view field) const noexcept {
        const auto* change = find(field);
        return change != nullptr && change->value ? &*change->value : nullptr;
    }
    [[nodiscard]] std::string text(std::string_view field, const std::string& otherwise) const {
        const auto* given = value(field);
        return given != nullptr ? *given : otherwise;
    }
    // Written as 0x….
    [[nodiscard]] core::bytes bytes(std::string_view field, const core::bytes& otherwise) const {
        const auto* given = value(field);
        if (given == nullptr || !given->starts_with("0x")) return otherwise;
        return core::from_hex(std::string_view(*given).substr(2)).value_or(otherwise);
    }

private:
    [[nodiscard]] const scenario::field_override* find(std::string_view field) const noexcept {
        for (const auto& change : changes_) {
            if (change.field == field) return &change;
        }
        return nullptr;
    }
    overrides changes_;
};

class request_values;

// {user}, {database}, {server} and {spid} of the text replaced, the server's name filled in; of a query's
// message the values of the request, too.
tds::server_message filled(
    tds::server_message message,
    const scenario::server& server,
    const state& session,
    const request_values* values = nullptr
);

} // namespace tdsfake::session
