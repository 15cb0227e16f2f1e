// The SQL Server Browser without sockets: datagrams in, datagrams out, time in the hands of the test.
#include "core/hex.hpp"
#include "scenario/load.hpp"
#include "session/browser.hpp"
#include "tests/session/rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tdsfake::session::testing {
namespace {

using namespace std::chrono_literals;
using tds::ssrp_kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string two_servers = "servers:\n"
                                "  main: {identity: {name: DB1, instance: MAIN, version: 15.0.2000}}\n"
                                "  side: {identity: {name: DB2, instance: SIDE}}\n";
constexpr std::string_view main_entry =
    "ServerName;DB1;InstanceName;MAIN;IsClustered;No;Version;15.0.2000.0;tcp;5001;;";
constexpr std::string_view side_entry =
    "ServerName;DB2;InstanceName;SIDE;IsClustered;No;Version;16.0.4115.0;tcp;5002;;";

// A Browser of two servers, asked by clients.
class story {
public:
    // `faults`: of the Browser, without the braces of its map; `more`: lines of the file.
    explicit story(const std::vector<std::string>& faults = {}, const std::string& more = {})
        : scenario_(loaded(faults, more)),
          cursor_(journal_.open(true)),
          world_(scenario_, journal_),
          it_(world_, {known_as(scenario_->servers[0], 5001), known_as(scenario_->servers[1], 5002)}) {
        journal_.close(); // so that reading never waits for more
        world_.ready(now_);
        deliver_effects();
    }

    story& asks(const core::bytes& request) {
        browser_actions out;
        ++last_;
        it_.received(last_, 0, "127.0.0.1:" + std::to_string(50000 + last_), request, now_, out);
        carry_out(out);
        return *this;
    }
    story& asks(ssrp_kind kind, const std::string& instance = {}) {
        return asks(tds::encode_ssrp_request({.kind = kind, .instance = instance}));
    }
    story& after(core::duration d) {
        const auto until = now_ + d;
        for (;;) {
            auto next = world_.next_deadline().value_or(core::instant::max());
            lookup_id whose = 0;
            for (const auto& [lookup, due] : timers_) {
                if (due >= next) continue;
                whose = lookup;
                next = due;
            }
            if (next > until) break;
            now_ = std::max(now_, next);
            if (whose == 0) {
                world_.expired(now_);
                deliver_effects();
                continue;
            }
            timers_.erase(whose);
            browser_actions out;
            it_.timer_expired(whose, now_, out);
            carry_out(out);
        }
        now_ = until;
        return *this;
    }
    story& raises(const std::string& signal) {
        world_.signal(signal, now_);
        deliver_effects();
        return *this;
    }

    // What came since the last look, in order: the lookup's number and the datagram.
    struct datagram {
        lookup_id lookup = 0;
        core::bytes data;
    };
    std::vector<datagram> come() { return std::exchange(come_, {}); }
    core::bytes only() {
        const auto all = come();
        if (all.size() == 1) return all.front().data;
        ADD_FAILURE() << all.size() << " datagrams came, one was expected";
        return {};
    }
    // The text of the only datagram, which must be well-formed.
    std::string text() {
        const auto data = only();
        const auto reply = tds::parse_ssrp_reply(data);
        if (reply.has_error()) return "malformed: " + core::to_hex(data);
        return tds::ssrp_text(reply.value());
    }
    [[nodiscard]] const std::vector<lookup_id>& done() const { return done_; }
    std::vector<std::string> noted(journal::kind what) {
        const auto batch = journal_.read(*cursor_, 0ms);
        for (const auto& block : batch.blocks) {
            for (const auto& event : *block) {
                if (event.sequence >= batch.from) events_.push_back(event);
            }
        }
        std::vector<std::string> lines;
        for (const auto& event : events_) {
            if (event.what == what) lines.push_back(fields_of(event));
        }
        return lines;
    }
    [[nodiscard]] std::vector<world::unmet> unmet() const { return world_.judge(); }
    world::world& the_world() { return world_; }
    std::vector<world::effect> other_effects; // on connections and gates

private:
    static std::shared_ptr<const scenario::scenario>
    loaded(const std::vector<std::string>& faults, const std::string& more) {
        std::string file = "tdsfake: 1\n" + two_servers + "browser:\n  faults:\n";
        for (const auto& fault : faults)
            file += "    - {" + fault + "}\n";
        auto result = scenario::load(file + more, "story");
        for (const auto& error : result.errors)
            ADD_FAILURE() << scenario::format(error, "story") << "\n" << file;
        return std::make_shared<const scenario::scenario>(std::move(result.value));
    }
    void carry_out(const browser_actions& actions) {
        for (const auto& action : actions) {
            EXPECT_FALSE(over_.contains(action.lookup)) << "it was done with";
            switch (action.what) {
            case browser_action::kind::send: come_.push_back({action.lookup, action.data}); break;
            case browser_action::kind::start_timer: timers_[action.lookup] = action.at; break;
            case browser_action::kind::done:
                done_.push_back(action.lookup);
                over_.insert(action.lookup);
                break;
            }
        }
        deliver_effects();
    }
    void deliver_effects() {
        while (world_.has_effects()) {
            for (const auto& effect : world_.take_effects()) {
                if (effect.what != world::effect::kind::wake) {
                    other_effects.push_back(effect);
                    continue;
                }
                EXPECT_EQ(effect.connection, world::browser_id);
                browser_actions out;
                it_.woken(effect.signal, now_, out);
                carry_out(out);
            }
        }
    }

    std::shared_ptr<const scenario::scenario> scenario_;
    journal::journal journal_{1, std::size_t{1} << 20};
    std::shared_ptr<journal::cursor> cursor_;
    world::world world_;
    browser it_;
    core::instant now_{};
    lookup_id last_ = 0;
    std::map<lookup_id, core::instant> timers_;
    std::vector<datagram> come_;
    std::vector<lookup_id> done_;
    std::set<lookup_id> over_; // the same, to be looked up
    std::vector<journal::event> events_;
};

std::string both() { return std::string(main_entry) + std::string(side_entry); }

TEST(Browser, ListsEveryInstanceToBroadcastAndUnicast) {
    story s;
    EXPECT_EQ(s.asks(ssrp_kind::broadcast).text(), both());
    EXPECT_EQ(s.asks(ssrp_kind::all).text(), both());
    EXPECT_THAT(s.done(), ElementsAre(1, 2));
}

TEST(Browser, FindsOneInstanceWhateverItsLetterCase) {
    story s;
    EXPECT_EQ(s.asks(ssrp_kind::instance, "MAIN").text(), main_entry);
    EXPECT_EQ(s.asks(ssrp_kind::instance, "side").text(), side_entry);
    EXPECT_EQ(s.asks({0x04, 'S', 'I', 'D', 'E'}).text(), side_entry) << "without its NUL";
}

TEST(Browser, DoesNotAnswerForAnInstanceThatItDoesNotHave) {
    story s;
    EXPECT_THAT(s.asks(ssrp_kind::instance, "OTHER").come(), IsEmpty());
    EXPECT_THAT(s.asks(ssrp_kind::dac, "OTHER").come(), IsEmpty());
    EXPECT_THAT(s.done(), ElementsAre(1, 2));
    EXPECT_THAT(s.noted(journal::kind::received), ::testing::SizeIs(2));
    EXPECT_THAT(s.noted(journal::kind::notice), IsEmpty());
}

TEST(Browser, TellsThePortOfTheAdministratorConnection) {
    story s;
    const auto reply = tds::parse_ssrp_dac_reply(s.asks(ssrp_kind::dac, "SIDE").only());
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply.value().port, 5002);
}

TEST(Browser, DoesNotAnswerWhatItDoesNotUnderstandAndSaysSo) {
    story s({"at: lookup, unused: allowed, do: reply"}, "verify: [lookups: 0]\n");
    for (const auto& bad :
         {core::bytes{}, core::bytes{0x04}, core::bytes{0x02, 0x00}, core::bytes{'G', 'E', 'T'}})
        EXPECT_THAT(s.asks(bad).come(), IsEmpty());
    const auto told = s.noted(journal::kind::violation);
    ASSERT_EQ(told.size(), 4U);
    EXPECT_THAT(told.back(), HasSubstr("47 45 54"));
    EXPECT_THAT(told.back(), HasSubstr("peer=127.0.0.1:50004"));
    EXPECT_THAT(s.unmet(), IsEmpty()) << "it is no lookup";
    EXPECT_EQ(s.done().size(), 4U);
}

TEST(Browser, NotesWhatWasAskedAndAnswered) {
    story s;
    s.asks(ssrp_kind::instance, "main");
    EXPECT_THAT(
        s.noted(journal::kind::received),
        ElementsAre("message=SSRP request=instance instance=main lookup=1 peer=127.0.0.1:50001 bytes=6")
    );
    EXPECT_THAT(
        s.noted(journal::kind::sent),
        ElementsAre("message=SSRP text=" + std::string(main_entry) + " lookup=1 bytes=81")
    );
}

// ------------------------------------------------------------------------------------------------ steps

TEST(BrowserFault, IgnoreIsSilenceAndOnlyAsOftenAsSaid) {
    story s({"at: lookup, times: 2, do: ignore"});
    EXPECT_THAT(s.asks(ssrp_kind::all).asks(ssrp_kind::all).after(1h).come(), IsEmpty());
    EXPECT_EQ(s.asks(ssrp_kind::all).text(), both());
    EXPECT_THAT(s.unmet(), IsEmpty());
}

TEST(BrowserFault, WaitDelaysTheAnswerAndNobodyElses) {
    story s({"at: lookup, when: {instance: MAIN}, do: {wait: 2s}"});
    s.asks(ssrp_kind::instance, "MAIN");
    EXPECT_THAT(s.come(), IsEmpty());
    EXPECT_EQ(s.asks(ssrp_kind::instance, "SIDE").text(), side_entry);
    EXPECT_THAT(s.after(1999ms).come(), IsEmpty());
    const auto late = s.after(1ms).come();
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].lookup, 1U);
    EXPECT_THAT(s.done(), ElementsAre(2, 1));
}

TEST(BrowserFault, HoldWaitsForTheSignalOfAnotherList) {
    story s(
        {"at: lookup, when: {instance: MAIN}, do: [hold: up, reply, signal: told]",
         "at: lookup, when: {instance: SIDE}, do: [signal: up, ignore]"}
    );
    s.asks(ssrp_kind::instance, "MAIN").asks(ssrp_kind::instance, "MAIN").after(1h);
    EXPECT_THAT(s.come(), IsEmpty());
    const auto all = s.asks(ssrp_kind::instance, "SIDE").come();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].lookup, 1U);
    EXPECT_EQ(all[1].lookup, 2U);
    EXPECT_TRUE(s.the_world().raised("told"));
    EXPECT_EQ(s.asks(ssrp_kind::instance, "MAIN").text(), main_entry) << "it stays raised";
}

TEST(BrowserFault, TheRestOfTheListRunsAfterTheAnswer) {
    story s({"at: lookup, do: [reply, wait: 1s, reply, {send: {text: \"!\"}}]"});
    EXPECT_EQ(s.asks(ssrp_kind::instance, "MAIN").text(), main_entry);
    EXPECT_THAT(s.done(), IsEmpty());
    EXPECT_EQ(s.after(1s).come().size(), 2U);
    EXPECT_THAT(s.done(), ElementsAre(1));
}

TEST(BrowserFault, SendIsSentAsItIsAndStaysUnanswered) {
    story s({"at: lookup, do: {send: {hex: 05 ff ff 41}}"});
    EXPECT_EQ(s.asks(ssrp_kind::all).only(), (core::bytes{0x05, 0xff, 0xff, 0x41}));
    EXPECT_THAT(s.noted(journal::kind::sent), ElementsAre("message=bytes lookup=1 bytes=4"));
}

TEST(BrowserFault, CutLeavesTheSizeAsItWas) {
    story s({"at: lookup, do: {reply: healthy, cut: 10}"});
    const auto data = s.asks(ssrp_kind::instance, "MAIN").only();
    ASSERT_EQ(data.size(), 10U);
    EXPECT_EQ(data[1], main_entry.size());
    EXPECT_EQ(tds::parse_ssrp_reply(data).error(), core::wire_errc::truncated);
}

TEST(BrowserFault, CutAtZeroIsAnEmptyDatagram) {
    story s({"at: lookup, do: {reply: healthy, cut: 0}"});
    EXPECT_THAT(s.asks(ssrp_kind::all).only(), IsEmpty());
}

TEST(BrowserFault, ACutBehindTheEndIsTold) {
    story s({"at: lookup, do: {reply: healthy, cut: 5000}"});
    EXPECT_EQ(s.asks(ssrp_kind::instance, "MAIN").text(), main_entry);
    EXPECT_THAT(s.noted(journal::kind::notice), ElementsAre(HasSubstr("5000")));
}

struct edit {
    const char* name;
    const char* fields;
    ssrp_kind kind;
    std::string text; // what comes
};
class BrowserReply : public ::testing::TestWithParam<edit> {};
TEST_P(BrowserReply, IsEdited) {
    story s({"at: lookup, do: {reply: {" + std::string(GetParam().fields) + "}}"});
    EXPECT_EQ(s.asks(GetParam().kind, "MAIN").text(), GetParam().text);
    // The red control: without the fields it is the healthy one, which differs.
    const auto healthy = story().asks(GetParam().kind, "MAIN").text();
    EXPECT_NE(healthy, GetParam().text);
    EXPECT_EQ(story({"at: lookup, do: {reply: healthy}"}).asks(GetParam().kind, "MAIN").text(), healthy);
}
INSTANTIATE_TEST_SUITE_P(
    Fields,
    BrowserReply,
    ::testing::Values(
        edit{
            "port",
            "tcp: 1",
            ssrp_kind::instance,
            "ServerName;DB1;InstanceName;MAIN;IsClustered;No;Version;15.0.2000.0;tcp;1;;"
        },
        edit{
            "no_tcp",
            "tcp: none",
            ssrp_kind::instance,
            "ServerName;DB1;InstanceName;MAIN;IsClustered;No;Version;15.0.2000.0;;"
        },
        edit{
            "pipe_only",
            R"(tcp: none, np: '\\DB1\pipe\sql\query')",
            ssrp_kind::instance,
            R"(ServerName;DB1;InstanceName;MAIN;IsClustered;No;Version;15.0.2000.0;np;\\DB1\pipe\sql\query;;)"
        },
        edit{
            "names",
            "server-name: A, instance: b, clustered: Yes, version: 9.0.0.0",
            ssrp_kind::instance,
            "ServerName;A;InstanceName;b;IsClustered;Yes;Version;9.0.0.0;tcp;5001;;"
        },
        edit{"another_server", "server: side", ssrp_kind::instance, std::string(side_entry)},
        edit{"one_of_the_list", "server: side", ssrp_kind::all, std::string(side_entry)},
        edit{"empty_list", "server: none", ssrp_kind::broadcast, ""},
        edit{"nothing_of_it", "server: none", ssrp_kind::instance, ""},
        edit{
            "each_of_the_list",
            "tcp: 1",
            ssrp_kind::all,
            "ServerName;DB1;InstanceName;MAIN;IsClustered;No;Version;15.0.2000.0;tcp;1;;"
            "ServerName;DB2;InstanceName;SIDE;IsClustered;No;Version;16.0.4115.0;tcp;1;;"
        }
    ),
    [](const auto& of) { return std::string(of.param.name); }
);

TEST(BrowserFault, LeavesOutWhatEveryReplyMustHave) {
    story s({"at: lookup, do: {reply: {server-name: none, instance: none, clustered: none, version: none}}"});
    const auto data = s.asks(ssrp_kind::instance, "MAIN").only();
    EXPECT_EQ(std::string(data.begin() + 3, data.end()), "tcp;5001;;");
}

TEST(BrowserFault, LiesAboutTheSize) {
    story s({"at: lookup, do: {reply: {size: 0xfffe}}"});
    const auto data = s.asks(ssrp_kind::instance, "MAIN").only();
    EXPECT_EQ(data[1], 0xfe);
    EXPECT_EQ(data[2], 0xff);
    EXPECT_EQ(data.size(), 3 + main_entry.size());
}

TEST(BrowserFault, AnswersForAnInstanceThatDoesNotExistIfToldWhose) {
    story s({"at: lookup, times: 1, do: {reply: {server: main}}", "at: lookup, do: {reply: {tcp: 1}}"});
    EXPECT_EQ(s.asks(ssrp_kind::instance, "OTHER").text(), main_entry);
    EXPECT_THAT(s.asks(ssrp_kind::instance, "OTHER").come(), IsEmpty());
    EXPECT_THAT(s.noted(journal::kind::notice), ElementsAre(HasSubstr("no server is the instance")));
}

TEST(BrowserFault, EditsTheDacReply) {
    EXPECT_EQ(
        story({"at: lookup, do: {reply: {tcp: 1, size: 9}}"}).asks(ssrp_kind::dac, "MAIN").only(),
        (core::bytes{0x05, 0x09, 0x00, 0x01, 0x01, 0x00})
    );
    EXPECT_EQ(
        story({"at: lookup, do: {reply: {tcp: none}}"}).asks(ssrp_kind::dac, "MAIN").only(),
        (core::bytes{0x05, 0x06, 0x00, 0x01})
    );
    story odd({"at: lookup, do: {reply: {tcp: many}}"});
    EXPECT_EQ(tds::parse_ssrp_dac_reply(odd.asks(ssrp_kind::dac, "MAIN").only()).value().port, 5001);
    EXPECT_THAT(odd.noted(journal::kind::notice), ElementsAre(HasSubstr("\"many\"")));
    EXPECT_THAT(
        story({"at: lookup, do: {reply: {server: none}}"}).asks(ssrp_kind::dac, "MAIN").come(), IsEmpty()
    );
}

// ------------------------------------------------------------------------------------------------ matching

TEST(BrowserFault, MatchesTheRequestAndTheInstance) {
    story s(
        {"at: lookup, when: {request: [all, dac]}, do: ignore",
         "at: lookup, when: {instance: /^s/}, do: ignore"}
    );
    EXPECT_THAT(s.asks(ssrp_kind::all).come(), IsEmpty());
    EXPECT_THAT(s.asks(ssrp_kind::dac, "MAIN").come(), IsEmpty());
    EXPECT_THAT(s.asks(ssrp_kind::instance, "SIDE").come(), IsEmpty());
    EXPECT_EQ(s.asks(ssrp_kind::broadcast).text(), both()) << "asked for no instance";
    EXPECT_EQ(s.asks(ssrp_kind::instance, "MAIN").text(), main_entry);
}

TEST(BrowserFault, CountsLikeEveryOther) {
    story s({"at: lookup, skip: 1, every: 2, do: ignore"});
    std::vector<bool> answered;
    for (int i = 0; i < 6; ++i)
        answered.push_back(!s.asks(ssrp_kind::all).come().empty());
    EXPECT_THAT(answered, ElementsAre(true, true, false, true, false, true));
}

TEST(BrowserFault, LivesBetweenItsMoments) {
    story s({"at: lookup, since: 1s, until: gone, do: ignore"});
    EXPECT_FALSE(s.asks(ssrp_kind::all).come().empty());
    EXPECT_THAT(s.after(1s).asks(ssrp_kind::all).come(), IsEmpty());
    EXPECT_FALSE(s.raises("gone").asks(ssrp_kind::all).come().empty());
}

TEST(BrowserFault, IsUnmetWhenItNeverFires) {
    story s({"at: lookup, when: {instance: nobody}, do: ignore"});
    s.asks(ssrp_kind::instance, "MAIN");
    ASSERT_EQ(s.unmet().size(), 1U);
    EXPECT_EQ(
        s.unmet()[0].seen,
        "it never fired: no event matched it; nearest: a lookup (instance) after 0.0ms (journal line 4), "
        "instance "
        "is `MAIN`"
    );
}

// ------------------------------------------------------------------------------------------------ the rest

TEST(BrowserGate, DropIsSilenceThatIsNoted) {
    story s({"at: start, do: [gate: drop, wait: 1s, gate: accept]"}, "verify: [lookups: 1]\n");
    EXPECT_THAT(s.asks(ssrp_kind::all).come(), IsEmpty());
    EXPECT_THAT(s.noted(journal::kind::attempt), ElementsAre("peer=127.0.0.1:50001 outcome=dropped"));
    EXPECT_EQ(s.after(1s).asks(ssrp_kind::all).text(), both());
    EXPECT_THAT(s.unmet(), IsEmpty()) << "what is dropped is no lookup";
}

TEST(BrowserFault, EndsTheConnectionsOfAllServersAndTurnsItsOwnGate) {
    story s({"at: lookup, do: [reset: all, gate: refuse]"});
    world::member first{.server = 0};
    world::member second{.server = 1};
    s.the_world().opened(first);
    s.the_world().opened(second);
    s.other_effects.clear();
    EXPECT_EQ(s.asks(ssrp_kind::all).text(), both())
        << "a list that does not answer is followed by the reply";
    ASSERT_EQ(s.other_effects.size(), 3U);
    EXPECT_EQ(s.other_effects[0].connection, first.id);
    EXPECT_EQ(s.other_effects[1].connection, second.id);
    EXPECT_EQ(s.other_effects[0].how, scenario::ending::reset);
    EXPECT_EQ(s.other_effects[2].what, world::effect::kind::gate_changed);
    EXPECT_EQ(s.other_effects[2].server, 2U) << "the Browser's own";
    s.the_world().gone(first, scenario::closer::client, {});
    s.the_world().gone(second, scenario::closer::client, {});
}

TEST(BrowserVerify, CountsAndFindsLookups) {
    const std::string verify = "verify:\n"
                               "  - lookups: 3\n"
                               "  - lookups: {at-least: 2, at-most: 2, when: {instance: main}}\n"
                               "  - spacing: {of: lookups, at-least: 1s}\n"
                               "  - seen: {at: lookup, when: {request: all}}\n"
                               "  - never: {at: lookup, when: {request: dac}}\n"
                               "  - connections: 0\n";
    story good({}, verify);
    good.asks(ssrp_kind::instance, "MAIN")
        .after(1s)
        .asks(ssrp_kind::all)
        .after(1s)
        .asks(ssrp_kind::instance, "main");
    EXPECT_THAT(good.unmet(), IsEmpty());
    story bad({}, verify);
    bad.asks(ssrp_kind::dac, "MAIN").asks(ssrp_kind::instance, "SIDE");
    std::vector<std::string> seen;
    for (const auto& line : bad.unmet())
        seen.push_back(line.seen);
    EXPECT_THAT(
        seen,
        ElementsAre(
            "expected 3, seen 2: a lookup (dac) after 0.0ms (journal line 4); a lookup (instance) after "
            "0.0ms "
            "(journal line 6)",
            "expected 2, seen 1: a lookup (dac) after 0.0ms (journal line 4)",
            HasSubstr("seen gaps between lookups: 0.0ms"),
            ::testing::StartsWith(
                "seen none; nearest: a lookup (dac) after 0.0ms (journal line 4), request is `dac`"
            ),
            "seen 1: a lookup (dac) after 0.0ms (journal line 4)"
        )
    );
}

TEST(Browser, AFloodOfWaitingLookupsIsBounded) {
    story s({"at: lookup, when: {request: all}, do: {hold: never}"});
    for (int i = 0; i < 10'050; ++i)
        s.asks(ssrp_kind::all);
    EXPECT_THAT(s.come(), IsEmpty());
    EXPECT_EQ(s.done().size(), 50U);
    EXPECT_THAT(s.noted(journal::kind::notice), ElementsAre(HasSubstr("10000 lookups wait")));
    EXPECT_EQ(s.asks(ssrp_kind::instance, "MAIN").text(), main_entry) << "others are answered";
    EXPECT_EQ(s.raises("never").come().size(), 10'000U);
}

TEST(Browser, TheListOfVeryManyInstancesIsCutBetweenTwo) {
    std::vector<known_instance> many;
    for (int i = 0; i < 1000; ++i)
        many.push_back({"server", "FAKE", "INSTANCE" + std::to_string(i), "16.0.4115.0", 1433});
    const auto reply = reply_to({.kind = ssrp_kind::all}, many, {});
    ASSERT_TRUE(reply.data.has_value());
    EXPECT_LE(reply.data->size(), 65507U);
    const auto read = tds::parse_ssrp_reply(*reply.data);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_GT(read.value().instances.size(), 700U);
    EXPECT_THAT(reply.problem, HasSubstr("of 1000 instances"));
}

} // namespace
} // namespace tdsfake::session::testing
