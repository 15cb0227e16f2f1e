// RPC requests (MS-TDS 2.2.6.6): procedures, their parameters, and the statement of those that carry one.
#include "core/text.hpp"
#include "core/utf16.hpp"
#include "tds/request.hpp"
#include "tds/wire_text.hpp"

#include <array>
#include <string_view>

namespace tdsfake::tds {

namespace {

constexpr std::uint16_t called_by_id = 0xffff;
constexpr std::size_t longest_shown = 200; // characters or bytes of a value in a description

// Where a parameter's name length would stand: no name is as long.
constexpr std::uint8_t first_separator = 0x80;
constexpr std::uint8_t separator_before_72 = 0x80;
constexpr std::uint8_t separator_from_72 = 0xff;
constexpr std::uint8_t no_exec = 0xfe;

constexpr std::uint8_t by_reference = 0x01;
constexpr std::uint8_t default_value = 0x02;
constexpr std::uint8_t encrypted_parameter = 0x08; // its value is followed by cipher metadata

constexpr std::size_t most_parameters = 65'536;
constexpr int none = -1;

// 2.2.6.6, ProcIDs 1 to 15, and which parameter (from 0) is the SQL text, which the declaration of its own.
struct procedure {
    std::string_view name;
    int statement = none;
    int declaration = none;
};
constexpr std::array<procedure, 15> procedures{{
    {"sp_cursor"},
    {"sp_cursoropen", 1, 5},
    {"sp_cursorprepare", 2, 1},
    {"sp_cursorexecute"},
    {"sp_cursorprepexec", 3, 2},
    {"sp_cursorunprepare"},
    {"sp_cursorfetch"},
    {"sp_cursoroption"},
    {"sp_cursorclose"},
    {"sp_executesql", 0, 1},
    {"sp_prepare", 2, 1},
    {"sp_execute"},
    {"sp_prepexec", 2, 1},
    {"sp_prepexecrpc", 1},
    {"sp_unprepare"},
}};

const procedure* find_procedure(std::string_view name) noexcept {
    const auto unqualified = name.substr(name.rfind('.') + 1); // npos + 1 is 0
    for (const auto& known : procedures) {
        if (core::equals_ignoring_case(known.name, unqualified)) return &known;
    }
    return nullptr;
}

bool is_text(const type_info& type) noexcept {
    if (!type.declared) return false;
    const auto values = entry_of(type.declared->id).values;
    return values == value_class::ansi || values == value_class::unicode;
}

// The text of parameter `position`; empty if there is none or it is no text.
std::string text_at(const std::vector<rpc_parameter>& parameters, int position) {
    if (position == none || static_cast<std::size_t>(position) >= parameters.size()) return {};
    const auto& parameter = parameters[static_cast<std::size_t>(position)];
    if (!parameter.value || !is_text(parameter.type)) return {};
    return value_text(*parameter.type.declared, *parameter.value);
}

// B_VARCHAR name, status, TYPE_INFO, value. `call.unreadable` is set where nothing behind can be read.
boost::system::error_code
read_parameter(core::byte_reader& reader, std::size_t name_units, rpc_call& call, tds_version version) {
    rpc_parameter out;
    out.name = core::utf16le_to_utf8(reader.take(2 * name_units));
    const std::uint8_t status = reader.u8();
    out.output = (status & by_reference) != 0;
    out.is_default = (status & default_value) != 0;
    auto ahead = reader;
    const std::uint8_t number = ahead.u8();
    if (!ahead.ok()) return core::wire_errc::truncated;
    const auto give_up = [&] {
        call.unreadable = {call.parameters.size() + 1, out.name, number};
        reader.rest();
        return boost::system::error_code();
    };
    if ((status & encrypted_parameter) != 0) return give_up();
    if (number == tvp_number && at_least(version, tds_version::v7_3a)) {
        reader = ahead;
        auto table = read_tvp(reader, version);
        if (table.has_error()) return table.error();
        out.table = std::move(table.value());
        call.parameters.push_back(std::move(out));
        return {};
    }
    auto type = read_type_info(reader, version);
    if (type.has_error()) return type.error();
    if (!type.value()) return give_up();
    out.type = std::move(*type.value());
    auto read = read_value(reader, out.type);
    if (read.has_error()) return read.error();
    out.value = std::move(read.value());
    call.parameters.push_back(std::move(out));
    return {};
}

// US_VARCHAR name or FF FF and ProcID, OptionFlags, parameters; up to a separator (`more`) or the end.
boost::system::error_code
read_call(core::byte_reader& reader, rpc_call& call, tds_version version, bool& more) {
    more = false;
    const std::uint16_t name_units = reader.u16_le();
    if (name_units == called_by_id) {
        call.procedure_id = reader.u16_le();
    } else {
        call.procedure = core::utf16le_to_utf8(reader.take(std::size_t{2} * name_units));
    }
    call.flags = reader.u16_le();
    if (!reader.ok()) return core::wire_errc::truncated;
    if (name_units == called_by_id) {
        if (call.procedure_id == 0 || call.procedure_id > procedures.size())
            return core::wire_errc::bad_value;
        call.procedure = procedures[call.procedure_id - 1U].name;
    } else if (name_units == 0) {
        return core::wire_errc::bad_value;
    }

    const auto separator = at_least(version, tds_version::v7_2) ? separator_from_72 : separator_before_72;
    while (reader.remaining() > 0 && !more) {
        const std::uint8_t name_units_or_separator = reader.u8();
        if (name_units_or_separator >= first_separator) {
            if (name_units_or_separator != separator && name_units_or_separator != no_exec)
                return core::wire_errc::bad_value;
            if (name_units_or_separator == no_exec) call.executes = false;
            more = reader.remaining() > 0;
            break;
        }
        if (call.parameters.size() >= most_parameters) return core::wire_errc::bad_value;
        if (const auto failed = read_parameter(reader, name_units_or_separator, call, version)) return failed;
    }
    if (const auto* const known = find_procedure(call.procedure)) {
        call.sql = text_at(call.parameters, known->statement);
        call.declaration = text_at(call.parameters, known->declaration);
    }
    return {};
}

} // namespace

std::string describe(const rpc_parameter& parameter) {
    std::string out = parameter.name;
    if (!out.empty()) out += ' ';
    if (parameter.table) {
        const auto& table = *parameter.table;
        out += table.name.empty() ? std::string("table") : table.name;
        if (table.is_null) return out + " = NULL";
        return out + " = table of " + std::to_string(table.columns.size()) + " columns, " +
               std::to_string(table.rows) + " rows";
    }
    out += name(parameter.type);
    out += " = ";
    out += parameter.is_default ? std::string("default")
                                : literal(parameter.type, parameter.value, longest_shown);
    if (parameter.output) out += " output";
    return out;
}

std::string_view well_known_procedure(std::string_view name) noexcept {
    const auto* const found = find_procedure(name);
    return found == nullptr ? std::string_view() : found->name;
}

// ALL_HEADERS, calls with a separator between them
core::result<rpc_request> parse_rpc(core::byte_view payload, tds_version version) {
    const auto headers = parse_all_headers(payload, version);
    if (headers.has_error()) return headers.error();
    core::byte_reader reader(payload.subspan(headers.value().size));
    rpc_request request;
    request.headers = headers.value();
    bool more = false;
    if (const auto failed = read_call(reader, request, version, more)) return failed;
    while (more) {
        request.more.emplace_back();
        if (const auto failed = read_call(reader, request.more.back(), version, more)) return failed;
    }
    return request;
}

} // namespace tdsfake::tds
