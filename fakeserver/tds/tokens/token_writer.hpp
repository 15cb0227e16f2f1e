// Tokens of the server's answers (MS-TDS 2.2.7), written one after the other into a payload whose token
// borders are kept, so that a scenario can cut, split or insert at a token. All encoders of one answer share
// the session's TDS version, which decides between narrow (7.1 and before) and wide fields.
#pragma once

#include "core/bytes.hpp"
#include "tds/types/type_writer.hpp"
#include "tds/version.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tdsfake::tds {

// A token border in an answer: the name as the scenario language has it ("loginack", "row", "done", …).
struct token_mark {
    std::string_view token;
    std::size_t offset = 0; // in the payload
};

// The payload of one answer and its borders.
struct answer {
    core::bytes payload;
    std::vector<token_mark> marks;
};

// ERROR (AA) and INFO (AB), 2.2.7.10 and 2.2.7.13.
struct server_message {
    std::int32_t number = 0;
    std::uint8_t state = 1;
    std::uint8_t severity = 0; // "class" on the wire; 0..25
    std::string message;
    std::string server;
    std::string procedure;
    std::uint32_t line = 1;
};

// ENVCHANGE types, 2.2.7.8.
enum class envchange : std::uint8_t {
    database = 1,
    language = 2,
    charset = 3,
    packet_size = 4,
    unicode_locale = 5, // like charset and the next one: TDS 7.0, which has no collations
    unicode_comparison = 6,
    collation = 7,
    begin_transaction = 8,
    commit_transaction = 9,
    rollback_transaction = 10,
    mirroring_partner = 13,
    reset_ack = 18,
    routing = 20,
    enhanced_routing = 21,
};

// LOGINACK, 2.2.7.14.
struct loginack {
    std::uint8_t interface = 1;
    std::uint32_t tds_version = 0; // as to_loginack_version gives it
    std::string program_name = std::string("Microsoft SQL Server\0\0", 22);
    std::array<std::uint8_t, 4> version{16, 0, 0x10, 0x13};
};

// DONE, DONEPROC, DONEINPROC, 2.2.7.6.
namespace done_status {
inline constexpr std::uint16_t final = 0x00;
inline constexpr std::uint16_t more = 0x01;
inline constexpr std::uint16_t error = 0x02;
inline constexpr std::uint16_t count = 0x10;
inline constexpr std::uint16_t attention = 0x20;
inline constexpr std::uint16_t rpc_in_batch = 0x80; // DONEPROC only
inline constexpr std::uint16_t server_error = 0x100;
} // namespace done_status
struct done {
    std::uint16_t status = done_status::final;
    std::uint16_t command = 0; // curcmd
    std::uint64_t row_count = 0;
};

// A column of a result (COLMETADATA, 2.2.7.4), and what describes a RETURNVALUE (2.2.7.19).
struct column {
    // fNullable, fComputed: what we send are always expressions, never a table's columns.
    static constexpr std::uint16_t nullable_flag = 0x0001;
    static constexpr std::uint16_t computed_flag = 0x0020;

    std::string name;
    sql_type type{.id = type_id::nvarchar, .length = 4000};
    bool nullable = true; // a type of fixed size goes out in another form where it is not
    std::uint32_t user_type = 0;
    std::optional<std::uint16_t> flags{}; // instead of those that follow from the rest
};

struct return_value {
    std::uint16_t ordinal = 0;
    std::uint8_t status = 1; // 1 an output parameter, 2 the result of a function
    tds::column column;
    tds::datum value;
};

class token_writer {
public:
    explicit token_writer(tds_version version) noexcept : to_{.version = version} {}
    explicit token_writer(const dialect& to) noexcept : to_(to) {}

    void error(const server_message& message) { write_message(0xaa, "error", message); }
    void info(const server_message& message) { write_message(0xab, "info", message); }
    void envchange_text(envchange what, std::string_view new_value, std::string_view old_value);
    void envchange_bytes(envchange what, core::byte_view new_value, core::byte_view old_value);
    // ENVCHANGE 20; with a database 21.
    void routing(
        std::string_view host, std::uint16_t port, const std::optional<std::string>& database = std::nullopt
    );
    void login_ack(const loginack& token);
    void feature_ext_ack(const std::vector<std::pair<std::uint8_t, core::bytes>>& acks);
    void col_metadata(std::span<const column> columns, const collation_bytes& sort = latin1_general);
    void no_metadata(); // COLMETADATA with the count FFFF
    // Values in the order of `columns`; a missing one is NULL. NBCROW (7.3B and later) where that is shorter.
    void row(std::span<const column> columns, std::span<const datum> values, const plp_form& plp = {});
    void plain_row(std::span<const column> columns, std::span<const datum> values, const plp_form& plp = {});
    void nbc_row(std::span<const column> columns, std::span<const datum> values, const plp_form& plp = {});
    // Rows that were written elsewhere; one of them, if borders are kept.
    void rows(core::byte_view encoded);
    void order(std::span<const std::uint16_t> columns); // numbers from 1
    void return_value(const tds::return_value& token, const collation_bytes& sort = latin1_general);
    void return_status(std::int32_t value);
    void done(const tds::done& token) { write_done(0xfd, "done", token); }
    void done_proc(const tds::done& token) { write_done(0xfe, "doneproc", token); }
    void done_in_proc(const tds::done& token) { write_done(0xff, "doneinproc", token); }
    void raw(core::byte_view data) { raw("raw", data); }
    void raw(std::string_view name, core::byte_view data); // a token of that name, written elsewhere

    // Streamed rows are too many to remember where each begins.
    void forget_marks() noexcept { keeps_marks_ = false; }
    [[nodiscard]] bool keeps_marks() const noexcept { return keeps_marks_; }
    // What a token that was written says of its own length; it begins at `offset`.
    void claim_length(std::size_t offset, std::uint16_t length) { out_.patch_u16_le(offset + 1, length); }

    [[nodiscard]] const dialect& to() const noexcept { return to_; }
    [[nodiscard]] tds_version version() const noexcept { return to_.version; }
    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
    [[nodiscard]] answer take() { return {out_.take(), std::move(marks_)}; }

private:
    void mark(std::string_view token) {
        if (keeps_marks_) marks_.push_back({token, out_.size()});
    }
    std::size_t begin_token(
        std::uint8_t token, std::string_view name
    ); // with a USHORT length; returns where it counts from
    void end_token(std::size_t began);
    void write_message(std::uint8_t token, std::string_view name, const server_message& message);
    void write_done(std::uint8_t token, std::string_view name, const tds::done& done);
    void b_varchar(std::string_view text);
    void us_varchar(std::string_view text);
    void column_head(const column& column, const sql_type& wire, const collation_bytes& sort);
    void cell(const column& column, const datum& v, const plp_form& plp);

    dialect to_;
    bool keeps_marks_ = true;
    core::byte_writer out_;
    std::vector<token_mark> marks_;
};

} // namespace tdsfake::tds
