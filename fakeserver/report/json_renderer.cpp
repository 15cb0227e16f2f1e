#include "report/render.hpp"

#include <boost/json/serializer.hpp>

#include <array>
#include <charconv>

namespace tdsfake::report {

namespace {

bool plain(std::string_view text) {
    for (const char c : text) {
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) return false;
    }
    return true;
}

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

// Seconds with six decimals.
void append_seconds(std::string& out, core::instant at) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(at).count();
    out += ",\"t\":";
    append_number(out, micros / 1'000'000);
    std::array<char, 7> decimals{'.', '0', '0', '0', '0', '0', '0'};
    for (auto [place, rest] = std::pair(std::size_t{6}, micros % 1'000'000); rest > 0; --place, rest /= 10) {
        decimals[place] = static_cast<char>('0' + rest % 10);
    }
    out.append(decimals.data(), decimals.size());
}

void append_value(std::string& out, const journal::value& v) {
    struct visitor {
        std::string& out;
        void operator()(std::int64_t number) const { append_number(out, number); }
        void operator()(bool flag) const { out += flag ? "true" : "false"; }
        void operator()(std::string_view text) const { append_json(out, text); }
        void operator()(const std::string& text) const { append_json(out, text); }
    };
    std::visit(visitor{out}, v);
}

} // namespace

void append_json(std::string& out, std::string_view text) {
    if (plain(text)) { // nearly always; also keeps bytes above 0x7f, which are UTF-8 by construction
        out += '"';
        out += text;
        out += '"';
        return;
    }
    thread_local boost::json::serializer serializer;
    serializer.reset(boost::json::string_view(text.data(), text.size()));
    std::array<char, 512> part{};
    while (!serializer.done())
        out += serializer.read(part.data(), part.size());
}

json_renderer::json_renderer(const scenario::scenario& scenario) {
    for (const auto& server : scenario.servers) {
        std::string name;
        append_json(name, server.name);
        server_names_.push_back(std::move(name));
    }
    if (scenario.browser) append_json(server_names_.emplace_back(), scenario::browser_name);
}

void json_renderer::operator()(const journal::event& event, std::string& out) const {
    out += "{\"seq\":";
    append_number(out, static_cast<std::int64_t>(event.sequence));
    append_seconds(out, event.at);
    if (event.server < server_names_.size()) {
        out += ",\"server\":";
        out += server_names_[event.server];
    }
    if (event.connection != 0) {
        out += ",\"connection\":";
        append_number(out, static_cast<std::int64_t>(event.connection));
    }
    out += ",\"event\":\"";
    out += journal::name(event.what);
    out += '"';
    for (const auto& field : event.fields) {
        out += ",\"";
        out += field.name;
        out += "\":";
        append_value(out, field.value);
    }
    out += "}\n";
}

} // namespace tdsfake::report
