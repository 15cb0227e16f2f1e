// `$user`, `$@id`, `$1` … in the texts of a query, for one request.
#pragma once

#include "scenario/model.hpp"
#include "session/rpc_requests.hpp"
#include "session/state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

class request_values {
public:
    // `call`: the one that is answered; none for a batch. Everything outlives this object.
    request_values(
        const state& session, std::string_view sql, const tds::rpc_call* call, std::string_view declaration
    );

    // Nothing: NULL, or the request has no such value.
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
    // The text with its values; `$row` stays what it is. Nothing where the text is one value, and that is
    // NULL.
    [[nodiscard]] std::optional<std::string> filled(std::string_view text) const;

    // By name (its @ may be missing) or by position from 1.
    [[nodiscard]] const user_parameter* parameter(std::string_view name) const;
    [[nodiscard]] const std::vector<user_parameter>& parameters() const noexcept { return parameters_; }

private:
    const state& session_;
    std::string_view sql_;
    std::vector<user_parameter> parameters_;
};

// The cell's value in a column; nothing if its text, now that it is known, is no value of the column's type:
// then `problem` says so. Texts that are too long for the column are cut.
std::optional<tds::datum> cell_value(
    const tds::column& column, const scenario::cell& cell, const request_values& values, std::string& problem
);

} // namespace tdsfake::session
