// LOGIN7 (MS-TDS 2.2.6.4), TDS 7.0 to 8.0, and recognition of the pre-7.0 login record.
#pragma once

#include "core/bytes.hpp"
#include "core/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tdsfake::tds {

// One entry of the feature extension list (fact sheet 3.1).
struct login_feature {
    std::uint8_t id = 0;
    core::bytes data;
};

// "sessionrecovery", "fedauth", "utf8-support", …; "0x42" for an unknown id.
std::string feature_name(std::uint8_t id);

struct login7 {
    std::uint32_t length = 0;
    std::uint32_t tds_version = 0; // raw, as in from_login7_version
    std::uint32_t packet_size = 0; // 0: server's choice
    std::uint32_t client_prog_ver = 0;
    std::uint32_t client_pid = 0;
    std::uint32_t connection_id = 0;
    std::uint8_t option_flags1 = 0;
    std::uint8_t option_flags2 = 0;
    std::uint8_t type_flags = 0;
    std::uint8_t option_flags3 = 0;
    std::int32_t client_time_zone = 0; // minutes
    std::uint32_t client_lcid = 0;
    std::string host_name;
    std::string user_name;
    std::string password; // in clear: never print it unless the user asked
    std::string app_name;
    std::string server_name;
    std::string library_name; // CltIntName
    std::string language;
    std::string database;
    std::array<std::uint8_t, 6> client_id{};
    core::bytes sspi;
    std::string attach_db_file;
    std::string change_password; // in clear, as password
    std::vector<login_feature> features;
    bool has_feature_extension = false;

    [[nodiscard]] bool integrated_security() const noexcept { return (option_flags2 & 0x80) != 0; }
    [[nodiscard]] bool read_only_intent() const noexcept { return (type_flags & 0x20) != 0; }
};

// Any layout from 7.0 (data may start at 86) to 8.0. An item of length 0 may carry any offset.
core::result<login7> parse_login7(core::byte_view payload);
// Offsets and lengths derived; the layout of 7.2 and later (94 fixed bytes).
core::bytes encode_login7(const login7& message);

// The swap-nibbles-and-XOR-A5 of the password fields, and back (2.2.6.4).
core::bytes obfuscate_password(core::byte_view utf16);
core::bytes deobfuscate_password(core::byte_view wire);

// The login record of TDS 4.2 and 5.0 (packet type 02): only what is worth journalling.
struct pre_tds7_login {
    std::string host_name;
    std::string user_name;
    std::string app_name;
    std::string server_name;
    std::array<std::uint8_t, 4> version{};
};
core::result<pre_tds7_login> parse_pre_tds7_login(core::byte_view payload);

} // namespace tdsfake::tds
