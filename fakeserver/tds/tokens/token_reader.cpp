#include "tds/tokens/token_reader.hpp"

#include "tds/types/type_info.hpp"
#include "tds/wire_text.hpp"

#include <algorithm>
#include <charconv>

namespace tdsfake::tds {

namespace {

using value_type = decltype(named_token::value);

core::bytes copy(core::byte_view data) { return {data.begin(), data.end()}; }

cell to_cell(const sql_type& t, const datum& v) {
    if (!v) return {};
    auto text = value_text(t, *v);
    if (entry_of(t.id).values != value_class::integer) return text;
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc() ? cell(number) : cell(std::move(text));
}

// Reads one payload; remembers the columns, without which a row cannot be read.
class reader {
public:
    reader(core::byte_view payload, tds_version version) noexcept : in_(payload), version_(version) {}

    core::result<std::vector<named_token>> all() {
        std::vector<named_token> tokens;
        while (in_.remaining() > 0) {
            const std::uint8_t number = in_.u8();
            auto value = token(number);
            if (value.has_error()) return value.error();
            tokens.push_back({number, std::move(value.value())});
        }
        return tokens;
    }

private:
    [[nodiscard]] bool is_wide() const noexcept { return at_least(version_, tds_version::v7_2); }

    core::result<value_type> token(std::uint8_t number) {
        switch (number) {
        case 0x79: return checked(static_cast<std::int32_t>(in_.u32_le()));
        case 0x81: return col_metadata();
        case 0xae: return feature_ext_ack();
        case 0xac: return return_value();
        case 0xd1: return row(false);
        case 0xd2: return row(true);
        case 0xfd:
        case 0xfe:
        case 0xff: return read_done();
        case 0xe4: // SESSIONSTATE
        case 0xee: // FEDAUTHINFO
            in_.take(in_.u32_le());
            return checked(std::monostate());
        case 0xa9: // ORDER
        case 0xaa:
        case 0xab:
        case 0xad:
        case 0xe3:
        case 0xed: // SSPI
            return with_length(number);
        default: return core::wire_errc::bad_value;
        }
    }

    template <class T>
    core::result<value_type> checked(T value) {
        if (!in_.ok()) return core::wire_errc::truncated;
        return value_type(std::move(value));
    }

    // Tokens that begin with a USHORT length: the inside has to fill it exactly.
    core::result<value_type> with_length(std::uint8_t number) {
        const auto inside = in_.take(in_.u16_le());
        if (!in_.ok()) return core::wire_errc::truncated;
        core::byte_reader body(inside);
        value_type value;
        switch (number) {
        case 0xaa:
        case 0xab: value = read_message(body); break;
        case 0xad: value = read_loginack(body); break;
        case 0xe3: value = read_envchange(body); break;
        default: body.rest(); break;
        }
        if (!body.ok() || body.remaining() > 0) return core::wire_errc::bad_length;
        return value;
    }

    [[nodiscard]] server_message read_message(core::byte_reader& body) const {
        server_message message;
        message.number = static_cast<std::int32_t>(body.u32_le());
        message.state = body.u8();
        message.severity = body.u8();
        message.message = read_us_varchar(body);
        message.server = read_b_varchar(body);
        message.procedure = read_b_varchar(body);
        message.line = is_wide() ? body.u32_le() : body.u16_le();
        return message;
    }

    static loginack read_loginack(core::byte_reader& body) {
        loginack token;
        token.interface = body.u8();
        token.tds_version = body.u32_be();
        token.program_name = read_b_varchar(body);
        std::ranges::copy(body.take(token.version.size()), token.version.begin());
        return token;
    }

    static envchange_token read_envchange(core::byte_reader& body) {
        envchange_token token;
        token.type = body.u8();
        const bool routes = token.type == 20 || token.type == 21;
        const bool is_text = token.type <= 6 || token.type == 13 || token.type == 19;
        const auto value = [&] {
            const std::size_t length = routes ? body.u16_le() : body.u8();
            return copy(body.take(is_text ? 2 * length : length));
        };
        token.new_value = value();
        token.old_value = value();
        return token;
    }

    core::result<value_type> read_done() {
        done token;
        token.status = in_.u16_le();
        token.command = in_.u16_le();
        token.row_count = is_wide() ? in_.u64_le() : in_.u32_le();
        return checked(token);
    }

    core::result<value_type> feature_ext_ack() {
        while (in_.u8() != 0xff) {
            in_.take(in_.u32_le());
            if (!in_.ok()) break; // every further read would yield 0
        }
        return checked(std::monostate());
    }

    // UserType, flags, TYPE_INFO
    boost::system::error_code column_head(column& out, type_info& type) {
        out.user_type = is_wide() ? in_.u32_le() : in_.u16_le();
        out.flags = in_.u16_le();
        out.nullable = (*out.flags & column::nullable_flag) != 0;
        if (!in_.ok()) return core::wire_errc::truncated;
        auto read = read_type_info(in_, version_);
        if (read.has_error()) return read.error();
        if (!read.value() || !read.value()->declared) return core::wire_errc::bad_value;
        type = std::move(*read.value());
        out.type = *type.declared;
        return {};
    }

    core::result<value_type> col_metadata() {
        columns_.clear();
        types_.clear();
        const std::size_t count = in_.u16_le();
        if (!in_.ok()) return core::wire_errc::truncated;
        if (count == 0xffff) return value_type(columns_); // no metadata
        for (std::size_t i = 0; i < count; ++i) {
            column read;
            type_info type;
            if (const auto failed = column_head(read, type)) return failed;
            if (type.is_long()) table_name();
            read.name = read_b_varchar(in_);
            if (!in_.ok()) return core::wire_errc::truncated;
            columns_.push_back(std::move(read));
            types_.push_back(std::move(type));
        }
        return value_type(columns_);
    }

    void table_name() {
        const int parts = is_wide() ? in_.u8() : 1;
        for (int i = 0; i < parts; ++i)
            read_us_varchar(in_);
    }

    core::result<value_type> row(bool compressed) {
        if (columns_.empty()) return core::wire_errc::bad_value; // a row of what?
        const auto nulls = in_.take(compressed ? (columns_.size() + 7) / 8 : 0);
        if (!in_.ok()) return core::wire_errc::truncated;
        std::vector<cell> cells;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (compressed && (nulls[i / 8] >> (i % 8) & 1) != 0) {
                cells.emplace_back();
                continue;
            }
            const auto read = read_value(in_, types_[i], value_place::row);
            if (read.has_error()) return read.error();
            cells.push_back(to_cell(columns_[i].type, read.value()));
        }
        return value_type(std::move(cells));
    }

    core::result<value_type> return_value() {
        returned out;
        out.ordinal = in_.u16_le();
        out.name = read_b_varchar(in_);
        out.status = in_.u8();
        column described;
        type_info type;
        if (const auto failed = column_head(described, type)) return failed;
        const auto read = read_value(in_, type);
        if (read.has_error()) return read.error();
        out.type = described.type;
        out.value = to_cell(out.type, read.value());
        return value_type(std::move(out));
    }

    core::byte_reader in_;
    tds_version version_;
    std::vector<column> columns_;
    std::vector<type_info> types_;
};

} // namespace

core::result<std::vector<named_token>> parse_tokens(core::byte_view payload, tds_version version) {
    return reader(payload, version).all();
}

} // namespace tdsfake::tds
