// Bulk load (MS-TDS 2.2.6.1): what INSERT BULK announced, as tokens of the client's: COLMETADATA, ROW …,
// DONE.
#include "tds/request.hpp"
#include "tds/wire_text.hpp"

namespace tdsfake::tds {

namespace {

constexpr std::uint8_t colmetadata = 0x81;
constexpr std::uint8_t row = 0xd1;
constexpr std::uint8_t nbcrow = 0xd2;
constexpr std::uint8_t done = 0xfd;
constexpr std::size_t most_columns = 1024;
constexpr std::size_t narrow_done = 8; // status, curcmd and the count, behind the token
constexpr std::size_t wide_done = 12;

// UserType, flags, TYPE_INFO, a table name for TEXT, NTEXT and IMAGE (a US_VARCHAR in every version), name
boost::system::error_code read_columns(core::byte_reader& in, bulk_load& out, tds_version version) {
    const std::size_t count = in.u16_le();
    if (!in.ok()) return core::wire_errc::truncated;
    if (count == 0 || count > most_columns) return core::wire_errc::bad_value;
    for (std::size_t i = 0; i < count; ++i) {
        in.take(at_least(version, tds_version::v7_2) ? 6 : 4);
        if (!in.ok()) return core::wire_errc::truncated;
        bulk_column column;
        auto type = read_type_info(in, version);
        if (type.has_error()) return type.error();
        if (!type.value() || type.value()->number == null_number) return core::wire_errc::bad_value;
        column.type = std::move(*type.value());
        if (column.type.is_long()) read_us_varchar(in);
        column.name = read_b_varchar(in);
        if (!in.ok()) return core::wire_errc::truncated;
        out.columns.push_back(std::move(column));
    }
    return {};
}

boost::system::error_code read_row(core::byte_reader& in, const bulk_load& load, bool compressed) {
    const auto nulls = in.take(compressed ? (load.columns.size() + 7) / 8 : 0);
    if (!in.ok()) return core::wire_errc::truncated;
    for (std::size_t i = 0; i < load.columns.size(); ++i) {
        if (compressed && (nulls[i / 8] >> (i % 8) & 1) != 0) continue;
        const auto read = read_value(in, load.columns[i].type, value_place::row);
        if (read.has_error()) return read.error();
    }
    return {};
}

} // namespace

core::result<bulk_load> parse_bulk_load(core::byte_view payload, tds_version version) {
    core::byte_reader in(payload);
    bulk_load out;
    if (in.u8() != colmetadata) return in.ok() ? core::wire_errc::bad_value : core::wire_errc::truncated;
    if (const auto failed = read_columns(in, out, version)) return failed;
    while (in.remaining() > 0) { // not every client ends with DONE
        const auto token = in.u8();
        if (token == done) {
            // mssql-python counts in 4 bytes in every version.
            const bool wide = at_least(version, tds_version::v7_2) && in.remaining() != narrow_done;
            in.take(wide ? wide_done : narrow_done);
            if (!in.ok()) return core::wire_errc::truncated;
            if (in.remaining() > 0) return core::wire_errc::extra_bytes;
            return out;
        }
        if (token != row && token != nbcrow) return core::wire_errc::bad_value;
        if (const auto failed = read_row(in, out, token == nbcrow)) return failed;
        ++out.rows;
    }
    return out;
}

} // namespace tdsfake::tds
