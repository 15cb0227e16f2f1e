#include "report/printable.hpp"
#include "report/render.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tdsfake::report {

using journal::kind;

namespace {

constexpr std::size_t longest_value = 100; // characters of one field; the journal file has them whole

std::string_view colour_of(kind what) {
    switch (what) {
    case kind::fault:
    case kind::step: return "\x1b[33m"; // yellow: the scenario at work
    case kind::violation:
    case kind::unmet: return "\x1b[31m"; // red
    case kind::gate:
    case kind::signal:
    case kind::notice: return "\x1b[36m"; // cyan: the server itself
    case kind::received: return "\x1b[32m";
    case kind::closed:
    case kind::attempt: return "\x1b[2m";
    default: return "";
    }
}

std::string text_of(const journal::event& event, std::string_view name) {
    const auto* found = event.find(name);
    return found == nullptr ? std::string() : journal::to_text(*found);
}

// One line, shortened, quoted where blanks would hide where it ends.
std::string shown(std::string text) {
    text = shortened(without_controls(std::move(text)), longest_value);
    if (text.empty() || text.find(' ') != std::string::npos) return "\"" + text + "\"";
    return text;
}

// The fields not named in `but`, as name=value; empty ones are left out.
void append_fields(
    std::string& out, const journal::event& event, std::initializer_list<std::string_view> but
) {
    for (const auto& field : event.fields) {
        if (std::ranges::find(but, field.name) != but.end()) continue;
        auto value = journal::to_text(field.value);
        if (value.empty()) continue;
        out += "  ";
        out += field.name;
        out += '=';
        out += shown(std::move(value));
    }
}

std::string ordinal(const std::string& number) {
    const auto n = std::stoull(number.empty() ? "0" : number);
    if (n % 100 >= 11 && n % 100 <= 13) return number + "th";
    return number + (n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th");
}

std::string describe(const journal::event& event) {
    std::string out;
    switch (event.what) {
    case kind::connect: return "from " + text_of(event, "peer");
    case kind::attempt:
        out = "from " + text_of(event, "peer");
        if (const auto to = text_of(event, "local"); !to.empty()) out += " to " + to;
        return out + " " + text_of(event, "outcome");
    case kind::gate:
        out = text_of(event, "mode");
        for (const auto* detail : {"late", "what"}) {
            if (const auto text = text_of(event, detail); !text.empty()) out += " " + text;
        }
        if (const auto address = text_of(event, "address"); !address.empty()) out += " at " + address;
        return out;
    case kind::signal: return text_of(event, "name");
    case kind::fault:
        return "line " + text_of(event, "rule") + ", at " + text_of(event, "stage") + ": " +
               text_of(event, "steps") + " (" + ordinal(text_of(event, "firing")) + " time)";
    case kind::step: return text_of(event, "step");
    case kind::closed:
        out = "by the " + text_of(event, "by") + " (" + text_of(event, "how") + ")";
        if (const auto reached = text_of(event, "reached"); !reached.empty()) out += ", reached " + reached;
        return out;
    case kind::violation: {
        out = text_of(event, "reason");
        append_fields(out, event, {"reason", "hexdump"});
        auto dump = text_of(event, "hexdump");
        for (std::size_t at = 0; !dump.empty() && at != std::string::npos;) {
            const auto end = dump.find('\n', at);
            out += "\n" + std::string(26, ' ') + dump.substr(at, end == std::string::npos ? end : end - at);
            at = end == std::string::npos || end + 1 >= dump.size() ? std::string::npos : end + 1;
        }
        return out;
    }
    case kind::notice: return text_of(event, "text");
    case kind::unmet: return text_of(event, "text") + ": " + text_of(event, "seen");
    default:
        out = text_of(event, "message");
        append_fields(out, event, {"message", "bytes", "packets"});
        return out;
    }
}

} // namespace

console_renderer::console_renderer(const scenario::scenario& scenario, bool colours) : colours_(colours) {
    for (const auto& server : scenario.servers)
        server_names_.push_back(server.name);
    if (scenario.browser) server_names_.emplace_back(scenario::browser_name);
    if (server_names_.size() < 2) return;
    for (const auto& name : server_names_)
        name_width_ = std::max(name_width_, name.size() + 2);
}

void console_renderer::operator()(const journal::event& event, std::string& out) const {
    // The verdict and what was not met are told once more, together, in the summary.
    if (event.what == kind::ready || event.what == kind::verdict || event.what == kind::unmet) return;
    std::array<char, 64> head{};
    std::snprintf(head.data(), head.size(), "%9.3f  ", std::chrono::duration<double>(event.at).count());
    out += head.data();
    if (name_width_ > 0) {
        std::string name = event.server < server_names_.size() ? server_names_[event.server] : "";
        name.resize(name_width_, ' ');
        out += name;
    }
    const auto connection = event.connection == 0 ? std::string() : "#" + std::to_string(event.connection);
    const auto colour = colours_ ? colour_of(event.what) : std::string_view();
    std::snprintf(head.data(), head.size(), "%-5s ", connection.c_str());
    out += head.data();
    out += colour;
    std::snprintf(head.data(), head.size(), "%-9s ", std::string(journal::name(event.what)).c_str());
    out += head.data();
    out += describe(event);
    if (!colour.empty()) out += "\x1b[0m";
    out += '\n';
}

} // namespace tdsfake::report
