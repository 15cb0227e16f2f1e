#include "test_files.hpp"

namespace tdsfake::scenario {
namespace {

constexpr std::string_view text = "tdsfake: 1\n"
                                  "about: $n failures of $what, $$5 each, 100$\n"
                                  "params: {n: 2, what: $unexpanded}\n"
                                  "server: {faults: [{at: login, times: $n, do: close}]}\n";

TEST(params, are_expanded_everywhere_but_in_themselves) {
    const auto s = loaded(text);
    EXPECT_EQ(s.about, "2 failures of $unexpanded, $5 each, 100$");
    EXPECT_EQ(s.servers[0].faults[0].times, 2U);
}

TEST(params, are_set_from_outside) {
    const auto s = loaded(text, {.set = {{"n", "7"}, {"what", "x"}, {"n", "8"}}, .folder = {}});
    EXPECT_EQ(s.about, "8 failures of x, $5 each, 100$");
    EXPECT_EQ(s.servers[0].faults[0].times, 8U);
}

TEST(params, values_from_outside_are_judged_where_they_stand) {
    const auto result = load(text, "file", {.set = {{"n", "many"}}, .folder = {}});
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(result.errors[0].where.line, 4);
    EXPECT_NE(result.errors[0].message.find("not `many`"), std::string::npos);
}

TEST(params, unknown_names_from_outside_are_errors) {
    const auto result = load(text, "file", {.set = {{"wat", "1"}}, .folder = {}});
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(
        format(result.errors[0], "file"),
        "file: error: --set: the scenario has no param `wat`\n    did you mean `what`?"
    );
    EXPECT_EQ(load("tdsfake: 1\n", "file", {.set = {{"n", "1"}}, .folder = {}}).errors.size(), 1U);
}

TEST(params, a_null_value_is_set_as_text) {
    const auto s = loaded(
        "tdsfake: 1\nparams: {x: a}\n"
        "server: {queries: [{match: q, columns: {c: nvarchar(9)}, rows: [[$x], [null]]}]}\n",
        {.set = {{"x", "null"}}, .folder = {}}
    );
    const auto& rows = s.servers[0].queries[0].results[0].rows;
    EXPECT_EQ(rows[0][0].value, core::bytes({'n', 0, 'u', 0, 'l', 0, 'l', 0}));
    EXPECT_FALSE(rows[1][0].value);
}

TEST(params, ports_and_addresses_are_filled_in_when_they_are_known) {
    constexpr std::string_view file = R"(
tdsfake: 1
servers:
  a: {identity: {failover-partner: "$b.address,$b.port"}, faults: [{at: login, do: {error: {number: 1, message: "$port"}}}]}
  b: {}
)";
    const auto before = load(file, "file");
    ASSERT_TRUE(before.errors.empty()) << all_of(before.errors);
    EXPECT_TRUE(before.asks_for_places);
    const auto after = load(file, "file", {.places = {{"a", {"127.0.0.1", 50001}}, {"b", {"::1", 50002}}}});
    ASSERT_TRUE(after.errors.empty()) << all_of(after.errors);
    const auto& a = after.value.servers[0];
    EXPECT_EQ(a.identity.failover_partner, "::1,50002");
    EXPECT_EQ(std::get<error_step>(a.faults[0].steps[0].what).error.message, "50001");
    EXPECT_FALSE(load("tdsfake: 1\n", "file").asks_for_places);
}

} // namespace
} // namespace tdsfake::scenario
