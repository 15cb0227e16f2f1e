#include "session/describe.hpp"

#include "core/hex.hpp"
#include "tds/version.hpp"

#include <array>
#include <cstdio>

namespace tdsfake::session {

namespace {

std::string hidden(const std::string& password, bool show) {
    return show || password.empty() ? password : "***";
}

std::string hex32(std::uint32_t value) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "0x%08x", value);
    return text.data();
}

// The bits of LOGIN7 that are set, by their names in MS-TDS 2.2.6.4.
std::string options_of(const tds::login7& message) {
    struct bit {
        std::uint8_t tds::login7::* in;
        std::uint8_t mask;
        std::string_view name;
    };
    static constexpr std::array<bit, 19> bits{{
        {&tds::login7::option_flags1, 0x01, "fByteOrder"},
        {&tds::login7::option_flags1, 0x02, "fChar"},
        {&tds::login7::option_flags1, 0x0c, "fFloat"},
        {&tds::login7::option_flags1, 0x10, "fDumpLoad"},
        {&tds::login7::option_flags1, 0x20, "fUseDB"},
        {&tds::login7::option_flags1, 0x40, "fDatabase"},
        {&tds::login7::option_flags1, 0x80, "fSetLang"},
        {&tds::login7::option_flags2, 0x01, "fLanguage"},
        {&tds::login7::option_flags2, 0x02, "fODBC"},
        {&tds::login7::option_flags2, 0x70, "fUserType"},
        {&tds::login7::option_flags2, 0x80, "fIntSecurity"},
        {&tds::login7::type_flags, 0x0f, "fSQLType"},
        {&tds::login7::type_flags, 0x10, "fOLEDB"},
        {&tds::login7::type_flags, 0x20, "fReadOnlyIntent"},
        {&tds::login7::option_flags3, 0x01, "fChangePassword"},
        {&tds::login7::option_flags3, 0x02, "fSendYukonBinaryXML"},
        {&tds::login7::option_flags3, 0x04, "fUserInstance"},
        {&tds::login7::option_flags3, 0x08, "fUnknownCollationHandling"},
        {&tds::login7::option_flags3, 0x10, "fExtension"},
    }};
    std::string names;
    for (const auto& one : bits) {
        if ((message.*one.in & one.mask) == 0) continue;
        names += (names.empty() ? "" : " ") + std::string(one.name);
    }
    return names;
}

} // namespace

void describe(fields& out, const tds::prelogin& message) {
    out.emplace_back("version", message.version());
    if (const auto value = message.encryption()) out.emplace_back("encryption", tds::encryption_name(*value));
    if (const auto instance = message.instance(); !instance.empty()) out.emplace_back("instance", instance);
    if (const auto value = message.mars()) out.emplace_back("mars", *value != 0);
    using token = tds::prelogin_token;
    for (const auto& [of, word] :
         {std::pair(token::fedauth_required, "fedauth-required"),
          std::pair(token::thread_id, "thread-id"),
          std::pair(token::trace_id, "trace-id"),
          std::pair(token::nonce, "nonce")}) {
        const auto* option = message.find(of);
        if (option == nullptr || option->data.empty()) continue;
        auto digits = core::to_hex(option->data);
        std::erase(digits, ' ');
        out.emplace_back(word, "0x" + digits);
    }
}

void describe(fields& out, const tds::login7& message, bool show_passwords) {
    out.reserve(out.size() + 20);
    out.emplace_back("user", message.user_name);
    if (message.integrated_security()) out.emplace_back("integrated-security", true);
    out.emplace_back("password", hidden(message.password, show_passwords));
    out.emplace_back("database", message.database);
    out.emplace_back("app", message.app_name);
    out.emplace_back("host", message.host_name);
    out.emplace_back("library", message.library_name);
    out.emplace_back("server-name", message.server_name);
    if (!message.language.empty()) out.emplace_back("language", message.language);
    if (const auto version = tds::from_login7_version(message.tds_version)) {
        out.emplace_back("tds", tds::name(*version));
    } else {
        out.emplace_back("tds", hex32(message.tds_version));
    }
    out.emplace_back("packet-size", message.packet_size);
    out.emplace_back("intent", message.read_only_intent() ? "read-only" : "read-write");
    out.emplace_back("options", options_of(message));
    out.emplace_back("client-version", hex32(message.client_prog_ver));
    out.emplace_back("client-pid", message.client_pid);
    out.emplace_back("client-lcid", hex32(message.client_lcid));
    out.emplace_back("client-time-zone", message.client_time_zone);
    if (!message.change_password.empty()) {
        out.emplace_back("change-password", hidden(message.change_password, show_passwords));
    }
    if (!message.attach_db_file.empty()) out.emplace_back("attach-db-file", message.attach_db_file);
    if (!message.features.empty()) {
        std::string names;
        for (const auto& feature : message.features) {
            names += (names.empty() ? "" : " ") + tds::feature_name(feature.id);
        }
        out.emplace_back("features", std::move(names));
    }
}

void describe(fields& out, const tds::pre_tds7_login& message) {
    out.emplace_back("user", message.user_name);
    out.emplace_back("app", message.app_name);
    out.emplace_back("host", message.host_name);
    out.emplace_back("server-name", message.server_name);
    out.emplace_back("tds", std::to_string(message.version[0]) + "." + std::to_string(message.version[1]));
}

std::string step_names(const scenario::fault& fault) {
    std::string text;
    for (const auto& step : fault.steps)
        text += (text.empty() ? "" : ", ") + std::string(scenario::name(step));
    return text;
}

void describe_status(fields& out, std::uint8_t status) {
    if (tds::status::asks_for_reset(status)) out.emplace_back("status", "reset");
    if ((status & tds::status::ignore) != 0) out.emplace_back("status", "ignore");
}

core::byte_view without_password(const tds::message& login) {
    constexpr std::size_t login7_fixed_part = 94;
    constexpr std::size_t pre_tds7_host_and_user = 62;
    const bool login7 = login.type == static_cast<std::uint8_t>(tds::packet_type::login7);
    const core::byte_view payload = login.payload;
    return payload.first(std::min(payload.size(), login7 ? login7_fixed_part : pre_tds7_host_and_user));
}

} // namespace tdsfake::session
