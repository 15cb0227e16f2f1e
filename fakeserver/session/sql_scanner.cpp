#include "session/sql_scanner.hpp"

#include "core/text.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

bool in_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '@' || c == '#' || c == '$' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

} // namespace

std::string_view sql_scanner::next() noexcept {
    const auto token = peek();
    at_ += token.size();
    end_of_last_ = at_;
    pass_blanks();
    return token;
}

bool sql_scanner::next_is(std::string_view word) noexcept {
    if (!core::equals_ignoring_case(peek(), word)) return false;
    next();
    return true;
}

std::size_t sql_scanner::part_at(std::size_t at) const noexcept {
    if (at >= text_.size()) return 0;
    const char first = text_[at];
    if (first == '\'' || first == '"' || first == '[') {
        const auto end = text_.find(first == '[' ? ']' : first, at + 1);
        return end == std::string_view::npos ? text_.size() - at : end + 1 - at;
    }
    std::size_t length = 0;
    while (at + length < text_.size() && in_word(text_[at + length]))
        ++length;
    return std::max<std::size_t>(length, 1);
}

std::size_t sql_scanner::length_at(std::size_t at) const noexcept {
    auto end = at + part_at(at);
    while (end > at && end < text_.size() &&
           (text_[end] == '.' || (text_[end - 1] == '.' && (text_[end] == '[' || text_[end] == '"'))))
        end += part_at(end);
    return end - at;
}

void sql_scanner::pass_blanks() noexcept {
    while (at_ < text_.size()) {
        const auto rest = text_.substr(at_);
        std::size_t size = 0;
        if (rest.starts_with("/*")) {
            const auto end = rest.find("*/", 2);
            size = end == std::string_view::npos ? rest.size() : end + 2;
        } else if (rest.starts_with("--")) {
            size = std::min(rest.find('\n'), rest.size());
        } else if (static_cast<unsigned char>(rest.front()) <= ' ') {
            size = 1;
        }
        if (size == 0) return;
        at_ += size;
    }
}

} // namespace tdsfake::session
