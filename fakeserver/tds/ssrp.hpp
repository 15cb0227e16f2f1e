// The SQL Server Browser's protocol, both directions (MC-SQLR 2.2): one UDP datagram asks, one answers.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tdsfake::tds {

enum class ssrp_kind : std::uint8_t {
    broadcast = 0x02, // CLNT_BCAST_EX: all instances, asked of a whole network
    all = 0x03,       // CLNT_UCAST_EX: all instances of one machine
    instance = 0x04,  // CLNT_UCAST_INST: one instance by its name
    dac = 0x0f,       // CLNT_UCAST_DAC: the port of an instance's dedicated administrator connection
};
// "broadcast", "all", "instance", "dac".
std::string_view name(ssrp_kind kind) noexcept;

struct ssrp_request {
    ssrp_kind kind = ssrp_kind::all;
    std::string instance;   // of the kinds instance and dac, UTF-8
    bool terminated = true; // a NUL follows the name; mssql-jdbc leaves it out
};
core::result<ssrp_request> parse_ssrp_request(core::byte_view datagram);
core::bytes encode_ssrp_request(const ssrp_request& request);

// "ServerName" and "FAKE", …: in the order of the wire, names and values as they are.
using ssrp_instance = std::vector<std::pair<std::string, std::string>>;

struct ssrp_reply {
    std::vector<ssrp_instance> instances;
    std::optional<std::uint16_t> false_size; // encoding only: instead of the length of the text
};
// Strict: the size is the length of the text; each instance begins with ServerName, InstanceName,
// IsClustered and Version, protocols follow.
core::result<ssrp_reply> parse_ssrp_reply(core::byte_view datagram);
core::bytes encode_ssrp_reply(const ssrp_reply& reply);
// The text of the reply, as the journal prints it.
std::string ssrp_text(const ssrp_reply& reply);

struct ssrp_dac_reply {
    std::optional<std::uint16_t> port;       // encoding only: left out if there is none
    std::optional<std::uint16_t> false_size; // encoding only
};
core::result<ssrp_dac_reply> parse_ssrp_dac_reply(core::byte_view datagram);
core::bytes encode_ssrp_dac_reply(const ssrp_dac_reply& reply);

} // namespace tdsfake::tds
