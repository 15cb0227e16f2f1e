#include "tds/tokens/token_writer.hpp"

#include "core/utf16.hpp"

#include <algorithm>

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t envchange_number = 0xe3;
constexpr std::uint8_t loginack_number = 0xad;
constexpr std::uint8_t featureextack_number = 0xae;
constexpr std::uint8_t colmetadata_number = 0x81;
constexpr std::uint8_t row_number = 0xd1;
constexpr std::uint8_t nbcrow_number = 0xd2;
constexpr std::uint8_t order_number = 0xa9;
constexpr std::uint8_t returnstatus_number = 0x79;
constexpr std::uint8_t returnvalue_number = 0xac;
constexpr std::uint16_t no_metadata_count = 0xffff;

constexpr std::size_t max_b_varchar = 255;   // UTF-16 units
constexpr std::size_t max_us_varchar = 4000; // so that a token's own USHORT length cannot overflow
constexpr std::uint8_t informational = 10;   // a severity that travels as class 0

// At most `limit` UTF-16 units of `text`, no surrogate pair cut in half.
core::bytes utf16_at_most(std::string_view text, std::size_t limit) {
    auto utf16 = core::utf8_to_utf16le(text);
    if (utf16.size() <= 2 * limit) return utf16;
    std::size_t units = limit;
    if (units > 0 && (utf16[2 * units - 1] & 0xfc) == 0xd8) --units;
    utf16.resize(2 * units);
    return utf16;
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
    if (at_least(to_.version, tds_version::v7_2)) {
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
    if (at_least(to_.version, tds_version::v7_2)) {
        out_.u64_le(done.row_count);
    } else {
        out_.u32_le(std::min<std::uint64_t>(done.row_count, 0xffffffff));
    }
}

void token_writer::envchange_text(envchange what, std::string_view new_value, std::string_view old_value) {
    const auto began = begin_token(envchange_number, "envchange");
    out_.u8(static_cast<std::uint8_t>(what));
    b_varchar(new_value);
    b_varchar(old_value);
    end_token(began);
}

void token_writer::envchange_bytes(envchange what, core::byte_view new_value, core::byte_view old_value) {
    const auto began = begin_token(envchange_number, "envchange");
    out_.u8(static_cast<std::uint8_t>(what));
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

// UserType of 4 bytes (2 up to 7.1), USHORT flags, TYPE_INFO
void token_writer::column_head(const column& column, const sql_type& wire, const collation_bytes& sort) {
    if (at_least(to_.version, tds_version::v7_2)) {
        out_.u32_le(column.user_type);
    } else {
        out_.u16_le(column.user_type);
    }
    const auto usual =
        column.nullable ? column::computed_flag | column::nullable_flag : column::computed_flag;
    out_.u16_le(column.flags.value_or(static_cast<std::uint16_t>(usual)));
    write_type_info(out_, wire, column.nullable, to_.version, sort);
}

// 81, USHORT count, { UserType, flags, TYPE_INFO, a table name for TEXT, NTEXT and IMAGE, B_VARCHAR name } …
void token_writer::col_metadata(std::span<const column> columns, const collation_bytes& sort) {
    mark("colmetadata");
    out_.u8(colmetadata_number);
    out_.u16_le(columns.size());
    for (const auto& column : columns) {
        const auto wire = wire_type(column.type, to_);
        column_head(column, wire, sort);
        if (wire.id == type_id::text || wire.id == type_id::ntext || wire.id == type_id::image) {
            // No table: an empty name, from 7.2 on as the only part. mssql-jdbc wants one part at least.
            if (at_least(to_.version, tds_version::v7_2)) out_.u8(1);
            out_.u16_le(0);
        }
        b_varchar(column.name);
    }
}

void token_writer::no_metadata() {
    mark("colmetadata");
    out_.u8(colmetadata_number);
    out_.u16_le(no_metadata_count);
}

void token_writer::cell(const column& column, const datum& v, const plp_form& plp) {
    const auto wire = wire_type(column.type, to_);
    if (!v) {
        write_value(out_, wire, column.nullable, nullptr, value_place::row);
    } else if (wire == column.type) {
        write_value(out_, wire, column.nullable, &*v, value_place::row, plp);
    } else {
        const auto data = converted(column.type, wire, *v);
        write_value(out_, wire, column.nullable, &data, value_place::row, plp);
    }
}

void token_writer::row(std::span<const column> columns, std::span<const datum> values, const plp_form& plp) {
    std::size_t saved = 0;
    for (std::size_t i = 0; i < columns.size() && at_least(to_.version, tds_version::v7_3b); ++i) {
        if (i >= values.size() || !values[i])
            saved += null_size(wire_type(columns[i].type, to_), columns[i].nullable);
    }
    if (saved > (columns.size() + 7) / 8) {
        nbc_row(columns, values, plp);
    } else {
        plain_row(columns, values, plp);
    }
}

void token_writer::plain_row(
    std::span<const column> columns, std::span<const datum> values, const plp_form& plp
) {
    static const datum null;
    mark("row");
    out_.u8(row_number);
    for (std::size_t i = 0; i < columns.size(); ++i)
        cell(columns[i], i < values.size() ? values[i] : null, plp);
}

// D2, a bit for each column that is NULL (the first column: bit 0 of the first byte), the other values
void token_writer::nbc_row(
    std::span<const column> columns, std::span<const datum> values, const plp_form& plp
) {
    mark("row");
    out_.u8(nbcrow_number);
    const auto is_null = [&](std::size_t i) { return i >= values.size() || !values[i]; };
    for (std::size_t first = 0; first < columns.size(); first += 8) {
        unsigned bits = 0;
        for (std::size_t i = first; i < std::min(first + 8, columns.size()); ++i)
            bits |= is_null(i) ? 1U << (i - first) : 0U;
        out_.u8(bits);
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!is_null(i)) cell(columns[i], values[i], plp);
    }
}

void token_writer::rows(core::byte_view encoded) {
    mark("row");
    out_.append(encoded);
}

// A9, USHORT length, column numbers
void token_writer::order(std::span<const std::uint16_t> columns) {
    const auto began = begin_token(order_number, "order");
    for (const auto column : columns)
        out_.u16_le(column);
    end_token(began);
}

// AC, USHORT ordinal, B_VARCHAR name, status, UserType, flags, TYPE_INFO, value
void token_writer::return_value(const tds::return_value& token, const collation_bytes& sort) {
    mark("returnvalue");
    out_.u8(returnvalue_number);
    out_.u16_le(token.ordinal);
    b_varchar(token.column.name);
    out_.u8(token.status);
    auto described = token.column;
    if (!described.flags) described.flags = std::uint16_t{0};
    const auto wire = wire_type(described.type, to_);
    column_head(described, wire, sort);
    if (!token.value) {
        write_value(out_, wire, described.nullable, nullptr, value_place::parameter);
        return;
    }
    const auto data = converted(described.type, wire, *token.value);
    write_value(out_, wire, described.nullable, &data, value_place::parameter);
}

void token_writer::return_status(std::int32_t value) {
    mark("returnstatus");
    out_.u8(returnstatus_number);
    out_.u32_le(static_cast<std::uint32_t>(value));
}

void token_writer::raw(std::string_view name, core::byte_view data) {
    mark(name);
    out_.append(data);
}

} // namespace tdsfake::tds
