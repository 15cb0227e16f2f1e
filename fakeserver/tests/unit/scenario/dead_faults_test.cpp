// Faults that can never fire are warned about, and no others.
#include "test_files.hpp"

namespace tdsfake::scenario {
namespace {

std::vector<std::string> warnings_of(const std::string& server) {
    const auto result = load("tdsfake: 1\n" + server, "file");
    EXPECT_TRUE(result.errors.empty()) << all_of(result.errors) << server;
    std::vector<std::string> found;
    for (const auto& warning : result.warnings)
        found.push_back(std::to_string(warning.where.line) + ": " + warning.message);
    return found;
}

std::string two(const std::string& first, const std::string& second) {
    return "server:\n  faults:\n    - {" + first + ", do: reset}\n    - {" + second + ", do: reset}\n";
}

const std::string shadowed = "5: this fault never fires: the one at line 4 takes every event before it";

class dead_by_another : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(dead_by_another, is_warned_about) {
    const auto& [first, second] = GetParam();
    EXPECT_EQ(warnings_of(two(first, second)), std::vector{shadowed}) << first << " | " << second;
}

TEST_P(dead_by_another, not_if_the_other_is_limited) {
    const auto& [first, second] = GetParam();
    for (const auto* limit : {"times: 3", "skip: 1", "every: 2", "chance: 50%", "for: 5s"})
        EXPECT_TRUE(warnings_of(two(first + ", " + limit, second)).empty()) << first << " | " << second;
}

INSTANTIATE_TEST_SUITE_P(
    all,
    dead_by_another,
    testing::Values(
        std::pair("at: login", "at: login"),
        std::pair("at: login", "at: login, times: 2, when: {user: sa}"),
        std::pair("at: request", "at: [batch, query]"),
        std::pair("at: login, when: {user: sa}", "at: login, when: {user: SA, database: x}"),
        std::pair("at: login, when: {user: /a/}", "at: login, when: {user: [sa, ann]}"),
        std::pair("at: login, when: {user: [/x/, sa]}", "at: login, when: {user: /x/}"),
        std::pair("at: login, when: {connection: 2..}", "at: login, when: {connection: 3..7}"),
        std::pair("at: query, when: {seen: [attention, bulk]}", "at: query, when: {seen: bulk}"),
        std::pair("at: smp, when: {session: 0..}", "at: smp, when: {session: 1, flag: fin}"),
        std::pair(
            "at: login, when: {fields: {packet-size: 512..}}",
            "at: login, when: {fields: {packet-size: 600..700, language: x}}"
        ),
        std::pair("at: login, since: 1s", "at: login, since: 2s, until: 3s"),
        std::pair("at: login, until: 3s", "at: login, until: 2s"),
        std::pair("at: bulk, after: 1KiB", "at: bulk, after: 1KiB, when: {connection: 1}"),
        std::pair("at: idle, after: 5s", "at: idle, after: 9s")
    )
);

class alive : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(alive, is_not_warned_about) {
    const auto& [first, second] = GetParam();
    EXPECT_EQ(warnings_of(two(first, second)), std::vector<std::string>{}) << first << " | " << second;
}

INSTANTIATE_TEST_SUITE_P(
    all,
    alive,
    testing::Values(
        std::pair("at: login", "at: [login, query]"),
        std::pair("at: query", "at: request"),
        std::pair("at: login, when: {user: sa}", "at: login, when: {user: [sa, ann]}"),
        std::pair("at: login, when: {user: sa}", "at: login"),
        std::pair("at: login, when: {user: sa}", "at: login, when: {database: sa}"),
        std::pair("at: login, when: {user: /a/}", "at: login, when: {user: /a|b/}"),
        std::pair("at: login, when: {connection: 2..4}", "at: login, when: {connection: 3..}"),
        std::pair("at: query, when: {seen: bulk}", "at: query, when: {seen: [bulk, attention]}"),
        std::pair("at: login, when: {fields: {bytes: 9..}}", "at: login, when: {fields: {packets: 9..}}"),
        std::pair("at: login, since: 2s", "at: login, since: 1s"),
        std::pair("at: login, until: 2s", "at: login, until: 3s"),
        std::pair("at: bulk, after: 1KiB", "at: bulk, after: 2KiB"),
        std::pair("at: bulk, after: 1KiB", "at: bulk"),
        std::pair("at: idle, after: 9s", "at: idle, after: 5s")
    )
);

struct impossible {
    std::string server, why;
};

TEST(DeadFaults, ByThemselvesOrForTheirServer) {
    const auto one = [](const std::string& fault, const std::string& more = {}) {
        return "server:\n  faults: [{" + fault + ", do: reset}]\n" + more;
    };
    const std::vector<impossible> all{
        {one("at: login, times: 0"), "`times` and `chance` must be above 0"},
        {one("at: login, until: 0s"), "`until` is over when the server is ready"},
        {one("at: connect, per: connection, skip: 1"), "a connection comes there once"},
        {one("at: connect, when: {connection: 3}, skip: 1"), "there are not so many connections"},
        {one("at: prelogin, when: {encryption: none}"), "there was a PRELOGIN"},
        {one("at: login, when: {seen: [query, attention]}"), "`query` comes after it, not before"},
        {one("at: smp", "  identity: {mars: off}\n"), "this server has no MARS"},
        {one("at: query, when: {session: 1}", "  identity: {mars: off}\n"), "this server has no MARS"},
        {one("at: tls", "  identity: {encryption: not-supported}\n"), "this server has no TLS"},
        {one("at: login, when: {encryption: off}", "  identity: {encryption: strict}\n"),
         "this server is strict"},
        {one("at: login, when: {encryption: none}", "  enforce: prelogin\n"), "insists on a PRELOGIN"},
        {one("at: connect, when: {to: 127.0.0.9}"), "this server does not listen there"},
        {one("at: connect", "  gate: [refuse: {for: 2s}, drop]\n"), "the gate of this server lets nobody in"},
        {one("at: login", "  listen: [{address: 127.0.0.1, gate: refuse}]\n"), "lets nobody in"},
        {one("at: query, when: {user: [ann, eve]}", "  logins: [{user: sa}, {user: eve, locked: yes}]\n"),
         "the `logins` of this server let no such user in"},
        {one("at: tls, when: {encryption: strict}", "  identity: {tls: {max: 1.2}, tds: 7.4}\n"),
         "does not speak TDS 8.0"},
        {one("at: prelogin, when: {encryption: strict}", "  identity: {encryption: not-supported}\n"),
         "does not speak TDS 8.0"},
    };
    for (const auto& [server, why] : all) {
        const auto told = warnings_of(server);
        ASSERT_EQ(told.size(), 1U) << server;
        EXPECT_NE(told.front().find("this fault never fires: "), std::string::npos) << told.front();
        EXPECT_NE(told.front().find(why), std::string::npos) << told.front();
    }
    for (const auto& fine :
         {one("at: connect, per: connection"),
          one("at: connect, when: {connection: 3..4}, skip: 1"),
          one("at: prelogin, when: {encryption: [none, off]}"),
          one("at: client-close, when: {seen: query}"),
          one("at: smp"),
          one("at: connect, when: {to: [127.0.0.9, 127.0.0.1]}"),
          one("at: connect, when: {to: 127.0.0.9}", "  listen: 0.0.0.0\n"),
          one("at: login, when: {encryption: none}", "  enforce: packet-size\n"),
          one("at: login", "  gate: [refuse: {for: 2s}, slow: 1s]\n"),
          one("at: login", "  listen: [127.0.0.1, {address: 127.0.0.2, gate: refuse}]\n"),
          one("at: query, when: {user: /e/}", "  logins: [{user: sa}, {user: eve}]\n"),
          one("at: login, when: {user: ann}", "  logins: [{user: sa}]\n"),
          one("at: [sspi, query], when: {user: ann}", "  logins: [{user: sa}]\n"),
          one("at: tls, when: {encryption: [strict, on]}", "  identity: {tds: 7.4}\n")})
        EXPECT_EQ(warnings_of(fine), std::vector<std::string>{}) << fine;
}

std::string list(const std::string& first, const std::string& second) {
    return "server:\n  faults:\n    - {" + first + "}\n    - {" + second + "}\n";
}

// Both ways round: what ends a connection early ends it for all that comes later.
TEST(DeadFaults, BehindTheEndOfTheirConnections) {
    const std::vector<std::pair<std::string, std::string>> all{
        {"at: connect, do: reset", "at: login, do: close"},
        {"at: connect, do: [wait: 1s, signal: up, close]", "at: query, do: close"},
        {"at: [connect, prelogin], do: close", "at: client-close, do: {signal: up}"},
        {"at: login, do: [wait: 1s, reset]", "at: [request, idle], do: close"},
        {"at: login, when: {user: sa}, do: reset", "at: query, when: {user: sa, sql: /x/}, do: close"},
        {"at: login, do: close", "at: sspi, do: reset"},
    };
    for (const auto& [ends, later] : all) {
        const auto stage = ends.find("connect") != std::string::npos ? "`connect`" : "`login`";
        const auto text =
            "this fault never fires: every connection that it is about ends at " + std::string(stage);
        EXPECT_EQ(warnings_of(list(ends, later)), std::vector{"5: " + text}) << ends << " | " << later;
        EXPECT_EQ(warnings_of(list(later, ends)), std::vector{"4: " + text}) << later << " | " << ends;
    }
    const std::vector<std::pair<std::string, std::string>> alive{
        {"at: connect, times: 1, do: reset", "at: login, do: close"},
        {"at: connect, do: [send: {hex: 00}, reset]", "at: login, do: close"},
        {"at: connect, since: 5s, do: reset", "at: login, do: close"},
        {"at: connect, do: half-close", "at: login, do: close"},
        {"at: connect, do: {reset: others}", "at: login, do: close"},
        {"at: connect, when: {connection: 1}, do: reset", "at: login, do: close"},
        {"at: connect, do: [wait: 1s, close]", "at: client-close, do: {signal: up}"},
        {"at: login, do: [reply, close]", "at: query, do: close"},
        {"at: login, do: close", "at: [prelogin, query], do: reset"},
        {"at: login, do: close", "at: client-close, do: {signal: up}"},
        {"at: prelogin, do: close", "at: login, do: reset"}, // a login without PRELOGIN
    };
    for (const auto& [first, second] : alive)
        EXPECT_EQ(warnings_of(list(first, second)), std::vector<std::string>{}) << first << " | " << second;
    EXPECT_EQ(
        warnings_of("server:\n  faults:\n    - {at: connect, times: 1, do: {wait: 1s}}\n"
                    "    - {at: connect, do: reset}\n    - {at: login, do: close}\n"),
        std::vector<std::string>{}
    ) << "the first takes a connect";
}

TEST(DeadFaults, SignalsThatOnlyTheyRaise) {
    const auto told = warnings_of("server:\n  faults: [{at: login, since: up, do: {signal: up}}]\n");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told.front().find("it waits for the signal `up`, which only it raises"), std::string::npos);
    EXPECT_TRUE(
        warnings_of(
            "server:\n  faults: [{at: login, since: up, do: {signal: up}}, {at: query, do: {signal: up}}]\n"
        )
            .empty()
    );
    EXPECT_EQ(warnings_of("server:\n  faults: [{at: login, since: up, do: reset}]\n").size(), 1U) << "nobody";
}

} // namespace
} // namespace tdsfake::scenario
