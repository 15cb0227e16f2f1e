#include "tds/types/type_info.hpp"

#include "tds/wire_text.hpp"

#include <array>

namespace tdsfake::tds {

namespace {

constexpr std::uint16_t max_type_length = 0xffff; // declared by the (MAX) types
constexpr std::uint16_t null_u_short = 0xffff;
constexpr std::uint32_t null_u_long = 0xffffffff;
constexpr std::size_t timestamp_size = 8;
constexpr unsigned most_precision = 38;
constexpr unsigned most_scale = 7;
constexpr std::uint32_t date_size = 3;
constexpr std::uint32_t offset_size = 2; // minutes
constexpr std::size_t least_decimal = 2; // a sign and one byte at least
constexpr std::size_t most_decimal = 17;

enum class shape : std::uint8_t {
    fixed,
    byte_length,
    scale,
    precision_scale,
    u_short,
    u_long,
    date,
    xml,
    udt,
    json,
    vector
};

struct known_type {
    std::uint8_t type = 0;
    shape form = shape::fixed;
    std::uint8_t size = 0; // of fixed ones
    bool collated = false;
};

constexpr auto known_types = std::to_array<known_type>({
    {0x1f, shape::fixed, 0},         // NULL
    {0x30, shape::fixed, 1},         // TINYINT
    {0x32, shape::fixed, 1},         // BIT
    {0x34, shape::fixed, 2},         // SMALLINT
    {0x38, shape::fixed, 4},         // INT
    {0x3a, shape::fixed, 4},         // SMALLDATETIME
    {0x3b, shape::fixed, 4},         // REAL
    {0x3c, shape::fixed, 8},         // MONEY
    {0x3d, shape::fixed, 8},         // DATETIME
    {0x3e, shape::fixed, 8},         // FLOAT
    {0x7a, shape::fixed, 4},         // SMALLMONEY
    {0x7f, shape::fixed, 8},         // BIGINT
    {0x24, shape::byte_length},      // UNIQUEIDENTIFIER
    {0x25, shape::byte_length},      // VARBINARY of old
    {0x26, shape::byte_length},      // INTN
    {0x27, shape::byte_length},      // VARCHAR of old
    {0x2d, shape::byte_length},      // BINARY of old
    {0x2f, shape::byte_length},      // CHAR of old
    {0x68, shape::byte_length},      // BITN
    {0x6d, shape::byte_length},      // FLTN
    {0x6e, shape::byte_length},      // MONEYN
    {0x6f, shape::byte_length},      // DATETIMN
    {0x37, shape::precision_scale},  // DECIMAL of old
    {0x3f, shape::precision_scale},  // NUMERIC of old
    {0x6a, shape::precision_scale},  // DECIMALN
    {0x6c, shape::precision_scale},  // NUMERICN
    {0x28, shape::date},             // DATE
    {0x29, shape::scale},            // TIME
    {0x2a, shape::scale},            // DATETIME2
    {0x2b, shape::scale},            // DATETIMEOFFSET
    {0xa5, shape::u_short},          // VARBINARY
    {0xad, shape::u_short},          // BINARY
    {0xa7, shape::u_short, 0, true}, // VARCHAR
    {0xaf, shape::u_short, 0, true}, // CHAR
    {0xe7, shape::u_short, 0, true}, // NVARCHAR
    {0xef, shape::u_short, 0, true}, // NCHAR
    {0x22, shape::u_long},           // IMAGE
    {0x23, shape::u_long, 0, true},  // TEXT
    {0x63, shape::u_long, 0, true},  // NTEXT
    {0x62, shape::u_long},           // SQL_VARIANT
    {0xf0, shape::udt},              // UDT
    {0xf1, shape::xml},              // XML
    {0xf4, shape::json},             // JSON
    {0xf5, shape::vector},           // VECTOR
});

const known_type* find_type(std::uint8_t type) noexcept {
    for (const auto& candidate : known_types) {
        if (candidate.type == type) return &candidate;
    }
    return nullptr;
}

// ULONGLONG total or FE FF…; chunks of DWORD length and data; a chunk of length 0 ends them (2.2.5.2.3).
core::result<datum> read_plp(core::byte_reader& reader) {
    const std::uint64_t total = reader.u64_le();
    if (!reader.ok()) return core::wire_errc::truncated;
    if (total == null_plp) return datum();
    core::bytes data; // grows with what is really there: `total` is the client's word only
    for (;;) {
        const std::uint32_t length = reader.u32_le();
        const auto chunk = reader.take(length);
        if (!reader.ok()) return core::wire_errc::truncated;
        if (length == 0) break;
        data.insert(data.end(), chunk.begin(), chunk.end());
    }
    if (total != unknown_plp && total != data.size()) return core::wire_errc::bad_length;
    return datum(std::move(data));
}

// The integer, real, money and date types that share a number are told apart by the size of their values.
std::optional<type_id> by_size(std::uint8_t number, std::uint32_t size) noexcept {
    switch (number) {
    case 0x26:
        if (size == 1) return type_id::tinyint;
        if (size == 2) return type_id::smallint;
        if (size == 4) return type_id::int_;
        if (size == 8) return type_id::bigint;
        break;
    case 0x6d:
        if (size == 4) return type_id::real;
        if (size == 8) return type_id::float_;
        break;
    case 0x6e:
        if (size == 4) return type_id::smallmoney;
        if (size == 8) return type_id::money;
        break;
    case 0x6f:
        if (size == 4) return type_id::smalldatetime;
        if (size == 8) return type_id::datetime;
        break;
    default: break;
    }
    return std::nullopt;
}

// Of TIME; DATETIME2 has a date, too, and DATETIMEOFFSET minutes besides.
std::uint32_t temporal_size(std::uint8_t number, unsigned scale) noexcept {
    const std::uint32_t rest = number == 0x29 ? 0 : number == 0x2a ? date_size : date_size + offset_size;
    return time_size(scale) + rest;
}

// Whether a value of this type may be as long; its size is one of those, too (2.2.5.4.2). Drivers cut the
// zeros off a decimal (mssql-jdbc, jTDS) and declare the bytes that its digits need (FreeTDS, pytds).
bool is_legal(const type_info& type, std::size_t length) noexcept {
    if (length > type.size) return false;
    switch (type.number) {
    case 0x24: return length == 16; // UNIQUEIDENTIFIER
    case 0x68: return length == 1;  // BITN
    case 0x28:                      // DATE, TIME, DATETIME2, DATETIMEOFFSET
    case 0x29:
    case 0x2a:
    case 0x2b: return length == type.size;
    case 0x26: // INTN, FLTN, MONEYN, DATETIMN
    case 0x6d:
    case 0x6e:
    case 0x6f: return by_size(type.number, static_cast<std::uint32_t>(length)).has_value();
    case 0x37: // DECIMAL, NUMERIC
    case 0x3f:
    case 0x6a:
    case 0x6c: return length >= least_decimal && length <= most_decimal;
    default: return true;
    }
}

// NVARCHAR, NCHAR, NTEXT: whole UTF-16 units. XML and JSON may come in other encodings.
bool is_utf16(const type_info& type) noexcept {
    return type.number == 0xe7 || type.number == 0xef || type.number == 0x63;
}

std::optional<type_id> by_number(std::uint8_t number, std::uint32_t size) noexcept {
    switch (number) {
    case 0x25: return type_id::varbinary;
    case 0x27: return type_id::varchar;
    case 0x2d: return type_id::binary;
    case 0x2f: return type_id::char_;
    case 0x37: return type_id::decimal;
    case 0x3f: return type_id::numeric;
    default: break;
    }
    for (const auto& entry : all_types()) {
        if (entry.fixed == number && number != 0) return entry.id;
        if (entry.nullable != number) continue;
        return entry.fixed != 0 && number != 0x68 ? by_size(number, size) : entry.id;
    }
    return std::nullopt;
}

// The declaration that this TYPE_INFO stands for.
std::optional<sql_type>
declaration(const type_info& info, std::uint8_t precision, std::uint8_t scale) noexcept {
    const auto id = by_number(info.number, info.size);
    if (!id) return std::nullopt;
    sql_type out{.id = *id};
    switch (entry_of(*id).arguments) {
    case type_arguments::none: break;
    case type_arguments::length:
    case type_arguments::length_or_max:
        out.length = info.value_prefix == type_info::prefix::plp    ? sql_type::max_length
                     : entry_of(*id).values == value_class::unicode ? info.size / 2
                                                                    : info.size;
        break;
    case type_arguments::precision_scale:
        out.precision = precision;
        out.scale = scale;
        break;
    case type_arguments::scale: out.scale = scale; break;
    }
    return out;
}

// A value as long as its prefix says.
core::result<datum> read_sized(core::byte_reader& reader, const type_info& type, value_place place) {
    using prefix = type_info::prefix;
    std::size_t length = 0;
    bool is_null = false;
    switch (type.value_prefix) {
    case prefix::none:
        length = type.size;
        is_null = length == 0;
        break;
    case prefix::byte:
        length = reader.u8();
        is_null = length == 0;
        break;
    case prefix::u_short:
        length = reader.u16_le();
        is_null = length == null_u_short;
        break;
    case prefix::u_long:
        if (place == value_place::row && type.is_long()) {
            const std::size_t pointer = reader.u8();
            is_null = pointer == 0;
            if (!is_null) {
                reader.take(pointer + timestamp_size);
                length = reader.u32_le();
            }
            break;
        }
        length = reader.u32_le();
        is_null = length == null_u_long || (length == 0 && !type.is_long());
        break;
    case prefix::plp: return read_plp(reader);
    }
    if (!reader.ok()) return core::wire_errc::truncated;
    if (is_null) return datum();
    // What TEXT and its like declare binds nobody: pytds declares 0.
    if (type.value_prefix != prefix::u_long && !is_legal(type, length)) return core::wire_errc::bad_length;
    const auto data = reader.take(length);
    if (!reader.ok()) return core::wire_errc::truncated;
    return datum(core::bytes(data.begin(), data.end()));
}

} // namespace

core::result<std::optional<type_info>> read_type_info(core::byte_reader& reader, tds_version version) {
    using prefix = type_info::prefix;
    type_info info;
    info.number = reader.u8();
    if (!reader.ok()) return core::wire_errc::truncated;
    const auto* const known = find_type(info.number);
    if (known == nullptr) return std::optional<type_info>();
    std::uint8_t precision = 0;
    std::uint8_t scale = 0;
    switch (known->form) {
    case shape::fixed: info.size = known->size; break;
    case shape::byte_length:
        info.value_prefix = prefix::byte;
        info.size = reader.u8();
        break;
    case shape::precision_scale:
        info.value_prefix = prefix::byte;
        info.size = reader.u8();
        precision = reader.u8();
        scale = reader.u8();
        if (reader.ok() && (precision > most_precision || scale > precision))
            return core::wire_errc::bad_value;
        break;
    case shape::date:
        info.value_prefix = prefix::byte;
        info.size = date_size;
        break;
    case shape::scale:
        info.value_prefix = prefix::byte;
        scale = reader.u8();
        if (scale > most_scale) return core::wire_errc::bad_value;
        info.size = temporal_size(info.number, scale);
        break;
    case shape::u_short:
        info.size = reader.u16_le();
        info.value_prefix = info.size == max_type_length && at_least(version, tds_version::v7_2)
                                ? prefix::plp
                                : prefix::u_short;
        break;
    case shape::u_long:
        info.value_prefix = prefix::u_long;
        info.size = reader.u32_le();
        break;
    case shape::udt: // database, schema and type name; in the other direction the assembly's, too
        for (int i = 0; i < 3; ++i)
            info.class_name = read_b_varchar(reader);
        info.value_prefix = prefix::plp;
        break;
    case shape::xml:
        if (reader.u8() != 0) { // a schema collection: database, owner, name
            read_b_varchar(reader);
            read_b_varchar(reader);
            read_us_varchar(reader);
        }
        info.value_prefix = prefix::plp;
        break;
    case shape::json: info.value_prefix = prefix::plp; break;
    case shape::vector: // most bytes, type of the elements
        info.value_prefix = prefix::u_short;
        info.size = reader.u16_le();
        reader.take(1);
        break;
    }
    if (known->collated && at_least(version, tds_version::v7_1)) reader.take(latin1_general.size());
    if (!reader.ok()) return core::wire_errc::truncated;
    if (!is_legal(info, info.size)) return core::wire_errc::bad_value;
    info.declared = declaration(info, precision, scale);
    return std::optional(std::move(info));
}

core::result<datum> read_value(core::byte_reader& reader, const type_info& type, value_place place) {
    auto read = read_sized(reader, type, place);
    if (read.has_value() && *read && is_utf16(type) && (*read)->size() % 2 != 0)
        return core::wire_errc::bad_length;
    return read;
}

std::string name(const type_info& type) {
    if (type.declared) return name(*type.declared);
    if (!type.class_name.empty()) return type.class_name;
    return type.number == 0xf5 ? "vector" : type.number == 0x1f ? "null" : "udt";
}

std::string literal(const type_info& type_of, const datum& v, std::size_t longest) {
    return literal(type_of.declared.value_or(sql_type{.id = type_id::varbinary, .length = 8000}), v, longest);
}

} // namespace tdsfake::tds
