#include "cli/ready.hpp"

#include "cli/write_whole.hpp"
#include "report/render.hpp"

#include <cctype>

#include <unistd.h>

namespace tdsfake::cli {

std::string ready_line(const std::vector<net::fake::bound_server>& servers) {
    std::string text = "READY";
    for (const auto& server : servers)
        text += " " + server.name + "=" + server.addresses.front().to_string();
    return text + "\n";
}

std::string ready_json(const std::vector<net::fake::bound_server>& servers, std::uint64_t seed) {
    using report::append_json;
    std::string out = "{\"event\":\"ready\",\"pid\":" + std::to_string(::getpid()) +
                      ",\"seed\":" + std::to_string(seed) + ",\"servers\":{";
    bool first_server = true;
    for (const auto& server : servers) {
        const auto& at = server.addresses.front();
        out += std::exchange(first_server, false) ? "" : ",";
        append_json(out, server.name);
        out += ":{\"host\":";
        append_json(out, at.host());
        out += ",\"port\":" + std::to_string(at.port()) + ",\"address\":";
        append_json(out, at.to_string());
        out += ",\"addresses\":[";
        for (std::size_t i = 0; i < server.addresses.size(); ++i) {
            out += i == 0 ? "" : ",";
            append_json(out, server.addresses[i].to_string());
        }
        out += "]}";
    }
    return out + "}}\n";
}

void write_ready_file(const std::string& path, const std::string& text) {
    write_whole("--ready-file", path, text);
}

std::vector<std::pair<std::string, std::string>>
environment(const std::vector<net::fake::bound_server>& servers) {
    std::vector<std::pair<std::string, std::string>> result;
    const auto add = [&](const std::string& prefix, const net::endpoint& at) {
        result.emplace_back(prefix + "HOST", at.host());
        result.emplace_back(prefix + "PORT", std::to_string(at.port()));
        result.emplace_back(prefix + "ADDRESS", at.to_string());
    };
    add("TDSFAKE_", servers.front().addresses.front());
    for (const auto& server : servers) {
        std::string name;
        for (const char c : server.name) {
            const auto letter = static_cast<unsigned char>(c);
            name += std::isalnum(letter) != 0 ? static_cast<char>(std::toupper(letter)) : '_';
        }
        add("TDSFAKE_" + name + "_", server.addresses.front());
    }
    return result;
}

} // namespace tdsfake::cli
