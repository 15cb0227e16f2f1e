// What the reader has to say about a file, collected so that one pass reports as much as it can.
#pragma once

#include "scenario/load.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

class findings {
public:
    // The remedy says what to write instead.
    void error(location where, std::string message, std::string remedy);
    void warning(location where, std::string message, std::string remedy);

    [[nodiscard]] bool has_errors() const noexcept { return !errors_.empty(); }
    // In file order, without repetitions.
    [[nodiscard]] std::vector<diagnostic> take_errors();
    [[nodiscard]] std::vector<diagnostic> take_warnings();

private:
    std::vector<diagnostic> errors_;
    std::vector<diagnostic> warnings_;
};

// A word of the file in a message: `word`, cut when it is long, without control characters.
std::string ticked(std::string_view word);

// "did you mean `x`?", or what `otherwise` says.
std::string
did_you_mean(std::string_view word, std::span<const std::string_view> candidates, std::string otherwise = {});

// "a, b or c".
std::string any_of(std::span<const std::string_view> words);

} // namespace tdsfake::scenario::reader
