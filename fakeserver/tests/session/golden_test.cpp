// What a run prints of expectations that were not met, word for word: golden/NAME.txt has the lines.
//
//     TDSFAKE_WRITE_GOLDEN=1 session_test --gtest_filter='Golden.*'
//
// writes them anew: look at the difference before you commit it.
#include "tests/session/conversation.hpp"
#include "tests/session/smp_messages.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tdsfake::session::testing {
namespace {

void expect_golden(conversation& c, const std::string& name) {
    std::string told;
    for (const auto& line : c.world().the_world().judge())
        told += std::to_string(line.line) + ": " + line.text + "\n    " + line.seen + "\n";
    const auto path = std::string(GOLDEN_FOLDER) + "/" + name + ".txt";
    if (std::getenv("TDSFAKE_WRITE_GOLDEN") != nullptr) { // NOLINT(concurrency-mt-unsafe): one thread
        std::ofstream(path) << told;
        return;
    }
    std::ifstream file(path);
    ASSERT_TRUE(file.good()) << path << " is missing; it would be\n" << told;
    std::stringstream kept;
    kept << file.rdbuf();
    EXPECT_EQ(told, kept.str()) << path;
}

// Three connections: ann asks, cancels and is reset; bob is refused; the third leaves after PRELOGIN.
void traffic(conversation& c) {
    c.logs_in({.user = "ann", .database = "orders"}).after(10ms);
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}}).after(5ms);
    c.peer_sends(executesql("SELECT 2")).expect_rows({{std::int64_t{2}}}).after(5ms);
    c.peer_sends(attention()).expect_done(0x20).after(100ms);
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(login({.user = "bob", .packet_size = 512}))
        .expect_error(18456)
        .expect_end("FIN")
        .after(300ms);
    c.connects().peer_sends(prelogin()).expect_prelogin().after(1s).peer_closes().expect_end("FIN");
}

constexpr std::string_view refuses_bob = "at: login, when: {user: bob}, do: {error: 18456}";

TEST(Golden, Counts) {
    conversation c(text{
        .faults = {std::string(refuses_bob)},
        .verify = "[connections: 4, prelogins: 1, logins: {at-least: 1, when: {user: eve}}, "
                  "logins: {at-least: 1, when: {user: eve, database: orders}}, "
                  "requests: {at-least: 3, when: {sql: /select/}}, "
                  "requests: {at-most: 0, when: {connection: 1, sql: /select/}}, "
                  "requests: {at-least: 1, when: {procedure: sp_prepexec}}, "
                  "logins: {at-least: 1, since: 1h}, attentions: 2, abandoned: 0, "
                  "abandoned: {at-least: 1, since: 2h}, accepted: 2, "
                  "open: 0, open: {at-least: 1, when: {user: bob}}, open: {at-most: 0, when: {user: ann}}]"
    });
    traffic(c);
    expect_golden(c, "counts");
}

TEST(Golden, SeenAndNever) {
    conversation c(text{
        .faults = {std::string(refuses_bob)},
        .verify =
            "[seen: {at: login, when: {connection: 1, fields: {packet-size: 8000}}}, "
            "seen: {at: login, when: {fields: {packet-size: 8000, options: fIntSecurity, library: none}}}, "
            "seen: {at: rpc, when: {procedure: sp_prepexec, fields: {declaration: \"@a int\"}}}, "
            "seen: {at: rpc, when: {fields: {sql: SELECT 3}}}, "
            "seen: {at: query, when: {seen: attention}}, seen: {at: bulk}, "
            "seen: {at: prelogin, when: {fields: {encryption: on, mars: true}}}, "
            "never: {at: query}, never: {at: login, when: {user: [ann, bob]}}, "
            "never: {at: attention, when: {connection: 1, seen: rpc}}]"
    });
    traffic(c);
    expect_golden(c, "seen");
}

TEST(Golden, Spacing) {
    conversation c(text{
        .faults = {std::string(refuses_bob)},
        .verify = "[spacing: {of: prelogins, at-least: 200ms}, spacing: {of: logins, at-most: 50ms}, "
                  "spacing: {of: prelogins, growth: 10}, spacing: {of: attentions, at-least: 1s}, "
                  "spacing: {of: requests, at-least: 1s, when: {sql: /select/}}]"
    });
    traffic(c);
    expect_golden(c, "spacing");
}

TEST(Golden, Closed) {
    conversation c(text{
        .faults = {std::string(refuses_bob)},
        .verify = "[closed: {by: client, of: prelogin, within: 500ms}, closed: {by: server}, "
                  "closed: {by: client, of: bulk}, closed: {by: client, of: login, when: {user: eve}}]"
    });
    traffic(c);
    expect_golden(c, "closed");
}

TEST(Golden, FaultsThatNeverFired) {
    conversation c(text{
        .faults =
            {std::string(refuses_bob),
             "at: login, when: {user: eve, database: orders}, do: reset",
             "at: query, when: {sql: SELECT 2, session: 1}, do: reset",
             "at: query, skip: 5, do: reset",
             "at: login, since: 1h, do: reset",
             "at: bulk, do: reset"}
    });
    traffic(c);
    expect_golden(c, "faults");
}

TEST(Golden, ShapesThatNeverApplied) {
    conversation c(
        "at: query, when: {sql: SELECT 1}, do: [{reply: healthy, cut: row.99, without: [order]}]",
        "at: rpc, do: [{reply: healthy, segments: [row.7]}]",
        "at: attention, unused: allowed, do: [{reply: healthy, cut: row}]",
        std::string(refuses_bob),
        "at: login, do: [{reply: healthy, record-size: 100}]"
    );
    traffic(c);
    expect_golden(c, "shapes");
}

TEST(Golden, Expected) {
    conversation c(
        "at: query, when: {sql: SELECT 1}, do: [reply, expect: {at: query, when: {sql: SELECT 3}}]",
        "at: attention, do: [reply, expect: query]",
        "at: prelogin, when: {connection: 3}, do: [reply, expect: {at: login, within: 500ms}]",
        std::string(refuses_bob)
    );
    traffic(c);
    expect_golden(c, "expected");
}

TEST(Golden, Sessions) {
    conversation c(text{
        .verify = "[seen: {at: query, when: {session: 2}}, never: {at: smp, when: {flag: ack}}, "
                  "seen: {at: smp, when: {flag: fin, session: 1, fields: {window: 9}}}]"
    });
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4), smp(ack, 0, 0, 5)}));
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1"))).peer_sends(smp(fin, 1, 1, 5));
    static_cast<void>(taken(c));
    expect_golden(c, "sessions");
}

} // namespace
} // namespace tdsfake::session::testing
