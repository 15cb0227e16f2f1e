#include "tds/types/value_text.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"
#include "core/utf16.hpp"
#include "tds/code_page.hpp"
#include "tds/types/date_text.hpp"
#include "tds/types/decimal_text.hpp"
#include "tds/types/variant_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace tdsfake::tds {

namespace {

template <class Number>
std::optional<Number> to_number(std::string_view text) noexcept {
    if (text.starts_with('+')) text.remove_prefix(1);
    Number value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

core::bytes little(std::uint64_t value, std::size_t size) {
    core::bytes out(size);
    for (auto& byte : out) {
        byte = static_cast<std::uint8_t>(value);
        value >>= 8;
    }
    return out;
}

std::uint64_t from_little(core::byte_view data) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = data.size(); i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

struct bounds {
    std::int64_t least = 0;
    std::int64_t most = 0;
};
bounds bounds_of(type_id id) noexcept {
    switch (id) {
    case type_id::bit: return {0, 1};
    case type_id::tinyint: return {0, 255};
    case type_id::smallint: return {-32768, 32767};
    case type_id::int_: return {-2147483648LL, 2147483647};
    default: return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    }
}

std::optional<core::bytes> parse_integer(const sql_type& t, std::string_view text) {
    if (t.id == type_id::bit) {
        if (core::equals_ignoring_case(text, "true")) return core::bytes{1};
        if (core::equals_ignoring_case(text, "false")) return core::bytes{0};
    }
    const auto number = to_number<std::int64_t>(text);
    const auto [least, most] = bounds_of(t.id);
    if (!number || *number < least || *number > most) return std::nullopt;
    return little(static_cast<std::uint64_t>(*number), entry_of(t.id).size);
}

std::optional<core::bytes> parse_real(const sql_type& t, std::string_view text) {
    const auto number = to_number<double>(text);
    if (!number || !std::isfinite(*number)) return std::nullopt;
    if (t.id == type_id::float_) return little(std::bit_cast<std::uint64_t>(*number), 8);
    if (std::abs(*number) > static_cast<double>(std::numeric_limits<float>::max())) return std::nullopt;
    return little(std::bit_cast<std::uint32_t>(static_cast<float>(*number)), 4);
}

// 8 bytes travel as the high half, then the low half.
std::optional<core::bytes> parse_money_value(const sql_type& t, std::string_view text) {
    const auto number = parse_money(text);
    if (!number) return std::nullopt;
    const auto bits = static_cast<std::uint64_t>(*number);
    if (t.id == type_id::smallmoney) {
        if (*number < std::numeric_limits<std::int32_t>::min() ||
            *number > std::numeric_limits<std::int32_t>::max())
            return std::nullopt;
        return little(bits, 4);
    }
    return little(bits << 32 | bits >> 32, 8);
}

// 8-4-4-4-12 digits; the first three groups travel little-endian.
std::optional<core::bytes> parse_guid(std::string_view text) {
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return std::nullopt;
    std::string digits(text);
    std::erase(digits, '-');
    auto out = core::from_hex(digits);
    if (digits.size() != 32 || !out || out->size() != 16) return std::nullopt;
    std::reverse(out->begin(), out->begin() + 4);
    std::reverse(out->begin() + 4, out->begin() + 6);
    std::reverse(out->begin() + 6, out->begin() + 8);
    return out;
}

std::string guid_text(core::byte_view data) {
    static constexpr std::array<int, 16> order{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        const auto byte = data[static_cast<std::size_t>(order[i])];
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::string hex_text(core::byte_view data) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = "0x";
    out.reserve(2 + 2 * data.size());
    for (const auto byte : data) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<core::bytes> parse_hex(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
    if (text.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
    return core::from_hex(text.substr(2));
}

// Padded to, and at most, `length` units of `unit` bytes.
std::optional<core::bytes>
fitted(core::bytes data, const sql_type& t, std::size_t unit, core::byte_view padding) {
    if (t.length == 0 || t.is_max()) return data; // TEXT, XML …, (MAX)
    const auto most = std::size_t{t.length} * unit;
    if (data.size() > most) return std::nullopt;
    const bool pads = t.id == type_id::char_ || t.id == type_id::nchar || t.id == type_id::binary;
    while (pads && data.size() < most)
        data.insert(data.end(), padding.begin(), padding.end());
    return data;
}

} // namespace

std::optional<core::bytes> parse_value(const sql_type& t, std::string_view text) {
    switch (entry_of(t.id).values) {
    case value_class::integer: return parse_integer(t, text);
    case value_class::real: return parse_real(t, text);
    case value_class::money: return parse_money_value(t, text);
    case value_class::decimal: return parse_decimal(text, t.precision, t.scale);
    case value_class::temporal: return parse_temporal(t, text);
    case value_class::ansi: return fitted(utf8_to_cp1252(text), t, 1, core::bytes{' '});
    case value_class::unicode: return fitted(core::utf8_to_utf16le(text), t, 2, core::bytes{' ', 0});
    case value_class::binary: {
        auto data = parse_hex(text);
        return data ? fitted(std::move(*data), t, 1, core::bytes{0}) : std::nullopt;
    }
    case value_class::guid: return parse_guid(text);
    case value_class::variant: return parse_variant(text);
    }
    return std::nullopt;
}

std::optional<core::bytes> cut_value(const sql_type& t, std::string_view text) {
    const auto values = entry_of(t.id).values;
    const bool unicode = values == value_class::unicode;
    if (!unicode && values != value_class::ansi) return std::nullopt;
    auto data = unicode ? core::utf8_to_utf16le(text) : utf8_to_cp1252(text);
    if (t.length > 0 && !t.is_max()) {
        std::size_t units = std::min<std::size_t>(t.length, unicode ? data.size() / 2 : data.size());
        const bool pair = unicode && 2 * units < data.size() && (data[2 * units - 1] & 0xfc) == 0xd8;
        if (pair) --units;
        data.resize(unicode ? 2 * units : units);
    }
    return fitted(std::move(data), t, unicode ? 2 : 1, unicode ? core::bytes{' ', 0} : core::bytes{' '});
}

std::string value_form(const sql_type& t) {
    const auto characters = [&](std::string_view what) {
        if (t.length == 0 || t.is_max()) return "any " + std::string(what);
        return "at most " + std::to_string(t.length) + " " + std::string(what);
    };
    const std::string digits =
        t.scale == 0 ? std::string(" without a fraction of a second")
                     : " with at most " + std::to_string(t.scale) + " digits of a second's fraction";
    switch (t.id) {
    case type_id::bit: return "0 or 1";
    case type_id::tinyint:
    case type_id::smallint:
    case type_id::int_:
    case type_id::bigint: {
        const auto [least, most] = bounds_of(t.id);
        return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    }
    case type_id::real:
    case type_id::float_: return "a number like 1.5 or -2e10";
    case type_id::smallmoney: return "an amount like 12.5000, from -214748.3648 to 214748.3647";
    case type_id::money: return "an amount like 12.5000, with at most 4 digits after the point";
    case type_id::decimal:
    case type_id::numeric:
        return "a number of at most " + std::to_string(t.precision - t.scale) + " digits before and " +
               std::to_string(t.scale) + " after the point";
    case type_id::date: return "a date like 2024-01-02";
    case type_id::time: return "a time like 03:04:05" + digits;
    case type_id::datetime2: return "a date and time like 2024-01-02 03:04:05" + digits;
    case type_id::datetimeoffset: return "a date, time and offset like 2024-01-02 03:04:05 +02:00" + digits;
    case type_id::smalldatetime: return "a date and time like 2024-01-02 03:04, from 1900 to 2079";
    case type_id::datetime: return "a date and time like 2024-01-02 03:04:05.123, from 1753 to 9999";
    case type_id::char_:
    case type_id::varchar:
    case type_id::text:
    case type_id::nchar:
    case type_id::nvarchar:
    case type_id::ntext: return characters("characters");
    case type_id::xml: return "a text of XML";
    case type_id::json: return "a text of JSON";
    case type_id::binary:
    case type_id::varbinary:
    case type_id::image: return "bytes like 0x00ff, " + characters("bytes");
    case type_id::uniqueidentifier: return "a GUID like 6F9619FF-8B86-D011-B42D-00C04FC964FF";
    case type_id::sql_variant:
        return "a number, bytes like 0x00ff, a text, or a type in front: `date: 2024-01-02`";
    }
    return {};
}

std::string value_text(const sql_type& t, core::byte_view data) {
    const auto& entry = entry_of(t.id);
    const bool sized = entry.size == 0 || data.size() == entry.size;
    switch (entry.values) {
    case value_class::integer: {
        if (!sized) break;
        auto bits = from_little(data);
        const auto unused = 64 - 8 * data.size();
        if (t.id == type_id::tinyint || t.id == type_id::bit) return std::to_string(bits);
        return std::to_string(static_cast<std::int64_t>(bits << unused) >> unused);
    }
    case value_class::real: {
        if (!sized) break;
        std::array<char, 40> text{};
        const auto bits = from_little(data);
        const auto written =
            t.id == type_id::float_
                ? std::to_chars(text.data(), text.data() + text.size(), std::bit_cast<double>(bits))
                : std::to_chars(
                      text.data(),
                      text.data() + text.size(),
                      std::bit_cast<float>(static_cast<std::uint32_t>(bits))
                  );
        return {text.data(), written.ptr};
    }
    case value_class::money: {
        if (!sized) break;
        const auto bits = from_little(data);
        if (data.size() == 4) return money_text(static_cast<std::int32_t>(bits));
        return money_text(static_cast<std::int64_t>(bits << 32 | bits >> 32));
    }
    case value_class::decimal: {
        if (auto text = decimal_text(data, t.scale)) return std::move(*text);
        break;
    }
    case value_class::temporal: {
        if (auto text = temporal_text(t, data)) return std::move(*text);
        break;
    }
    case value_class::ansi: return cp1252_to_utf8(data);
    case value_class::unicode: return core::utf16le_to_utf8(data);
    case value_class::binary: break;
    case value_class::guid:
        if (sized) return guid_text(data);
        break;
    case value_class::variant: {
        if (auto text = variant_text(data)) return std::move(*text);
        break;
    }
    }
    return hex_text(data);
}

std::string literal(const sql_type& t, const datum& v, std::size_t longest) {
    if (!v) return "NULL";
    // What is too long is not decoded as a whole: a character is at least a byte, a digit half of one.
    const core::byte_view all(*v);
    const bool unicode = entry_of(t.id).values == value_class::unicode;
    const bool text = unicode || entry_of(t.id).values == value_class::ansi;
    const bool binary = entry_of(t.id).values == value_class::binary;
    const auto count = unicode ? all.size() / 2 : all.size();
    if ((!text && !binary) || count <= longest) {
        auto whole = value_text(t, all);
        if (!text && entry_of(t.id).values != value_class::temporal &&
            entry_of(t.id).values != value_class::guid)
            return whole;
        for (auto at = whole.find('\''); at != std::string::npos; at = whole.find('\'', at + 2))
            whole.insert(at, 1, '\'');
        return (unicode ? "N'" : "'") + whole + "'";
    }
    const auto front = value_text(t, all.first(unicode ? 2 * longest : longest));
    auto out =
        text ? literal(
                   t,
                   core::bytes(
                       all.begin(), all.begin() + static_cast<std::ptrdiff_t>(unicode ? 2 * longest : longest)
                   )
               )
             : front;
    if (text) out.pop_back();
    out += text ? "…'" : "…";
    return out + " (" + std::to_string(count) + (text ? " characters)" : " bytes)");
}

} // namespace tdsfake::tds
