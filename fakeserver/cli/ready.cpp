#include "cli/ready.hpp"

#include "cli/write_whole.hpp"
#include "report/render.hpp"

#include <cctype>

#include <unistd.h>

namespace tdsfake::cli {

namespace {

// "host":…,"port":…,"address":…,"addresses":[…]
std::string json_of(const std::vector<net::endpoint>& addresses) {
    using report::append_json;
    const auto& at = addresses.front();
    std::string out = "{\"host\":";
    append_json(out, at.host());
    out += ",\"port\":" + std::to_string(at.port()) + ",\"address\":";
    append_json(out, at.to_string());
    out += ",\"addresses\":[";
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        out += i == 0 ? "" : ",";
        append_json(out, addresses[i].to_string());
    }
    return out + "]}";
}

} // namespace

std::string ready_line(const places& at) {
    std::string text = "READY";
    for (const auto& server : at.servers)
        text += " " + server.name + "=" + server.addresses.front().to_string();
    if (!at.browser.empty()) text += " browser=" + at.browser.front().to_string();
    return text + "\n";
}

std::string ready_json(const places& at, std::uint64_t seed) {
    std::string out = "{\"event\":\"ready\",\"pid\":" + std::to_string(::getpid()) +
                      ",\"seed\":" + std::to_string(seed) + ",\"servers\":{";
    bool first_server = true;
    for (const auto& server : at.servers) {
        out += std::exchange(first_server, false) ? "" : ",";
        report::append_json(out, server.name);
        out += ":" + json_of(server.addresses);
    }
    out += "}";
    if (!at.browser.empty()) out += ",\"browser\":" + json_of(at.browser);
    return out + "}\n";
}

void write_ready_file(const std::string& path, const std::string& text) {
    write_whole("--ready-file", path, text);
}

std::vector<std::pair<std::string, std::string>> environment(const places& where) {
    std::vector<std::pair<std::string, std::string>> result;
    const auto add = [&](const std::string& prefix, const net::endpoint& at) {
        result.emplace_back(prefix + "HOST", at.host());
        result.emplace_back(prefix + "PORT", std::to_string(at.port()));
        result.emplace_back(prefix + "ADDRESS", at.to_string());
    };
    add("TDSFAKE_", where.servers.front().addresses.front());
    for (const auto& server : where.servers) {
        std::string name;
        for (const char c : server.name) {
            const auto letter = static_cast<unsigned char>(c);
            name += std::isalnum(letter) != 0 ? static_cast<char>(std::toupper(letter)) : '_';
        }
        add("TDSFAKE_" + name + "_", server.addresses.front());
    }
    if (!where.browser.empty()) add("TDSFAKE_BROWSER_", where.browser.front());
    return result;
}

} // namespace tdsfake::cli
