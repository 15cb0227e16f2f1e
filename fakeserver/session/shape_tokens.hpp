// The shapes `without` and `insert`: other tokens than the answer has.
#pragma once

#include "scenario/shapes.hpp"
#include "session/places.hpp"
#include "tds/tokens/token_writer.hpp"

#include <string>
#include <vector>

namespace tdsfake::session {

class token_shaper {
public:
    // `packet_size`: of the answer as it would leave, which is what a position in bytes counts.
    token_shaper(const scenario::shapes& shape, const tds::dialect& to, std::size_t packet_size);

    // The next whole tokens of the answer; `last`: that was all.
    tds::answer shaped(tds::answer&& tokens, bool last, std::vector<std::string>& problems);
    // Whether a token of this name was left out.
    [[nodiscard]] bool left_out(std::string_view token) const noexcept;

private:
    [[nodiscard]] tds::answer thinned(const tds::answer& tokens);
    [[nodiscard]] bool stays(std::string_view token);
    [[nodiscard]] std::optional<std::uint64_t> place_of(std::size_t insertion) const;
    [[nodiscard]] tds::answer filled(const tds::answer& tokens, bool last);

    const scenario::shapes& shape_;
    tds::dialect to_;
    std::size_t packet_size_;
    std::vector<std::uint32_t> seen_; // tokens of each name that is left out
    places places_;                   // of the insertions, in the payload
    std::vector<bool> inserted_;
    std::uint64_t before_ = 0; // payload that has come by
};

} // namespace tdsfake::session
