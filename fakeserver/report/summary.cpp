#include "report/summary.hpp"

#include "report/printable.hpp"

#include <algorithm>
#include <functional>

namespace tdsfake::report {

namespace {

constexpr std::size_t longest_pattern = 60; // bytes of what a query asks for

std::string stages_of(const scenario::fault& fault) {
    std::string text;
    for (const auto s : fault.at)
        text += (text.empty() ? "" : ", ") + std::string(scenario::name(s));
    return text;
}

std::string steps_of(const scenario::fault& fault) {
    std::string text;
    for (const auto& step : fault.steps)
        text += (text.empty() ? "" : ", ") + std::string(scenario::name(step));
    return text;
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

// Lists of the fault that go on without a connection, or never had one.
std::size_t running(const world::world& world, const scenario::fault& fault) {
    const auto first = fault.steps.data();
    return static_cast<std::size_t>(std::ranges::count_if(world.still_running(), [&](const auto& list) {
        return !std::less<>()(list.rest.data(), first) &&
               std::less<>()(list.rest.data(), first + fault.steps.size());
    }));
}

// The rules of one server or of the Browser, and how often each fired.
std::string rules_of(
    const world::world& world,
    std::uint32_t server,
    const std::vector<scenario::fault>& faults,
    bool colours,
    std::string out
) {
    const auto& counters = world.rules_of(server);
    for (std::size_t i = 0; i < faults.size(); ++i) {
        const auto& fault = faults[i];
        const auto& tally = counters.of(i);
        out += "  line " + padded(std::to_string(fault.where.line), 4) + " " +
               padded("at " + stages_of(fault) + " ", 14) + padded(steps_of(fault), 24) + " ";
        if (tally.fired > 0) {
            out += "fired " + std::to_string(tally.fired) + (tally.fired == 1 ? " time" : " times");
            if (tally.matched > tally.fired) out += ", matched " + std::to_string(tally.matched);
            const auto& course = counters.course_of(i);
            if (course.cut_short > 0)
                out += ", " + std::to_string(course.cut_short) + " cut short by the end of the connection";
            if (course.misshaped > 0)
                out += ", " + std::to_string(course.misshaped) + " without what its shapes ask for";
            if (const auto lists = running(world, fault); lists > 0)
                out += ", " + std::to_string(lists) + " not at its end yet";
        } else {
            const bool red = colours && !fault.unused_allowed;
            out += std::string(red ? "\x1b[31m" : "") + "never fired" +
                   (tally.matched > 0 ? ", matched " + std::to_string(tally.matched) : "") +
                   (fault.unused_allowed ? " (allowed)"
                    : red                ? "\x1b[0m"
                                         : "");
        }
        out += '\n';
    }
    return out;
}

// What the server's queries ask for, and how often they were answered from. One that never was is no failure:
// a scenario may know more than a run asks for. It is told because a text that matches nothing looks like it.
std::string queries_of(const world::world& world, std::uint32_t server, const scenario::server& of) {
    std::string out;
    for (std::size_t i = 0; i < of.queries.size(); ++i) {
        const auto& query = of.queries[i];
        std::string asked;
        for (const auto* const patterns : {&query.match, &query.procedure}) {
            for (const auto& one : *patterns)
                asked += (asked.empty() ? "" : ", ") + one.text();
        }
        const auto answers = world.answers_of(server, i);
        out += "  line " + padded(std::to_string(query.where.line), 4) + " " +
               padded(shortened(without_controls(std::move(asked)), longest_pattern), 39) + " ";
        out += answers == 0   ? "never used\n"
               : answers == 1 ? "used 1 time\n"
                              : "used " + std::to_string(answers) + " times\n";
    }
    return out;
}

} // namespace

std::string summary(const world::world& world, const std::vector<world::unmet>& unmet, bool colours) {
    const auto red = colours ? "\x1b[31m" : "";
    const auto green = colours ? "\x1b[32m" : "";
    const auto plain = colours ? "\x1b[0m" : "";
    const auto& scenario = world.scenario();
    std::string out;
    bool expects = !scenario.verify.empty();
    for (std::size_t s = 0; s < scenario.servers.size(); ++s) {
        const auto& server = scenario.servers[s];
        const auto number = static_cast<std::uint32_t>(s);
        const auto whose = scenario.servers.size() > 1 ? " of " + server.name + "\n" : "\n";
        if (!server.faults.empty()) {
            out += rules_of(world, number, server.faults, colours, "\nrules" + whose);
            expects = true;
        }
        if (!server.queries.empty()) out += "\nqueries" + whose + queries_of(world, number, server);
    }
    if (scenario.browser && !scenario.browser->faults.empty()) {
        out += rules_of(
            world, scenario.browser_index(), scenario.browser->faults, colours, "\nrules of the Browser\n"
        );
        expects = true;
    }
    if (unmet.empty()) {
        if (expects) {
            out += std::string("\n") + green + "all expectations met" + plain + "\n";
        }
        return out;
    }
    out += "\n" + std::string(red) + "not as expected" + plain + "\n";
    for (const auto& line : unmet) {
        out += "  " + scenario.file + ":" + std::to_string(line.line) + ": " + line.text + "\n      " +
               line.seen + "\n";
    }
    return out;
}

} // namespace tdsfake::report
