// "Text to match": whole, ignoring letter case and extra blanks; or /regex/, found anywhere, ignoring letter
// case.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2; // NOLINT(readability-identifier-naming): their name
}

namespace tdsfake::scenario {

class pattern {
public:
    // `/…/` is a regular expression (RE2: linear in time, whatever a client sends); all else is text.
    // On a bad expression: nothing, and `error` says why.
    static std::optional<pattern> parse(std::string_view text, std::string& error);

    [[nodiscard]] bool matches(std::string_view subject) const;
    // As written.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    std::string normalised_;
    std::shared_ptr<const re2::RE2> regex_;
};

// A list: any of. An empty list matches everything.
bool matches_any(const std::vector<pattern>& patterns, std::string_view subject);

// The same for a procedure, which is known by its whole name, quoted or not, or by the last part of it:
// "[dbo].[get_orders]", "dbo.get_orders", "get_orders".
bool matches_any_part(const std::vector<pattern>& patterns, std::string_view procedure);

} // namespace tdsfake::scenario
