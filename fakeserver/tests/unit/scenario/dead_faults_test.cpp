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
          one("at: login, when: {encryption: none}", "  enforce: packet-size\n")})
        EXPECT_EQ(warnings_of(fine), std::vector<std::string>{}) << fine;
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
