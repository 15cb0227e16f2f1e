// The positions of a shape, found while the bytes of an answer come by.
#pragma once

#include "scenario/shapes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session {

class places {
public:
    // Its number is how many were added before it.
    void add(const scenario::position& wanted);
    // A token begins at this offset.
    void see(std::string_view token, std::uint64_t offset);
    // That was all: so many bytes.
    void end(std::uint64_t size);

    // Nothing: not known yet, or never. It may be behind the end.
    [[nodiscard]] std::optional<std::uint64_t> at(std::size_t number) const noexcept;
    [[nodiscard]] const scenario::position& wanted(std::size_t number) const noexcept {
        return *places_[number].wanted;
    }
    // How many of the last bytes must not leave yet: a token or the end may still be asked to be so far back.
    [[nodiscard]] std::uint64_t held_back() const noexcept { return held_back_; }

private:
    struct place {
        const scenario::position* wanted = nullptr;
        std::optional<std::int64_t> at;
        std::uint32_t left = 0; // tokens until it is found
    };
    void find_held_back() noexcept;

    std::vector<place> places_;
    std::uint64_t held_back_ = 0;
};

// "row.3+2", as the scenario has it.
std::string describe(const scenario::position& p);

} // namespace tdsfake::session
