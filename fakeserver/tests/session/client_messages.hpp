// What a TDS client writes, laid out by hand (MS-TDS 2.2.3 to 2.2.6): a mistake of the server's codecs cannot
// hide behind the same mistake here. Texts are ASCII.
#pragma once

#include "core/bytes.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tdsfake::session::testing {

// Types and status bits of packets.
namespace wire {
inline constexpr std::uint8_t batch = 0x01, pre_tds7_login = 0x02, rpc = 0x03, tabular = 0x04,
                              attention = 0x06, bulk = 0x07, sspi = 0x11, transaction = 0x0e, login7 = 0x10,
                              prelogin = 0x12;
inline constexpr std::uint8_t eom = 0x01, ignore = 0x02, reset = 0x08, reset_skip_tran = 0x10;
} // namespace wire

core::bytes hex(std::string_view text);
core::bytes joined(std::initializer_list<core::bytes> parts);

// One packet. `length`: what its header says; 0: the truth.
core::bytes packet(
    std::uint8_t type,
    core::byte_view payload = {},
    std::uint8_t status = wire::eom,
    std::uint16_t length = 0,
    std::uint8_t id = 1
);
// A message in packets of at most `size` bytes; `status` is that of the first, EOM aside.
core::bytes
packets(std::uint8_t type, core::byte_view payload, std::size_t size = 4096, std::uint8_t status = 0);

// VERSION, ENCRYPTION, INSTOPT, THREADID, MARS.
core::bytes prelogin(std::uint8_t encryption = 0x02);

struct credentials {
    std::string user = "sa", password = {}, database = {}, app = "story", host = "box", library = "by hand",
                server = "srv7", language = {};
    std::uint32_t version = 0x74000004; // TDS 7.4
    std::uint32_t packet_size = 4096;
};
core::bytes login(const credentials& who = {});
core::bytes pre_tds7_login(); // TDS 4.2, 572 bytes

enum class layout : std::uint8_t { narrow, wide }; // TDS 7.0 and 7.1; 7.2 and later, with ALL_HEADERS
core::bytes batch(std::string_view sql, std::uint8_t status = 0, layout form = layout::wide);
// RPC sp_executesql (ProcID 10), the statement an NVARCHAR(4000).
core::bytes executesql(std::string_view sql, std::uint8_t status = 0);
// RPC by name, without parameters.
core::bytes procedure(std::string_view name);
core::bytes attention();
core::bytes begin_transaction();
core::bytes commit(bool begins_new = false);
core::bytes rollback();
core::bytes bulk_load();
// A batch, an RPC or a request to the transaction manager that belongs to an open transaction.
core::bytes within(std::uint64_t transaction, core::bytes message);

} // namespace tdsfake::session::testing
