// The tokens of an answer in their order, written as far as there is room for them.
#pragma once

#include "session/generated_rows.hpp"
#include "session/row_source.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

namespace tdsfake::session {

class answer_plan final : public row_source {
public:
    using part = std::function<void(tds::token_writer&)>;

    void then(part tokens) { parts_.emplace_back(std::move(tokens)); }
    void then(std::shared_ptr<generated_rows> rows) { parts_.emplace_back(std::move(rows)); }

    bool write(tds::token_writer& out, std::size_t budget) override;

private:
    std::deque<std::variant<part, std::shared_ptr<generated_rows>>> parts_;
};

} // namespace tdsfake::session
