// Rows by number: `rows: {count: 1000000}`. What does not change from row to row is encoded once; a row is
// then a copy of the last one with its number written into it.
#pragma once

#include "scenario/model.hpp"
#include "tds/tokens/token_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::session {

class generated_rows {
public:
    // `values`: one for each column; in those that are texts, only `$row` is left to fill in.
    generated_rows(
        const std::vector<tds::column>& columns,
        const std::vector<scenario::cell>& values,
        std::optional<std::uint64_t> count,
        const tds::plp_form& plp,
        const tds::dialect& to
    );

    // Appends rows until about `budget` bytes were written. False: that was the last one.
    bool write(tds::token_writer& out, std::size_t budget);
    [[nodiscard]] std::uint64_t written() const noexcept { return next_ - 1; }

private:
    enum class filler : std::uint8_t { none, integer, text, any };
    // Constant bytes, and behind them what depends on the row.
    struct piece {
        core::bytes constant;
        filler fills = filler::none;
        // integer: a number of so many bytes, that begins again at 0 above `most`
        std::uint8_t size = 0;
        std::uint64_t most = 0;
        // text: a USHORT length, then `before`, the number's digits of `unit` bytes each, `after`
        std::uint8_t unit = 0;
        core::bytes before;
        core::bytes after;
        std::size_t longest = 0; // bytes of all three
        // any: the text is parsed for each row
        std::size_t column = 0;
        std::string text;
    };

    // Where the row's number stands in the last row.
    struct mark {
        std::size_t at = 0;
        std::size_t part = 0;  // of pieces_
        std::size_t shown = 0; // digits of a text; it may have been cut
    };

    void compile(const std::vector<tds::column>& columns, const std::vector<scenario::cell>& values);
    void compile_cell(std::size_t index, const scenario::cell& value, core::byte_writer& constant);
    void append_row();
    void build_row();
    void renumber_last_row();
    static void write_integer(const piece& part, std::uint64_t number, std::uint8_t* to);
    void append_integer(std::size_t number);
    void append_text(std::size_t number);
    void append_any(const piece& part);
    void append(core::byte_view data);
    void count_up();

    std::vector<tds::column> columns_;
    std::optional<std::uint64_t> count_;
    tds::plp_form plp_;
    tds::dialect to_;
    std::vector<piece> pieces_;
    core::bytes tail_; // constant, after the last piece
    std::size_t fixed_size_ = 0;
    std::uint64_t next_ = 1;
    std::string digits_ = "1"; // of next_
    std::size_t changed_ = 0;  // of the digits, at the end, since the row before; 0: all of them
    core::bytes last_row_;     // empty while rows cannot be made from the one before
    std::vector<mark> marks_;
    core::bytes buffer_;
    std::size_t used_ = 0;
};

} // namespace tdsfake::session
