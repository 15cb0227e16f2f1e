#include "tds/request.hpp"

#include "core/utf16.hpp"

namespace tdsfake::tds {

namespace {

constexpr std::uint16_t transaction_descriptor_header = 2;
constexpr std::uint8_t snapshot = 5;     // the highest isolation level; 0 keeps that of the session
constexpr std::size_t header_prefix = 6; // DWORD length, USHORT type
constexpr std::size_t usual_headers_size = 4 + 6 + 12; // one header, that of the transaction descriptor

// UTF-16 to the end of the payload.
core::result<std::string> read_text(core::byte_view utf16) {
    if (utf16.size() % 2 != 0) return core::wire_errc::bad_length;
    return core::utf16le_to_utf8(utf16);
}

// B_VARBYTE that holds UTF-16.
core::result<std::string> read_name(core::byte_reader& reader) {
    const auto utf16 = reader.take(reader.u8());
    if (!reader.ok()) return core::wire_errc::truncated;
    return read_text(utf16);
}

boost::system::error_code read_name_into(core::byte_reader& reader, std::string& name) {
    auto read = read_name(reader);
    if (read.has_error()) return read.error();
    name = std::move(read.value());
    return {};
}

// Isolation level, name.
boost::system::error_code
read_begin(core::byte_reader& reader, transaction_manager_request& request, std::string& name) {
    request.isolation = reader.u8();
    if (request.isolation > snapshot) return core::wire_errc::bad_value;
    return read_name_into(reader, name);
}

// Commit and rollback: name, flags; with flags bit 0 the isolation level and the name of the next
// transaction.
boost::system::error_code read_end(core::byte_reader& reader, transaction_manager_request& request) {
    auto ended = read_name(reader);
    if (ended.has_error()) return ended.error();
    request.transaction_name = std::move(ended.value());
    request.begins_new = (reader.u8() & 1) != 0;
    if (!request.begins_new) return {};
    return read_begin(reader, request, request.next_name);
}

} // namespace

// DWORD TotalLength (itself included), then { DWORD HeaderLength (itself included), USHORT HeaderType, data }
// …
core::result<all_headers> parse_all_headers(core::byte_view payload, tds_version version) {
    all_headers headers;
    if (!at_least(version, tds_version::v7_2)) return headers;
    core::byte_reader reader(payload);
    const std::uint32_t total = reader.u32_le();
    if (!reader.ok()) return core::wire_errc::truncated;
    if (total < 4 || total > payload.size()) return core::wire_errc::bad_length;
    headers.size = total;

    core::byte_reader list(payload.subspan(4, total - 4));
    while (list.remaining() > 0) {
        const std::uint32_t length = list.u32_le();
        const std::uint16_t type = list.u16_le();
        if (!list.ok() || length < header_prefix) return core::wire_errc::bad_length;
        core::byte_reader data(list.take(length - header_prefix));
        if (!list.ok()) return core::wire_errc::bad_length;
        if (type != transaction_descriptor_header) continue;
        headers.tells_transaction = true;
        headers.transaction_descriptor = data.u64_le();
        headers.outstanding_requests = data.u32_le();
        if (!data.ok()) return core::wire_errc::bad_length;
    }
    return headers;
}

core::result<sql_batch> parse_sql_batch(core::byte_view payload, tds_version version) {
    const auto headers = parse_all_headers(payload, version);
    if (headers.has_error()) return headers.error();
    auto sql = read_text(payload.subspan(headers.value().size));
    if (sql.has_error()) return sql.error();
    return sql_batch{headers.value(), std::move(sql.value())};
}

core::bytes encode_sql_batch(const sql_batch& message, tds_version version) {
    core::byte_writer out;
    if (at_least(version, tds_version::v7_2)) {
        out.u32_le(usual_headers_size);
        out.u32_le(usual_headers_size - 4);
        out.u16_le(transaction_descriptor_header);
        out.u64_le(message.headers.transaction_descriptor);
        out.u32_le(message.headers.outstanding_requests);
    }
    out.append(core::utf8_to_utf16le(message.sql));
    return out.take();
}

core::result<transaction_manager_request>
parse_transaction_manager(core::byte_view payload, tds_version version) {
    const auto headers = parse_all_headers(payload, version);
    if (headers.has_error()) return headers.error();
    core::byte_reader reader(payload.subspan(headers.value().size));
    transaction_manager_request request;
    request.headers = headers.value();
    request.kind = reader.u16_le();
    if (!reader.ok()) return core::wire_errc::truncated;

    boost::system::error_code failed;
    switch (static_cast<transaction_request>(request.kind)) {
    case transaction_request::get_dtc_address:
    case transaction_request::propagate: reader.take(reader.u16_le()); break; // an opaque DTC cookie
    case transaction_request::begin: failed = read_begin(reader, request, request.transaction_name); break;
    case transaction_request::promote: break;
    case transaction_request::commit:
    case transaction_request::rollback: failed = read_end(reader, request); break;
    case transaction_request::save: failed = read_name_into(reader, request.transaction_name); break;
    default: return core::wire_errc::bad_value;
    }
    if (!reader.ok()) return core::wire_errc::truncated;
    if (failed) return failed;
    if (reader.remaining() > 0) return core::wire_errc::extra_bytes;
    return request;
}

} // namespace tdsfake::tds
