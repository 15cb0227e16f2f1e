#include "tds/types/date_text.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace tdsfake::tds {

namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t per_second = 10'000'000; // ticks of 100 ns
constexpr std::int64_t per_minute = 60 * per_second;
constexpr std::int64_t minutes_per_day = 1440;
constexpr std::int64_t per_day = minutes_per_day * per_minute;
constexpr std::int64_t most_offset = 840; // minutes: 14 hours

constexpr sys_days at(int y, unsigned m, unsigned d) {
    return sys_days(year_month_day(year(y), month(m), day(d)));
}
constexpr auto first_day = at(1, 1, 1);
constexpr auto last_day = at(9999, 12, 31);
constexpr auto datetime_zero = at(1900, 1, 1);
constexpr auto first_datetime = at(1753, 1, 1);
constexpr auto last_smalldatetime = at(2079, 6, 6);

struct moment {
    std::optional<sys_days> date;
    std::optional<std::int64_t> time; // ticks
    unsigned digits = 0;              // of a second
    std::optional<std::int64_t> offset;
};

// Exactly `count` digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<sys_days> take_date(std::string_view& text) {
    const auto y = take_number(text, 4);
    const bool first = take(text, '-');
    const auto m = take_number(text, 2);
    const bool second = take(text, '-');
    const auto d = take_number(text, 2);
    if (!y || !m || !d || !first || !second) return std::nullopt;
    const year_month_day date(year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d)));
    if (!date.ok() || *y < 1) return std::nullopt;
    return sys_days(date);
}

// hh:mm[:ss[.fffffff]]
std::optional<std::int64_t> take_time(std::string_view& text, unsigned& digits) {
    const auto h = take_number(text, 2);
    const bool colon = take(text, ':');
    const auto m = take_number(text, 2);
    if (!h || !m || !colon || *h > 23 || *m > 59) return std::nullopt;
    std::int64_t ticks = (std::int64_t{*h} * 60 + *m) * per_minute;
    if (!take(text, ':')) return ticks;
    const auto s = take_number(text, 2);
    if (!s || *s > 59) return std::nullopt;
    ticks += *s * per_second;
    if (!take(text, '.')) return ticks;
    std::int64_t unit = per_second;
    for (digits = 0; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
        if (digits == 7) return std::nullopt;
        unit /= 10;
        ticks += (text.front() - '0') * unit;
        text.remove_prefix(1);
    }
    return digits > 0 ? std::optional(ticks) : std::nullopt;
}

// Z, +hh:mm or -hh:mm
std::optional<std::int64_t> take_offset(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const bool negative = text.starts_with('-');
    if (!take(text, '-') && !take(text, '+')) return std::nullopt;
    const auto h = take_number(text, 2);
    const bool colon = take(text, ':');
    const auto m = take_number(text, 2);
    if (!h || !m || !colon || *m > 59) return std::nullopt;
    const std::int64_t minutes = std::int64_t{*h} * 60 + *m;
    if (minutes > most_offset) return std::nullopt;
    return negative ? -minutes : minutes;
}

// What the text has, in order: date, time, offset; nothing if there is more or less.
std::optional<moment> parse(std::string_view text) {
    moment out;
    if (text.size() >= 10 && text[4] == '-') {
        out.date = take_date(text);
        if (!out.date) return std::nullopt;
        if (text.empty()) return out;
        if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
    }
    out.time = take_time(text, out.digits);
    if (!out.time) return std::nullopt;
    if (text.empty()) return out;
    take(text, ' ');
    out.offset = take_offset(text);
    if (!out.offset || !text.empty()) return std::nullopt;
    return out;
}

std::int64_t ticks_per_unit(unsigned scale) {
    std::int64_t unit = per_second;
    for (unsigned i = 0; i < scale; ++i)
        unit /= 10;
    return unit;
}

void put(core::bytes& out, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put_date(core::bytes& out, sys_days date) {
    put(out, static_cast<std::uint64_t>((date - first_day).count()), 3);
}
void put_time(core::bytes& out, std::int64_t ticks, unsigned scale) {
    put(out, static_cast<std::uint64_t>(ticks / ticks_per_unit(scale)), time_size(scale));
}

std::uint64_t get(core::byte_view data, std::size_t from, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | data[from + i];
    return value;
}

std::optional<core::bytes> datetime_bytes(sys_days date, std::int64_t ticks) {
    // 1/300 s, to the nearest
    auto thirds = (ticks * 3 + 50'000) / 100'000;
    if (thirds >= 300LL * 86'400) {
        thirds = 0;
        date += days(1);
    }
    if (date < first_datetime || date > last_day) return std::nullopt;
    core::bytes out;
    put(out, static_cast<std::uint64_t>((date - datetime_zero).count()), 4);
    put(out, static_cast<std::uint64_t>(thirds), 4);
    return out;
}

std::optional<core::bytes> smalldatetime_bytes(sys_days date, std::int64_t ticks) {
    auto minutes = (ticks + per_minute / 2) / per_minute;
    if (minutes >= minutes_per_day) {
        minutes = 0;
        date += days(1);
    }
    if (date < datetime_zero || date > last_smalldatetime) return std::nullopt;
    core::bytes out;
    put(out, static_cast<std::uint64_t>((date - datetime_zero).count()), 2);
    put(out, static_cast<std::uint64_t>(minutes), 2);
    return out;
}

template <class... Values>
std::string printed(const char* form, Values... values) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), form, values...);
    return text.data();
}

std::optional<std::string> date_part(sys_days date) {
    if (date < first_day || date > last_day) return std::nullopt;
    const year_month_day parts(date);
    return printed(
        "%04d-%02u-%02u",
        static_cast<int>(parts.year()),
        static_cast<unsigned>(parts.month()),
        static_cast<unsigned>(parts.day())
    );
}

std::optional<std::string> time_part(std::int64_t ticks, unsigned scale) {
    if (ticks < 0 || ticks >= per_day) return std::nullopt;
    const auto minutes = ticks / per_minute;
    auto out = printed(
        "%02d:%02d:%02d",
        static_cast<int>(minutes / 60),
        static_cast<int>(minutes % 60),
        static_cast<int>(ticks % per_minute / per_second)
    );
    if (scale > 0) {
        out += '.' + printed("%07d", static_cast<int>(ticks % per_second)).substr(0, scale);
    }
    return out;
}

std::optional<std::string> both(sys_days date, std::int64_t ticks, unsigned scale) {
    const auto front = date_part(date);
    const auto back = time_part(ticks, scale);
    if (!front || !back) return std::nullopt;
    return *front + ' ' + *back;
}

sys_days counted_date(core::byte_view data, std::size_t from) {
    return first_day + days(static_cast<int>(get(data, from, 3)));
}

std::int64_t counted_time(core::byte_view data, unsigned scale) {
    return static_cast<std::int64_t>(get(data, 0, time_size(scale))) * ticks_per_unit(scale);
}

std::optional<std::string> offset_text(core::byte_view data, unsigned scale) {
    const std::size_t size = time_size(scale);
    const auto minutes = static_cast<std::int16_t>(get(data, size + 3, 2));
    if (minutes < -most_offset || minutes > most_offset) return std::nullopt;
    auto date = counted_date(data, size);
    auto ticks = counted_time(data, scale) + minutes * per_minute;
    if (ticks < 0) {
        ticks += per_day;
        date -= days(1);
    } else if (ticks >= per_day) {
        ticks -= per_day;
        date += days(1);
    }
    auto out = both(date, ticks, scale);
    if (!out) return std::nullopt;
    const int size_of_offset = minutes < 0 ? -minutes : minutes;
    return *out + printed(" %c%02d:%02d", minutes < 0 ? '-' : '+', size_of_offset / 60, size_of_offset % 60);
}

} // namespace

std::optional<core::bytes> parse_temporal(const sql_type& t, std::string_view text) {
    const auto parsed = parse(text);
    if (!parsed) return std::nullopt;
    const auto& [date, time, digits, offset] = *parsed;
    if (offset && t.id != type_id::datetimeoffset) return std::nullopt;
    core::bytes out;
    switch (t.id) {
    case type_id::date:
        if (!date || time) return std::nullopt;
        put_date(out, *date);
        return out;
    case type_id::time:
        if (date || !time || digits > t.scale) return std::nullopt;
        put_time(out, *time, t.scale);
        return out;
    case type_id::datetime2:
        if (!date || digits > t.scale) return std::nullopt;
        put_time(out, time.value_or(0), t.scale);
        put_date(out, *date);
        return out;
    case type_id::datetimeoffset: {
        if (!date || digits > t.scale) return std::nullopt;
        auto utc_date = *date;
        auto utc = time.value_or(0) - offset.value_or(0) * per_minute;
        if (utc < 0) {
            utc += per_day;
            utc_date -= days(1);
        } else if (utc >= per_day) {
            utc -= per_day;
            utc_date += days(1);
        }
        if (utc_date < first_day || utc_date > last_day) return std::nullopt;
        put_time(out, utc, t.scale);
        put_date(out, utc_date);
        put(out, static_cast<std::uint64_t>(offset.value_or(0)), 2);
        return out;
    }
    case type_id::datetime: return date ? datetime_bytes(*date, time.value_or(0)) : std::nullopt;
    case type_id::smalldatetime: return date ? smalldatetime_bytes(*date, time.value_or(0)) : std::nullopt;
    default: return std::nullopt;
    }
}

std::optional<std::string> temporal_text(const sql_type& t, core::byte_view data) {
    const std::size_t time = time_size(t.scale);
    switch (t.id) {
    case type_id::date:
        if (data.size() != 3) return std::nullopt;
        return date_part(counted_date(data, 0));
    case type_id::time:
        if (data.size() != time) return std::nullopt;
        return time_part(counted_time(data, t.scale), t.scale);
    case type_id::datetime2:
        if (data.size() != time + 3) return std::nullopt;
        return both(counted_date(data, time), counted_time(data, t.scale), t.scale);
    case type_id::datetimeoffset:
        if (data.size() != time + 5) return std::nullopt;
        return offset_text(data, t.scale);
    case type_id::datetime: {
        if (data.size() != 8) return std::nullopt;
        const auto thirds = static_cast<std::int64_t>(get(data, 4, 4));
        // to the nearest millisecond, as SQL Server shows it: .000, .003, .007
        const auto milliseconds = (thirds * 10 + 1) / 3;
        return both(
            datetime_zero + days(static_cast<std::int32_t>(get(data, 0, 4))), milliseconds * 10'000, 3
        );
    }
    case type_id::smalldatetime:
        if (data.size() != 4) return std::nullopt;
        return both(
            datetime_zero + days(static_cast<int>(get(data, 0, 2))),
            static_cast<std::int64_t>(get(data, 2, 2)) * per_minute,
            0
        );
    default: return std::nullopt;
    }
}

} // namespace tdsfake::tds
