// Columns and values as a server writes them, for clients of every TDS: TYPE_INFO, and the value behind it.
#pragma once

#include "core/bytes.hpp"
#include "tds/types/sql_type.hpp"
#include "tds/types/type_info.hpp"
#include "tds/types/value_text.hpp"
#include "tds/version.hpp"

#include <cstdint>

namespace tdsfake::tds {

// What decides how a type travels.
struct dialect {
    tds_version version = tds_version::v7_4;
    bool json = false; // the client asked for the JSON type and has its acknowledgement
};

// The type that the client gets instead, if it does not know this one: NVARCHAR for the dates before 7.3,
// TEXT, NTEXT and IMAGE for (MAX) and XML before 7.2, DECIMAL(19,0) for BIGINT and NVARCHAR for SQL_VARIANT
// before 7.1, as SQL Server does it.
sql_type wire_type(const sql_type& t, const dialect& to) noexcept;
// The value's bytes in that type.
core::bytes converted(const sql_type& from, const sql_type& to, core::byte_view data);

// How values of unlimited size are told (2.2.5.2.3).
struct plp_form {
    bool length_known = true;
    std::uint32_t chunk = 8000; // most bytes of one; 0: all in one
    bool operator==(const plp_form&) const = default;
};

// `t` is a wire_type. A type of fixed size has a number of its own where it is not nullable.
void write_type_info(
    core::byte_writer& out, const sql_type& t, bool nullable, tds_version version, const collation_bytes& sort
);
// The same: null is `data` == nullptr; where that cannot be told it is zeros.
void write_value(
    core::byte_writer& out,
    const sql_type& t,
    bool nullable,
    const core::bytes* data,
    value_place place,
    const plp_form& plp = {}
);
// Bytes that NULL takes in a row; 0 if the type is not nullable and fixed.
std::size_t null_size(const sql_type& t, bool nullable) noexcept;

} // namespace tdsfake::tds
