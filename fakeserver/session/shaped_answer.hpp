// What a sending step with shapes beside it sends, a part at a time: tokens, packets, bytes, and all of it
// again. A generated result passes through without ever standing in memory whole.
#pragma once

#include "session/row_source.hpp"
#include "session/shape.hpp"
#include "session/shape_packets.hpp"
#include "session/shape_tokens.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tdsfake::session {

// How a message is carried when nothing is said.
struct framing {
    tds::packet_type type = tds::packet_type::tabular_result;
    std::size_t packet_size = tds::default_packet_size;
    std::uint16_t spid = 0;
    tds::dialect to;
};

class shaped_answer {
public:
    // A message of tokens; `rest`: what follows them, if they are not all.
    shaped_answer(
        const scenario::shapes& shape,
        const framing& as,
        tds::answer&& tokens,
        std::unique_ptr<row_source> rest
    );
    // Bytes as they are.
    shaped_answer(const scenario::shapes& shape, core::bytes&& data);

    // The next part, about `budget` bytes of it.
    std::vector<piece> next(std::size_t budget);
    [[nodiscard]] bool done() const noexcept { return done_ && again_ == 0; }
    // What ends the message here, instead of all that next() would give: DONE with an error.
    std::vector<piece> interrupted();

    // Of one time; of a generated result, so far.
    [[nodiscard]] std::uint64_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::uint64_t sent() const noexcept { return bytes_.sent(); }
    [[nodiscard]] bool cut() const noexcept { return bytes_.over(); }
    [[nodiscard]] bool left_out(std::string_view token) const noexcept {
        return tokens_ && tokens_->left_out(token);
    }
    [[nodiscard]] bool generated() const noexcept { return generated_; }
    // What the shape asks for and the answer does not have, since this was last asked.
    std::vector<std::string> take_problems() { return std::exchange(problems_, {}); }

private:
    std::vector<piece> shaped(tds::answer&& tokens, bool last);

    const scenario::shapes& shape_;
    tds::dialect to_;
    std::unique_ptr<token_shaper> tokens_; // of a message of tokens
    std::unique_ptr<packet_shaper> packets_;
    byte_shaper bytes_;
    tds::answer first_;
    core::bytes raw_;
    std::unique_ptr<row_source> rest_;
    std::vector<piece> whole_; // what is to be repeated
    std::uint64_t again_ = 0;  // times
    bool done_ = false;
    bool generated_ = false;
    std::vector<std::string> problems_;
};

// Bytes that leave as one, such as a datagram.
core::bytes
shaped_at_once(core::bytes&& data, const scenario::shapes& shape, std::vector<std::string>& problems);

} // namespace tdsfake::session
