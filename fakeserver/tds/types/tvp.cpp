#include "tds/types/tvp.hpp"

#include "tds/wire_text.hpp"

namespace tdsfake::tds {

namespace {

constexpr std::uint16_t no_metadata = 0xffff;
constexpr std::uint16_t has_default = 0x0200; // of a column's flags: rows have no value for it
constexpr std::uint8_t row_follows = 0x01;
constexpr std::uint8_t end = 0x00;
constexpr std::size_t most_columns = 1024;
constexpr std::uint8_t order_and_unique = 0x10;
constexpr std::uint8_t column_ordering = 0x11;

// { 10, count, { column, flags } … } or { 11, count, column … }, until 00
boost::system::error_code skip_optional_metadata(core::byte_reader& reader) {
    for (;;) {
        const auto token = reader.u8();
        if (!reader.ok()) return core::wire_errc::truncated;
        if (token == end) return {};
        if (token != order_and_unique && token != column_ordering) return core::wire_errc::bad_value;
        const std::size_t count = reader.u16_le();
        reader.take(count * (token == order_and_unique ? 3U : 2U));
        if (!reader.ok()) return core::wire_errc::truncated;
    }
}

} // namespace

// TVP_TYPENAME (three B_VARCHAR), TVP_COLMETADATA, optional metadata, 00, { 01, values } …, 00
core::result<tvp> read_tvp(core::byte_reader& reader, tds_version version) {
    tvp out;
    for (int i = 0; i < 3; ++i) {
        const auto part = read_b_varchar(reader);
        if (!part.empty()) out.name += (out.name.empty() ? "" : ".") + part;
    }
    const std::size_t count = reader.u16_le();
    if (!reader.ok()) return core::wire_errc::truncated;
    out.is_null = count == no_metadata;
    if (!out.is_null && count > most_columns) return core::wire_errc::bad_value;
    std::vector<std::size_t> sent; // columns that rows have values for
    for (std::size_t i = 0; !out.is_null && i < count; ++i) {
        reader.u32_le(); // UserType
        const auto flags = reader.u16_le();
        if (!reader.ok()) return core::wire_errc::truncated;
        auto type = read_type_info(reader, version);
        if (type.has_error()) return type.error();
        if (!type.value() || type.value()->number == null_number) return core::wire_errc::bad_value;
        read_b_varchar(reader); // a name, always empty
        if (!reader.ok()) return core::wire_errc::truncated;
        out.columns.push_back(std::move(*type.value()));
        if ((flags & has_default) == 0) sent.push_back(i);
    }
    if (const auto failed = skip_optional_metadata(reader)) return failed;
    for (;;) {
        const auto token = reader.u8();
        if (!reader.ok()) return core::wire_errc::truncated;
        if (token == end) return out;
        if (token != row_follows || out.is_null) return core::wire_errc::bad_value;
        for (const auto column : sent) {
            const auto read = read_value(reader, out.columns[column]);
            if (read.has_error()) return read.error();
        }
        ++out.rows;
    }
}

} // namespace tdsfake::tds
