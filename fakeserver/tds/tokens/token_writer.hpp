// Tokens of the server's answers (MS-TDS 2.2.7), written one after the other into a payload whose token
// borders are kept, so that a scenario can cut, split or insert at a token. All encoders of one answer share
// the session's TDS version, which decides between narrow (7.1 and before) and wide fields.
#pragma once

#include "core/bytes.hpp"
#include "tds/version.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
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
inline constexpr std::uint16_t server_error = 0x100;
} // namespace done_status
struct done {
    std::uint16_t status = done_status::final;
    std::uint16_t command = 0; // curcmd
    std::uint64_t row_count = 0;
};

using collation = std::array<std::uint8_t, 5>;
inline constexpr collation latin1_general{0x09, 0x04, 0xd0, 0x00, 0x34}; // SQL_Latin1_General_CP1_CI_AS

// A column of INT, NVARCHAR(n) or VARCHAR(n) (code page 1252).
struct column {
    enum class kind : std::uint8_t { integer, nvarchar, varchar };
    std::string name;
    kind type = kind::nvarchar;
    std::uint16_t max_chars = 4000; // NVARCHAR 1..4000, VARCHAR 1..8000; longer text is cut
    bool nullable = true;           // a nullable INT goes out as INTN
};
// A cell: NULL, a number or UTF-8 text.
using cell = std::variant<std::monostate, std::int64_t, std::string>;

class token_writer {
public:
    explicit token_writer(tds_version version) noexcept : version_(version) {}

    void error(const server_message& message) { write_message(0xaa, "error", message); }
    void info(const server_message& message) { write_message(0xab, "info", message); }
    void envchange_text(envchange type, std::string_view new_value, std::string_view old_value);
    void envchange_bytes(envchange type, core::byte_view new_value, core::byte_view old_value);
    // ENVCHANGE 20; with a database 21.
    void routing(
        std::string_view host, std::uint16_t port, const std::optional<std::string>& database = std::nullopt
    );
    void login_ack(const loginack& token);
    void feature_ext_ack(const std::vector<std::pair<std::uint8_t, core::bytes>>& acks);
    void col_metadata(const std::vector<column>& columns, const collation& sort = latin1_general);
    // Cells in the order of `columns`; a missing one is NULL, an int in an NVARCHAR column goes out as text.
    void row(const std::vector<column>& columns, const std::vector<cell>& cells);
    void return_status(std::int32_t value);
    void done(const tds::done& token) { write_done(0xfd, "done", token); }
    void done_proc(const tds::done& token) { write_done(0xfe, "doneproc", token); }
    void done_in_proc(const tds::done& token) { write_done(0xff, "doneinproc", token); }
    void raw(core::byte_view data);
    void raw(std::string_view token, core::byte_view data); // with its border

    [[nodiscard]] tds_version version() const noexcept { return version_; }
    [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
    [[nodiscard]] answer take() { return {out_.take(), std::move(marks_)}; }

private:
    void mark(std::string_view token) { marks_.push_back({token, out_.size()}); }
    std::size_t begin_token(
        std::uint8_t token, std::string_view name
    ); // with a USHORT length; returns where it counts from
    void end_token(std::size_t began);
    void write_message(std::uint8_t token, std::string_view name, const server_message& message);
    void write_done(std::uint8_t token, std::string_view name, const tds::done& done);
    void b_varchar(std::string_view text);
    void us_varchar(std::string_view text);

    tds_version version_;
    core::byte_writer out_;
    std::vector<token_mark> marks_;
};

} // namespace tdsfake::tds
