// The console, kind by kind, exactly.
#include "report/render.hpp"

#include <gtest/gtest.h>

namespace tdsfake::report {
namespace {

using journal::event;
using journal::kind;
using namespace std::chrono_literals;

std::string shown(event e, bool colours = false, std::initializer_list<const char*> servers = {"server"}) {
    scenario::scenario s;
    for (const auto* const name : servers)
        s.servers.push_back({.name = name});
    std::string out;
    console_renderer{s, colours}(e, out);
    return out;
}

event of_connection(kind what, std::vector<journal::field> fields) {
    return {.what = what, .at = 1234567us, .server = 0, .connection = 3, .fields = std::move(fields)};
}
event of_server(kind what, std::vector<journal::field> fields) {
    return {.what = what, .at = 1234567us, .server = 0, .fields = std::move(fields)};
}

TEST(Console, BesideABrowserEachLineSaysWhose) {
    scenario::scenario s;
    s.servers.push_back({.name = "server"});
    s.browser.emplace();
    const console_renderer render{s, false};
    std::string out;
    render({.what = kind::gate, .server = 0, .fields = {{"mode", "accept"}}}, out);
    render({.what = kind::gate, .server = s.browser_index(), .fields = {{"mode", "refuse"}}}, out);
    EXPECT_EQ(
        out, "    0.000  server         gate      accept\n    0.000  browser        gate      refuse\n"
    );
}

TEST(Console, EachKind) {
    EXPECT_EQ(
        shown(of_connection(kind::connect, {{"peer", "127.0.0.1:5"}, {"local", "127.0.0.1:1433"}})),
        "    1.235  #3    connect   from 127.0.0.1:5\n"
    );
    EXPECT_EQ(
        shown(of_connection(
            kind::received,
            {{"message", "LOGIN7"},
             {"bytes", 200},
             {"packets", 1},
             {"user", "sa"},
             {"database", ""},
             {"app", "my app"}}
        )),
        "    1.235  #3    received  LOGIN7  user=sa  app=\"my app\"\n"
    );
    EXPECT_EQ(
        shown(of_connection(kind::sent, {{"message", "ERROR"}, {"bytes", 100}, {"number", 18456}})),
        "    1.235  #3    sent      ERROR  number=18456\n"
    );
    EXPECT_EQ(
        shown(of_connection(
            kind::fault, {{"rule", 7}, {"stage", "login"}, {"steps", "wait, reset"}, {"firing", 2}}
        )),
        "    1.235  #3    fault     line 7, at login: wait, reset (2nd time)\n"
    );
    EXPECT_EQ(shown(of_connection(kind::step, {{"step", "reset"}})), "    1.235  #3    step      reset\n");
    EXPECT_EQ(
        shown(of_connection(kind::closed, {{"by", "client"}, {"how", "FIN"}, {"reached", "login"}})),
        "    1.235  #3    closed    by the client (FIN), reached login\n"
    );
    EXPECT_EQ(shown(of_server(kind::gate, {{"mode", "refuse"}})), "    1.235        gate      refuse\n");
    EXPECT_EQ(shown(of_server(kind::signal, {{"name", "up"}})), "    1.235        signal    up\n");
    EXPECT_EQ(
        shown(of_server(kind::attempt, {{"peer", "192.0.2.1:5"}, {"outcome", "refused"}})),
        "    1.235        attempt   from 192.0.2.1:5 refused\n"
    );
    EXPECT_EQ(
        shown(of_server(kind::notice, {{"text", "mind this"}})), "    1.235        notice    mind this\n"
    );
}

TEST(Console, AViolationHasItsBytesIndentedBelow) {
    EXPECT_EQ(
        shown(of_connection(
            kind::violation, {{"reason", "no TDS"}, {"error", 17807}, {"hexdump", "0000   47\n0010   48\n"}}
        )),
        "    1.235  #3    violation no TDS  error=17807\n"
        "                          0000   47\n"
        "                          0010   48\n"
    );
}

TEST(Console, LeavesTheEndToTheSummary) {
    for (const auto what : {kind::ready, kind::unmet, kind::verdict})
        EXPECT_EQ(shown(of_server(what, {{"text", "x"}})), "");
}

TEST(Console, Ordinals) {
    const auto nth = [](int n) {
        const auto text =
            shown(of_connection(kind::fault, {{"rule", 1}, {"stage", "s"}, {"steps", "x"}, {"firing", n}}));
        const auto from = text.find('(') + 1;
        return text.substr(from, text.find(' ', from) - from);
    };
    EXPECT_EQ(nth(1), "1st");
    EXPECT_EQ(nth(2), "2nd");
    EXPECT_EQ(nth(3), "3rd");
    EXPECT_EQ(nth(4), "4th");
    EXPECT_EQ(nth(11), "11th");
    EXPECT_EQ(nth(12), "12th");
    EXPECT_EQ(nth(13), "13th");
    EXPECT_EQ(nth(21), "21st");
    EXPECT_EQ(nth(111), "111th");
    EXPECT_EQ(nth(122), "122nd");
}

TEST(Console, ServersHaveAColumnWhenThereAreSeveral) {
    const auto at = [](std::uint32_t server) {
        return shown(
            {.what = kind::gate, .server = server, .fields = {{"mode", "accept"}}}, false, {"a", "second"}
        );
    };
    EXPECT_EQ(at(0), "    0.000  a             gate      accept\n");
    EXPECT_EQ(at(1), "    0.000  second        gate      accept\n");
    EXPECT_EQ(at(journal::no_server), "    0.000                gate      accept\n");
}

TEST(Console, IsAlignedWhateverTheNumberOfTheConnection) {
    const auto where = [](std::uint64_t connection, core::instant at) {
        return shown({.what = kind::step, .at = at, .connection = connection, .fields = {{"step", "x"}}}
        ).find("step");
    };
    EXPECT_EQ(where(0, 0s), where(9999, 0s));
    EXPECT_EQ(where(1, 0s), where(1, 9999s));
}

TEST(Console, LongValuesAreCutBetweenCharacters) {
    const auto value_of = [](const std::string& sql) {
        const auto text = shown(of_connection(kind::received, {{"message", "m"}, {"sql", sql}}));
        return text.substr(text.find("sql=") + 4);
    };
    EXPECT_EQ(value_of(std::string(100, 'x')), std::string(100, 'x') + "\n");
    EXPECT_EQ(value_of(std::string(101, 'x')), std::string(100, 'x') + "…\n");
    EXPECT_EQ(value_of(std::string(99, 'x') + "€€"), std::string(99, 'x') + "…\n");
}

TEST(Console, ControlCharactersOfTheClientStayOutOfTheTerminal) {
    EXPECT_EQ(
        shown(of_connection(kind::received, {{"message", "m"}, {"user", "a\x1b[31m\nb"}})),
        "    1.235  #3    received  m  user=\"a [31m b\"\n"
    );
    EXPECT_EQ(
        shown(of_connection(kind::received, {{"message", "m"}, {"user", "a\x7f\u009b\u202ebé"}})),
        "    1.235  #3    received  m  user=\"a   bé\"\n"
    );
    const auto told = shown(of_connection(kind::signal, {{"name", "x"}}));
    EXPECT_EQ(told.find('\x1b'), std::string::npos);
}

TEST(Console, ColoursOnlyWhenAsked) {
    for (int k = 0; k <= static_cast<int>(kind::verdict); ++k) {
        const auto what = static_cast<kind>(k);
        const event e{.what = what, .fields = {{"firing", 1}, {"text", "x"}}};
        EXPECT_EQ(shown(e).find('\x1b'), std::string::npos) << journal::name(what);
    }
    EXPECT_EQ(
        shown(of_server(kind::gate, {{"mode", "refuse"}}), true),
        "    1.235        \x1b[36mgate      refuse\x1b[0m\n"
    );
    EXPECT_EQ(
        shown(of_connection(kind::sent, {{"message", "DONE"}}), true), "    1.235  #3    sent      DONE\n"
    ) << "no colour, no reset";
}

} // namespace
} // namespace tdsfake::report
