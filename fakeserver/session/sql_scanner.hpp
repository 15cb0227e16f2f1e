// Reads SQL as far as telling statements apart needs: words, names, texts; comments and blanks are passed
// over.
#pragma once

#include <cstddef>
#include <string_view>

namespace tdsfake::session {

class sql_scanner {
public:
    explicit sql_scanner(std::string_view text) : text_(text) { pass_blanks(); }

    [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    [[nodiscard]] std::size_t end_of_last() const noexcept { return end_of_last_; }

    // A word, a name of one part or several (dbo.t, [dbo].[t]), a quoted text or a single character; empty at
    // the end.
    [[nodiscard]] std::string_view peek() const noexcept { return text_.substr(at_, length_at(at_)); }
    std::string_view next() noexcept;
    // Takes it if it is this word, in any letter case.
    bool next_is(std::string_view word) noexcept;

private:
    [[nodiscard]] std::size_t part_at(std::size_t at) const noexcept;
    [[nodiscard]] std::size_t length_at(std::size_t at) const noexcept;
    void pass_blanks() noexcept;

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t end_of_last_ = 0;
};

} // namespace tdsfake::session
