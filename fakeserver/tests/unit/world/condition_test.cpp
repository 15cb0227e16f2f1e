#include "tests/unit/world/world_testing.hpp"

namespace tdsfake::world::testing {
namespace {

scenario::condition when(const std::string& text) {
    return server_of("{at: query, when: {" + text + "}, do: reset}").faults.at(0).when;
}

peer ann() {
    return {
        .connection = 3,
        .login_read = true,
        .user = "ann",
        .database = "orders",
        .app = "app",
        .host = "box",
        .library = "lib",
        .server_name = "srv"
    };
}

TEST(Condition, EmptyAlwaysHolds) { EXPECT_TRUE(holds({}, peer{}, {})); }

TEST(Condition, WhatTheBrowserWasAsked) {
    scenario::condition main;
    main.instance =
        scenario::load(
            "tdsfake: 1\nbrowser: {faults: [{at: lookup, when: {instance: [MAIN, /^s/]}, do: ignore}]}\n", "x"
        )
            .value.browser.value()
            .faults.at(0)
            .when.instance;
    const auto asked = [&](const lookup& what) { return holds(main, peer{.asked = &what}, {}); };
    EXPECT_TRUE(asked({"instance", "main"}));
    EXPECT_TRUE(asked({"dac", "Side"}));
    EXPECT_FALSE(asked({"instance", "OTHER"}));
    EXPECT_FALSE(asked({"all", ""})) << "it names none";
    EXPECT_FALSE(holds(main, ann(), {})) << "a connection asks for none";
}

TEST(Condition, EachKeyLooksAtItsOwnField) {
    for (const auto* const text :
         {"connection: 3",
          "connection: 2..4",
          "connection: 3..",
          "user: ANN",
          "database: /^ord/",
          "app: [x, app]",
          "host: box",
          "library: lib",
          "server-name: srv",
          "sql: select 1"}) {
        EXPECT_TRUE(holds(when(text), ann(), {.sql = "SELECT  1"})) << text;
    }
    for (const auto* const text :
         {"connection: 2",
          "connection: 4..",
          "user: anna",
          "database: /^ders/",
          "app: [x, y]",
          "host: bo",
          "library: app",
          "server-name: box",
          "sql: select 2"}) {
        EXPECT_FALSE(holds(when(text), ann(), {.sql = "SELECT  1"})) << text;
    }
}

TEST(Condition, AllKeysMustHold) {
    EXPECT_TRUE(holds(when("user: ann, host: box, sql: /./"), ann(), {.sql = "x"}));
    EXPECT_FALSE(holds(when("user: ann, host: other, sql: /./"), ann(), {.sql = "x"}));
}

TEST(Condition, ALoginKeyNeverHoldsBeforeTheLogin) {
    auto early = ann();
    early.login_read = false;
    EXPECT_FALSE(holds(when("user: /.*/"), early, {}));
    EXPECT_TRUE(holds(when("connection: 3"), early, {}));
}

TEST(Condition, SqlNeverHoldsWithoutSql) { EXPECT_FALSE(holds(when("sql: /.*/"), ann(), {})); }

TEST(StageSet, HasWhatWasPutIn) {
    const auto both = stage_set(stage::batch) | stage::request;
    EXPECT_TRUE(both.has(stage::batch) && both.has(stage::request));
    EXPECT_FALSE(both.has(stage::query) || both.has(stage::rpc));
    EXPECT_FALSE(stage_set().has(stage::start));
    EXPECT_TRUE(stage_set(stage::start).has(stage::start));
}

} // namespace
} // namespace tdsfake::world::testing
