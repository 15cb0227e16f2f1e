#include "tds/tokens/token_writer.hpp"

#include "core/utf16.hpp"
#include "tds/code_page.hpp"
#include "tds/type_info.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t envchange_number = 0xe3;
constexpr std::uint8_t loginack_number = 0xad;
constexpr std::uint8_t featureextack_number = 0xae;
constexpr std::uint8_t colmetadata_number = 0x81;
constexpr std::uint8_t row_number = 0xd1;
constexpr std::uint8_t returnstatus_number = 0x79;

constexpr std::size_t max_b_varchar = 255;   // UTF-16 units
constexpr std::size_t max_us_varchar = 4000; // so that a token's own USHORT length cannot overflow
constexpr std::uint8_t informational = 10;   // a severity that travels as class 0

constexpr std::uint16_t nullable_flag = 0x0001; // 2.2.7.4: fNullable, fComputed
constexpr std::uint16_t computed_flag =
    0x0020; // what we send are always expressions, never a table's columns

// At most `limit` UTF-16 units of `text`, no surrogate pair cut in half.
core::bytes utf16_at_most(std::string_view text, std::size_t limit) {
    auto utf16 = core::utf8_to_utf16le(text);
    if (utf16.size() <= 2 * limit) return utf16;
    std::size_t units = limit;
    if (units > 0 && (utf16[2 * units - 1] & 0xfc) == 0xd8) --units;
    utf16.resize(2 * units);
    return utf16;
}

std::size_t declared_length(const column& column) noexcept {
    if (column.type == column::kind::varchar) return std::clamp<std::size_t>(column.max_chars, 1, 8000);
    return 2 * std::clamp<std::size_t>(column.max_chars, 1, 4000);
}

// INT: text that is a number counts as one, anything else as NULL; what does not fit is saturated.
std::optional<std::int32_t> as_int(const cell& value) noexcept {
    std::int64_t wide = 0;
    if (const auto* const number = std::get_if<std::int64_t>(&value)) {
        wide = *number;
    } else if (const auto* const text = std::get_if<std::string>(&value)) {
        const char* const end = text->data() + text->size();
        const auto [stop, failed] = std::from_chars(text->data(), end, wide);
        if (failed != std::errc() || stop != end) return std::nullopt;
    } else {
        return std::nullopt;
    }
    using limits = std::numeric_limits<std::int32_t>;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(wide, limits::min(), limits::max()));
}

std::optional<std::string> as_text(const cell& value) {
    if (const auto* const number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* const text = std::get_if<std::string>(&value)) return *text;
    return std::nullopt;
}

void write_int_cell(core::byte_writer& out, const column& column, const cell& value) {
    const auto number = as_int(value);
    if (column.nullable) out.u8(number ? 4 : 0);
    if (number || !column.nullable) out.u32_le(static_cast<std::uint32_t>(number.value_or(0)));
}

void write_text_cell(core::byte_writer& out, const column& column, const cell& value) {
    const auto text = as_text(value);
    if (!text && column.nullable) {
        out.u16_le(0xffff);
        return;
    }
    const std::size_t most = declared_length(column);
    core::bytes data;
    if (column.type == column::kind::varchar) {
        data = utf8_to_cp1252(text.value_or(""));
        data.resize(std::min(data.size(), most));
    } else {
        data = utf16_at_most(text.value_or(""), most / 2);
    }
    out.u16_le(data.size());
    out.append(data);
}

} // namespace

void token_writer::b_varchar(std::string_view text) {
    const auto utf16 = utf16_at_most(text, max_b_varchar);
    out_.u8(utf16.size() / 2);
    out_.append(utf16);
}

void token_writer::us_varchar(std::string_view text) {
    const auto utf16 = utf16_at_most(text, max_us_varchar);
    out_.u16_le(utf16.size() / 2);
    out_.append(utf16);
}

std::size_t token_writer::begin_token(std::uint8_t token, std::string_view name) {
    mark(name);
    out_.u8(token);
    out_.u16_le(0);
    return out_.size();
}

void token_writer::end_token(std::size_t began) { out_.patch_u16_le(began - 2, out_.size() - began); }

// AA or AB, USHORT length, LONG number, state, class, US_VARCHAR text, B_VARCHAR server, B_VARCHAR procedure,
// line
void token_writer::write_message(std::uint8_t token, std::string_view name, const server_message& message) {
    const auto began = begin_token(token, name);
    out_.u32_le(static_cast<std::uint32_t>(message.number));
    out_.u8(message.state);
    out_.u8(message.severity == informational ? 0 : message.severity);
    us_varchar(message.message);
    b_varchar(message.server);
    b_varchar(message.procedure);
    if (at_least(version_, tds_version::v7_2)) {
        out_.u32_le(message.line);
    } else {
        out_.u16_le(std::min<std::uint32_t>(message.line, 0xffff));
    }
    end_token(began);
}

// FD, FE or FF, USHORT status, USHORT curcmd, row count of 8 bytes (4 up to 7.1)
void token_writer::write_done(std::uint8_t token, std::string_view name, const tds::done& done) {
    mark(name);
    out_.u8(token);
    out_.u16_le(done.status);
    out_.u16_le(done.command);
    if (at_least(version_, tds_version::v7_2)) {
        out_.u64_le(done.row_count);
    } else {
        out_.u32_le(std::min<std::uint64_t>(done.row_count, 0xffffffff));
    }
}

void token_writer::envchange_text(envchange type, std::string_view new_value, std::string_view old_value) {
    const auto began = begin_token(envchange_number, "envchange");
    out_.u8(static_cast<std::uint8_t>(type));
    b_varchar(new_value);
    b_varchar(old_value);
    end_token(began);
}

void token_writer::envchange_bytes(envchange type, core::byte_view new_value, core::byte_view old_value) {
    const auto began = begin_token(envchange_number, "envchange");
    out_.u8(static_cast<std::uint8_t>(type));
    for (const auto value : {new_value, old_value}) {
        const auto fitting = value.first(std::min<std::size_t>(value.size(), 255));
        out_.u8(fitting.size());
        out_.append(fitting);
    }
    end_token(began);
}

// New value: USHORT length of the rest, protocol 00 (TCP), USHORT port, US_VARCHAR host [, US_VARCHAR
// database]; old value: 00 00
void token_writer::routing(
    std::string_view host, std::uint16_t port, const std::optional<std::string>& database
) {
    const auto began = begin_token(envchange_number, "envchange");
    out_.u8(static_cast<std::uint8_t>(database ? envchange::enhanced_routing : envchange::routing));
    const auto length_at = out_.size();
    out_.u16_le(0);
    out_.u8(0);
    out_.u16_le(port);
    us_varchar(host);
    if (database) us_varchar(*database);
    out_.patch_u16_le(length_at, out_.size() - length_at - 2);
    out_.u16_le(0);
    end_token(began);
}

void token_writer::login_ack(const loginack& token) {
    const auto began = begin_token(loginack_number, "loginack");
    out_.u8(token.interface);
    out_.u32_be(token.tds_version);
    b_varchar(token.program_name);
    out_.append(token.version);
    end_token(began);
}

// AE, { id, DWORD length, data } …, FF: no length of the whole
void token_writer::feature_ext_ack(const std::vector<std::pair<std::uint8_t, core::bytes>>& acks) {
    mark("featureextack");
    out_.u8(featureextack_number);
    for (const auto& [id, data] : acks) {
        out_.u8(id);
        out_.u32_le(data.size());
        out_.append(data);
    }
    out_.u8(0xff);
}

// 81, USHORT count, { UserType of 4 bytes (2 up to 7.1), USHORT flags, TYPE_INFO, B_VARCHAR name } …
void token_writer::col_metadata(const std::vector<column>& columns, const collation& sort) {
    mark("colmetadata");
    out_.u8(colmetadata_number);
    out_.u16_le(columns.size());
    for (const auto& column : columns) {
        if (at_least(version_, tds_version::v7_2)) {
            out_.u32_le(0);
        } else {
            out_.u16_le(0);
        }
        out_.u16_le(column.nullable ? computed_flag | nullable_flag : computed_flag);
        if (column.type == column::kind::integer) {
            out_.u8(column.nullable ? data_type::intn : data_type::int4);
            if (column.nullable) out_.u8(4);
        } else {
            out_.u8(column.type == column::kind::varchar ? data_type::bigvarchar : data_type::nvarchar);
            out_.u16_le(declared_length(column));
            if (at_least(version_, tds_version::v7_1)) out_.append(sort);
        }
        b_varchar(column.name);
    }
}

void token_writer::row(const std::vector<column>& columns, const std::vector<cell>& cells) {
    static const cell null;
    mark("row");
    out_.u8(row_number);
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto& value = i < cells.size() ? cells[i] : null;
        if (columns[i].type == column::kind::integer) {
            write_int_cell(out_, columns[i], value);
        } else {
            write_text_cell(out_, columns[i], value);
        }
    }
}

void token_writer::return_status(std::int32_t value) {
    mark("returnstatus");
    out_.u8(returnstatus_number);
    out_.u32_le(static_cast<std::uint32_t>(value));
}

void token_writer::raw(std::string_view token, core::byte_view data) {
    mark(token);
    out_.append(data);
}

void token_writer::raw(core::byte_view data) {
    mark("raw");
    out_.append(data);
}

} // namespace tdsfake::tds
