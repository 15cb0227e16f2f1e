// The shapes `overwrite`, `cut`, `segments` and `pace`: what becomes of bytes on their way to the socket.
#pragma once

#include "core/bytes.hpp"
#include "scenario/shapes.hpp"
#include "session/action.hpp"
#include "session/places.hpp"
#include "tds/tokens/token_writer.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tdsfake::session {

// Where bytes enter.
enum class layer : std::uint8_t {
    session,    // packets of TDS: framed by MARS, encrypted by TLS, as far as these are in force
    connection, // beneath MARS
    socket,     // beneath TLS
};

// What is sent at once; after `pause`, if there is one.
struct piece {
    core::bytes data;
    std::optional<scenario::duration_range> pause;
    way how;
};

class byte_shaper {
public:
    explicit byte_shaper(const scenario::shapes& shape);

    // The next bytes of the answer, with the token borders in it (offsets from its first byte on); `last`:
    // that was all. A position that the answer does not have is told in `problems` and left out.
    std::vector<piece> shaped(
        core::bytes&& data,
        std::span<const tds::token_mark> marks,
        bool last,
        std::vector<std::string>& problems
    );
    // The rest was cut off: nothing follows, whatever else is given.
    [[nodiscard]] bool over() const noexcept { return over_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

private:
    void overwrite();
    void split(std::uint64_t limit, bool final, std::vector<piece>& out, std::vector<std::string>& problems);
    void slice(std::uint64_t to, bool own_segment, std::vector<piece>& out);
    [[nodiscard]] std::optional<std::uint64_t> known(const places& of, std::size_t number) const noexcept;

    const scenario::shapes& shape_;
    places overwrites_, cut_, segments_;
    std::size_t next_item_ = 0;    // of the shape's segments
    std::size_t next_segment_ = 0; // of segments_
    std::optional<scenario::duration_range> pause_;
    bool paced_ = false;
    bool over_ = false;
    std::uint64_t size_ = 0; // bytes that came
    std::uint64_t sent_ = 0; // bytes that left
    core::bytes held_;       // what has not
    std::size_t gone_ = 0;   // bytes of it that are in pieces already
};

} // namespace tdsfake::session
