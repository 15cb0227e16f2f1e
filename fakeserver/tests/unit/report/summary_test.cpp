#include "report/summary.hpp"
#include "scenario/load.hpp"

#include <gtest/gtest.h>

namespace tdsfake::report {
namespace {

using scenario::stage;

// A world in which connection 1 has passed the stages.
class run {
public:
    run(const std::string& text, std::initializer_list<stage> stages = {}) : it(scenario_of(text), journal_) {
        it.opened(member_);
        for (const auto s : stages)
            it.consider(member_, {.stages = s});
        it.gone(member_, scenario::closer::client, {});
    }
    [[nodiscard]] std::string told(bool colours = false) const { return summary(it, it.judge(), colours); }

private:
    static std::shared_ptr<const scenario::scenario> scenario_of(const std::string& text) {
        auto result = scenario::load(text, "my.yaml");
        for (const auto& error : result.errors)
            ADD_FAILURE() << scenario::format(error, "my.yaml");
        return std::make_shared<const scenario::scenario>(std::move(result.value));
    }
    journal::journal journal_;
    world::member member_;

public:
    world::world it;
};

const std::string two_rules = "tdsfake: 1\n"
                              "server:\n"
                              "  faults:\n"
                              "    - {at: login, times: 1, do: [wait: 1s, reset]}\n"
                              "    - {at: [batch, rpc], every: 2, do: {error: 1205}}\n"
                              "    - {at: attention, unused: allowed, do: ignore}\n"
                              "verify:\n"
                              "  - logins: 0\n";

TEST(Summary, OfAHealthyServerWithoutExpectationsIsEmpty) { EXPECT_EQ(run("tdsfake: 1\n").told(), ""); }

TEST(Summary, TellsOfListsAndShapesThatCameToNothing) {
    run r(
        "tdsfake: 1\n"
        "server:\n"
        "  faults:\n"
        "    - {at: login, do: [reply, wait: 1h, reset: all]}\n"
        "    - {at: query, do: [{reply: healthy, cut: row.9}]}\n",
        {stage::login, stage::query}
    );
    const auto& faults = r.it.scenario().servers.at(0).faults;
    r.it.cut_short(0, faults.at(0));
    r.it.outlive(0, 1, {.steps = std::span(faults.at(0).steps).subspan(1)}, {});
    r.it.shaped(0, faults.at(1), "cut: this answer has no position row.9");
    r.it.shaped(0, faults.at(1));
    const auto told = r.told();
    EXPECT_NE(
        told.find("fired 1 time, 1 cut short by the end of the connection, 1 not at its end yet\n"), told.npos
    ) << told;
    EXPECT_NE(told.find("fired 1 time, 1 without what its shapes ask for\n"), told.npos) << told;
    EXPECT_NE(told.find("all expectations met"), told.npos) << told;
}

TEST(Summary, TellsHowOftenEachQueryWasAnsweredFrom) {
    run r("tdsfake: 1\n"
          "server:\n"
          "  queries:\n"
          "    - {match: [SELECT 2, /from \\w+/], columns: {n: int}, rows: [[2]]}\n"
          "    - {procedure: dbo.renew, affected: 1}\n"
          "    - {match: \"SELECT \\n \\x1b[31m, a, b, c FROM what_is_longer_than_a_line_of_the_summary\", "
          "affected: 1}\n");
    const auto& queries = r.it.scenario().servers.at(0).queries;
    for (const auto which : {0, 0, 2})
        r.it.answered(0, queries.at(static_cast<std::size_t>(which)));
    EXPECT_EQ(
        r.told(),
        "\nqueries\n"
        "  line 4    SELECT 2, /from \\w+/                    used 2 times\n"
        "  line 5    dbo.renew                               never used\n"
        "  line 6    SELECT    [31m, a, b, c FROM what_is_longer_than_a_line_of_t… used 1 time\n"
    );
}

TEST(Summary, TellsOfTheBrowsersRules) {
    run r("tdsfake: 1\n"
          "browser:\n"
          "  faults:\n"
          "    - {at: lookup, when: {request: all}, do: ignore}\n"
          "    - {at: lookup, when: {instance: X}, do: {wait: 1s}}\n");
    const world::lookup all{"all", ""};
    r.it.consider_lookup(all, {}, {});
    r.it.consider_lookup(all, {}, {});
    EXPECT_EQ(
        r.told(),
        "\nrules of the Browser\n"
        "  line 4    at lookup     ignore                   fired 2 times\n"
        "  line 5    at lookup     wait                     never fired\n"
        "\nnot as expected\n"
        "  my.yaml:5: the fault at lookup fires\n"
        "      it never fired: no event matched it\n"
    );
}

TEST(Summary, TellsWhatEachRuleDid) {
    EXPECT_EQ(
        run(two_rules, {stage::login, stage::batch, stage::rpc, stage::batch, stage::batch}).told(),
        "\nrules\n"
        "  line 4    at login      wait, reset              fired 1 time\n"
        "  line 5    at batch, rpc error                    fired 2 times, matched 4\n"
        "  line 6    at attention  ignore                   never fired (allowed)\n"
        "\nall expectations met\n"
    );
}

TEST(Summary, NamesWhatWasNotAsExpectedWithItsLine) {
    EXPECT_EQ(
        run("tdsfake: 1\n"
            "server: {faults: [{at: login, skip: 3, do: reset}]}\n"
            "verify:\n"
            "  - connections: 2..4\n",
            {stage::login})
            .told(),
        "\nrules\n"
        "  line 2    at login      reset                    never fired, matched 1\n"
        "\nnot as expected\n"
        "  my.yaml:4: connections: 2..4\n"
        "      expected 2 to 4, seen 0\n"
        "  my.yaml:2: the fault at login fires\n"
        "      it never fired: 1 event matched it\n"
    );
}

TEST(Summary, NamesTheServersWhenThereAreSeveral) {
    const auto text = run("tdsfake: 1\n"
                          "servers:\n"
                          "  one: {}\n"
                          "  two: {faults: [{at: login, unused: allowed, do: reset}]}\n")
                          .told();
    EXPECT_EQ(text.find("rules of one"), std::string::npos) << "it has none";
    EXPECT_TRUE(text.starts_with("\nrules of two\n  line 4    at login      reset"));
}

TEST(Summary, ColoursOnlyWhenAsked) {
    const run good(two_rules, {stage::login, stage::batch, stage::batch});
    const run bad("tdsfake: 1\nserver: {faults: [{at: login, do: reset}]}\n");
    EXPECT_EQ(good.told().find('\x1b'), std::string::npos);
    EXPECT_EQ(bad.told().find('\x1b'), std::string::npos);
    EXPECT_TRUE(good.told(true).ends_with("\n\x1b[32mall expectations met\x1b[0m\n"));
    EXPECT_NE(bad.told(true).find("\x1b[31mnever fired\x1b[0m\n"), std::string::npos);
    EXPECT_NE(bad.told(true).find("\n\x1b[31mnot as expected\x1b[0m\n"), std::string::npos);
}

} // namespace
} // namespace tdsfake::report
