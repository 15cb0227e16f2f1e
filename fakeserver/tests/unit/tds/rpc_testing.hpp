// RPC messages laid out by hand.
#pragma once

#include "tds/request.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds::testing {

inline const core::bytes rpc_headers =
    hex("16 00 00 00  12 00 00 00 02 00  00 00 00 00 00 00 00 00  01 00 00 00");

// FF FF, ProcID, no option flags.
inline core::bytes by_id(int id) {
    core::byte_writer out;
    out.u16_le(0xffff);
    out.u16_le(static_cast<std::uint64_t>(id));
    out.u16_le(0);
    return out.take();
}

inline core::bytes by_name(std::string_view name) {
    core::byte_writer out;
    const auto text = utf16(name);
    out.u16_le(text.size() / 2);
    out.append(text);
    out.u16_le(0);
    return out.take();
}

inline const std::string collation_hex = "09 04 d0 00 34";

// Without a name: status 0, NVARCHAR(4000).
inline core::bytes nvarchar(std::string_view text) {
    core::byte_writer out;
    const auto data = utf16(text);
    out.append(hex("00 00 e7 40 1f" + collation_hex));
    out.u16_le(data.size());
    out.append(data);
    return out.take();
}

// An output handle, NULL, as sp_prepare and its relatives take it first.
inline const core::bytes null_handle = hex("00 01 26 04 00");

} // namespace tdsfake::tds::testing
