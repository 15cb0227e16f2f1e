#include "session/describe.hpp"

#include "tds/version.hpp"

#include <array>
#include <cstdio>

namespace tdsfake::session {

namespace {

std::string hidden(const std::string& password, bool show) {
    return show || password.empty() ? password : "***";
}

} // namespace

void describe(fields& out, const tds::prelogin& message) {
    out.emplace_back("version", message.version());
    if (const auto value = message.encryption()) out.emplace_back("encryption", tds::encryption_name(*value));
    if (const auto instance = message.instance(); !instance.empty()) out.emplace_back("instance", instance);
    if (const auto value = message.mars()) out.emplace_back("mars", *value != 0);
}

void describe(fields& out, const tds::login7& message, bool show_passwords) {
    out.reserve(out.size() + 14);
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
        std::array<char, 16> text{};
        std::snprintf(text.data(), text.size(), "0x%08x", message.tds_version);
        out.emplace_back("tds", std::string(text.data()));
    }
    out.emplace_back("packet-size", message.packet_size);
    out.emplace_back("intent", message.read_only_intent() ? "read-only" : "read-write");
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

void describe_status(fields& out, std::uint8_t status) {
    constexpr auto reset = tds::status::reset_connection | tds::status::reset_connection_skip_tran;
    if ((status & reset) != 0) out.emplace_back("status", "reset");
    if ((status & tds::status::ignore) != 0) out.emplace_back("status", "ignore");
}

} // namespace tdsfake::session
