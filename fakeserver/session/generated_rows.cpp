#include "session/generated_rows.hpp"

#include "core/utf16.hpp"
#include "scenario/request_values.hpp"

#include <algorithm>
#include <cstring>
#include <ranges>

namespace tdsfake::session {

namespace {

constexpr std::uint8_t row_token = 0xd1;
constexpr std::uint8_t nbcrow_token = 0xd2;
constexpr std::size_t longest_number = 20; // digits

// The largest number of the type, where it counts in whole bytes.
std::uint64_t most_of(tds::type_id id) noexcept {
    switch (id) {
    case tds::type_id::bit: return 1;
    case tds::type_id::tinyint: return 0xff;
    case tds::type_id::smallint: return 0x7fff;
    case tds::type_id::int_: return 0x7fffffff;
    default: return 0x7fffffffffffffff;
    }
}

std::string with_number(std::string_view text, std::string_view number) {
    return scenario::with_request_values(text, [&](std::string_view) { return std::string(number); });
}

// The text around its one `$row`.
struct around {
    std::string_view before;
    std::string_view after;
};
std::optional<around> parted(std::string_view text) {
    const auto begin = text.find(scenario::value_begins);
    const auto end = text.find(scenario::value_ends);
    if (begin == std::string_view::npos ||
        text.find(scenario::value_begins, begin + 1) != std::string_view::npos)
        return std::nullopt;
    return around{text.substr(0, begin), text.substr(end + 1)};
}

} // namespace

generated_rows::generated_rows(
    const std::vector<tds::column>& columns,
    const std::vector<scenario::cell>& values,
    std::optional<std::uint64_t> count,
    const tds::plp_form& plp,
    const tds::dialect& to
)
    : columns_(columns),
      count_(count),
      plp_(plp),
      to_(to) {
    compile(columns, values);
}

void generated_rows::compile(
    const std::vector<tds::column>& columns, const std::vector<scenario::cell>& values
) {
    core::byte_writer constant;
    const auto is_null = [&](std::size_t i) { return !values[i].value && values[i].text.empty(); };
    std::size_t saved = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (is_null(i)) saved += tds::null_size(tds::wire_type(columns[i].type, to_), columns[i].nullable);
    }
    const auto bitmap = (columns.size() + 7) / 8;
    const bool compressed = tds::at_least(to_.version, tds::tds_version::v7_3b) && saved > bitmap;
    constant.u8(compressed ? nbcrow_token : row_token);
    for (std::size_t first = 0; compressed && first < columns.size(); first += 8) {
        unsigned bits = 0;
        for (std::size_t i = first; i < std::min(first + 8, columns.size()); ++i)
            bits |= is_null(i) ? 1U << (i - first) : 0U;
        constant.u8(bits);
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!(compressed && is_null(i))) compile_cell(i, values[i], constant);
    }
    tail_ = constant.take();
    fixed_size_ = tail_.size();
    for (const auto& part : pieces_)
        fixed_size_ += part.constant.size() + part.size + part.longest + 2;
}

void generated_rows::compile_cell(
    std::size_t index, const scenario::cell& value, core::byte_writer& constant
) {
    const auto& column = columns_[index];
    const auto wire = tds::wire_type(column.type, to_);
    if (value.text.empty()) {
        const auto data =
            value.value ? tds::datum(tds::converted(column.type, wire, *value.value)) : tds::datum();
        tds::write_value(
            constant, wire, column.nullable, data ? &*data : nullptr, tds::value_place::row, plp_
        );
        return;
    }
    piece part;
    part.column = index;
    const auto& entry = tds::entry_of(wire.id);
    const auto around_row = parted(value.text);
    const bool plain = around_row && around_row->before.empty() && around_row->after.empty();
    const bool varying = wire.id == tds::type_id::varchar || wire.id == tds::type_id::nvarchar;
    if (plain && entry.values == tds::value_class::integer) {
        part.fills = filler::integer;
        part.size = entry.size;
        part.most = most_of(wire.id);
        if (column.nullable) constant.u8(entry.size);
    } else if (around_row && varying && !wire.is_max() && wire == column.type) {
        const bool unicode = wire.id == tds::type_id::nvarchar;
        part.fills = filler::text;
        part.unit = unicode ? 2 : 1;
        const auto encoded = [&](std::string_view text) {
            return tds::parse_value({.id = unicode ? tds::type_id::ntext : tds::type_id::text}, text)
                .value_or(core::bytes{});
        };
        part.before = encoded(around_row->before);
        part.after = encoded(around_row->after);
        part.longest = std::size_t{wire.length} * part.unit;
    } else {
        part.fills = filler::any;
        part.text = value.text;
    }
    part.constant = constant.take();
    constant = core::byte_writer();
    pieces_.push_back(std::move(part));
}

void generated_rows::write_integer(const piece& part, std::uint64_t number, std::uint8_t* to) {
    if (part.most != 0x7fffffffffffffff) number %= part.most + 1;
    for (std::size_t i = 0; i < part.size; ++i, number >>= 8)
        to[i] = static_cast<std::uint8_t>(number);
}

void generated_rows::append(core::byte_view data) {
    if (buffer_.size() - used_ < data.size())
        buffer_.resize(std::max(buffer_.size() * 2, used_ + data.size()));
    if (!data.empty()) std::memcpy(buffer_.data() + used_, data.data(), data.size());
    used_ += data.size();
}

void generated_rows::append_text(std::size_t number) {
    const auto& part = pieces_[number];
    std::size_t left = part.longest;
    const auto take = [&](std::size_t wanted) {
        const auto size = std::min(left, wanted);
        left -= size;
        return size;
    };
    auto* const length_at = buffer_.data() + used_;
    auto* to = length_at + 2;
    if (const auto size = take(part.before.size()); size > 0) {
        std::memcpy(to, part.before.data(), size);
        to += size;
    }
    const auto shown = take(digits_.size() * part.unit) / part.unit;
    marks_.push_back({static_cast<std::size_t>(to - buffer_.data()), number, shown});
    if (part.unit == 2) {
        for (std::size_t i = 0; i < shown; ++i) {
            *to++ = static_cast<std::uint8_t>(digits_[i]);
            *to++ = 0;
        }
    } else if (shown > 0) {
        std::memcpy(to, digits_.data(), shown);
        to += shown;
    }
    if (const auto size = take(part.after.size()); size > 0) {
        std::memcpy(to, part.after.data(), size);
        to += size;
    }
    const auto length = static_cast<std::size_t>(to - length_at) - 2;
    length_at[0] = static_cast<std::uint8_t>(length);
    length_at[1] = static_cast<std::uint8_t>(length >> 8);
    used_ += length + 2;
}

void generated_rows::append_any(const piece& part) {
    const auto& column = columns_[part.column];
    const auto text = with_number(part.text, digits_);
    auto data = tds::parse_value(column.type, text);
    if (!data) data = tds::cut_value(column.type, text);
    for (std::size_t digits = std::min(digits_.size(), longest_number); !data && digits > 0;) {
        // A number that has outgrown its type goes on with its last digits.
        --digits;
        data = tds::parse_value(
            column.type, with_number(part.text, digits == 0 ? "0" : digits_.substr(digits_.size() - digits))
        );
    }
    core::byte_writer out;
    const auto wire = tds::wire_type(column.type, to_);
    if (data) {
        const auto bytes = tds::converted(column.type, wire, *data);
        tds::write_value(out, wire, column.nullable, &bytes, tds::value_place::row, plp_);
    } else {
        tds::write_value(out, wire, column.nullable, nullptr, tds::value_place::row, plp_);
    }
    append(out.view());
    if (buffer_.size() - used_ < fixed_size_) buffer_.resize(buffer_.size() + fixed_size_);
}

void generated_rows::append_integer(std::size_t number) {
    const auto& part = pieces_[number];
    marks_.push_back({used_, number, 0});
    used_ += part.size;
    write_integer(part, next_, buffer_.data() + marks_.back().at);
}

// Piece by piece.
void generated_rows::build_row() {
    const auto begin = used_;
    marks_.clear();
    bool repeats = true;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const auto& part = pieces_[i];
        append(part.constant);
        switch (part.fills) {
        case filler::none: break;
        case filler::integer: append_integer(i); break;
        case filler::text: append_text(i); break;
        case filler::any:
            append_any(part);
            repeats = false;
            break;
        }
    }
    append(tail_);
    last_row_.clear();
    if (!repeats) return;
    last_row_.assign(buffer_.data() + begin, buffer_.data() + used_);
    for (auto& one : marks_)
        one.at -= begin;
}

void generated_rows::renumber_last_row() {
    const auto first = digits_.size() - changed_;
    for (const auto& one : marks_) {
        const auto& part = pieces_[one.part];
        auto* const at = last_row_.data() + one.at;
        if (part.fills == filler::integer) {
            write_integer(part, next_, at);
            continue;
        }
        for (auto i = first; i < one.shown; ++i)
            at[i * part.unit] = static_cast<std::uint8_t>(digits_[i]);
    }
}

void generated_rows::append_row() {
    if (buffer_.size() - used_ < fixed_size_)
        buffer_.resize(std::max(buffer_.size() * 2, used_ + fixed_size_));
    if (changed_ == 0 || last_row_.empty()) return build_row();
    renumber_last_row();
    append(last_row_);
}

// The next row's number and its digits: nearly always the last one alone.
void generated_rows::count_up() {
    ++next_;
    changed_ = 0;
    for (auto& digit : digits_ | std::views::reverse) {
        ++changed_;
        if (digit != '9') {
            ++digit;
            return;
        }
        digit = '0';
    }
    digits_.insert(0, 1, '1');
    changed_ = 0;
}

bool generated_rows::write(tds::token_writer& out, std::size_t budget) {
    buffer_.resize(std::max(buffer_.size(), budget + fixed_size_));
    used_ = 0;
    std::size_t told = 0;
    while (used_ < budget && !(count_ && next_ > *count_)) {
        append_row();
        count_up();
        if (out.keeps_marks()) { // each row is told apart
            out.rows(core::byte_view(buffer_).subspan(told, used_ - told));
            told = used_;
        }
    }
    if (told < used_) out.rows(core::byte_view(buffer_).subspan(told, used_ - told));
    return !(count_ && next_ > *count_);
}

} // namespace tdsfake::session
