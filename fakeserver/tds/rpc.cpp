// RPC requests (MS-TDS 2.2.6.6): the procedure, and the statement of those that carry one.
#include "core/text.hpp"
#include "core/utf16.hpp"
#include "tds/code_page.hpp"
#include "tds/request.hpp"
#include "tds/type_info.hpp"
#include "tds/wire_text.hpp"

#include <array>
#include <string_view>

namespace tdsfake::tds {

namespace {

constexpr std::uint16_t called_by_id = 0xffff;
constexpr std::uint8_t first_separator =
    0x80; // where a parameter's name length would stand: no name is as long
constexpr std::uint8_t encrypted_parameter = 0x08; // its value is followed by cipher metadata
constexpr int no_statement = -1;

// 2.2.6.6, ProcIDs 1 to 15, and which parameter (from 0) is the SQL text.
struct procedure {
    std::string_view name;
    int statement = no_statement;
};
constexpr std::array<procedure, 15> procedures{{
    {"sp_cursor"},
    {"sp_cursoropen", 1},
    {"sp_cursorprepare", 2},
    {"sp_cursorexecute"},
    {"sp_cursorprepexec", 3},
    {"sp_cursorunprepare"},
    {"sp_cursorfetch"},
    {"sp_cursoroption"},
    {"sp_cursorclose"},
    {"sp_executesql", 0},
    {"sp_prepare", 2},
    {"sp_execute"},
    {"sp_prepexec", 2},
    {"sp_prepexecrpc", 1},
    {"sp_unprepare"},
}};

// "sys.sp_executesql" and "master..SP_EXECUTESQL" are sp_executesql.
int statement_position(std::string_view name) {
    const auto unqualified = name.substr(name.rfind('.') + 1); // npos + 1 is 0
    for (const auto& [known, position] : procedures) {
        if (core::equals_ignoring_case(known, unqualified)) return position;
    }
    return no_statement;
}

// The text of a character value; empty for any other type.
core::result<std::string> to_text(const core::bytes& value, std::uint8_t type) {
    switch (type) {
    case data_type::nvarchar:
    case data_type::nchar:
    case data_type::ntext:
        if (value.size() % 2 != 0) return core::wire_errc::bad_length;
        return core::utf16le_to_utf8(value);
    case data_type::bigvarchar:
    case data_type::bigchar:
    case data_type::text: return cp1252_to_utf8(value);
    default: return std::string();
    }
}

// Reads up to parameter `wanted` and no further: what follows it says nothing about the statement. Ends with
// an empty text where the request ends, or at a parameter that cannot be read past.
core::result<std::string> read_statement(core::byte_reader& reader, int wanted, tds_version version) {
    for (int position = 0; reader.remaining() > 0; ++position) {
        const std::size_t name_units = reader.u8();
        if (name_units >= first_separator) break;
        reader.take(2 * name_units);
        const std::uint8_t status = reader.u8();
        if (!reader.ok()) return core::wire_errc::truncated;
        const auto type = read_type_info(reader, version);
        if (type.has_error()) return type.error();
        const auto& known = type.value();
        if (!known) break;
        const auto read = read_value(reader, *known);
        if (read.has_error()) return read.error();
        const auto& value = read.value();
        if (position == wanted) return value ? to_text(*value, known->type) : std::string();
        if ((status & encrypted_parameter) != 0) break;
    }
    return std::string();
}

} // namespace

// ALL_HEADERS, US_VARCHAR name or FF FF and ProcID, OptionFlags, { B_VARCHAR name, status, TYPE_INFO, value }
// …
core::result<rpc_request> parse_rpc(core::byte_view payload, tds_version version) {
    const auto headers = parse_all_headers(payload, version);
    if (headers.has_error()) return headers.error();
    core::byte_reader reader(payload.subspan(headers.value().size));
    rpc_request request;
    request.headers = headers.value();
    const std::uint16_t name_units = reader.u16_le();
    if (name_units == called_by_id) {
        request.procedure_id = reader.u16_le();
    } else {
        request.procedure = core::utf16le_to_utf8(reader.take(std::size_t{2} * name_units));
    }
    request.flags = reader.u16_le();
    if (!reader.ok()) return core::wire_errc::truncated;
    if (name_units == called_by_id) {
        if (request.procedure_id == 0 || request.procedure_id > procedures.size())
            return core::wire_errc::bad_value;
        request.procedure = procedures[request.procedure_id - 1U].name;
    } else if (name_units == 0) {
        return core::wire_errc::bad_value;
    }

    const int wanted = statement_position(request.procedure);
    if (wanted == no_statement) return request;
    auto sql = read_statement(reader, wanted, version);
    if (sql.has_error()) return sql.error();
    request.sql = std::move(sql.value());
    return request;
}

} // namespace tdsfake::tds
