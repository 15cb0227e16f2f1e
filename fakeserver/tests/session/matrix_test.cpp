// Every stage × every step: what the step does there, seen from the client.
#include "tests/session/conversation.hpp"

#include <gtest/gtest-spi.h>

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

namespace tdsfake::session::testing {
namespace {

using journal::kind;

// A conversation up to the moment of a stage, which is the last thing done.
void reach(conversation& c, const std::string& stage) {
    c.connects();
    if (stage == "connect") return;
    c.peer_sends(prelogin());
    if (stage == "prelogin") return;
    c.me().unread.clear();
    c.peer_sends(login());
    if (stage == "login") return;
    c.expect_logged_in();
    if (stage == "batch" || stage == "query") c.peer_sends(batch("SELECT 1"));
    if (stage == "rpc" || stage == "request") c.peer_sends(executesql("SELECT 1"));
    if (stage == "transaction") c.peer_sends(begin_transaction());
    if (stage == "attention") c.peer_sends(attention());
    if (stage == "idle") c.after(60s);
    if (stage == "client-close") c.peer_closes();
}

// What a healthy server does at that moment.
void expect_healthy(conversation& c, const std::string& stage) {
    if (stage == "client-close") {
        c.expect_end("FIN");
        return;
    }
    if (stage == "connect" || stage == "idle") {
        c.expect_silence();
        return;
    }
    if (stage == "prelogin") c.expect_prelogin();
    if (stage == "login") c.expect_logged_in();
    if (stage == "batch" || stage == "query" || stage == "rpc" || stage == "request")
        c.expect_rows({{std::int64_t{1}}});
    if (stage == "transaction") c.expect_tokens({"envchange", "done"});
    if (stage == "attention") c.expect_done(0x20);
    c.expect_silence();
}

using check = std::function<void(conversation&, const std::string& stage)>;
struct step_case {
    std::string said;
    check see;
};

const std::map<std::string, step_case>& steps() {
    static const std::map<std::string, step_case> all{
        {"wait",
         {"{wait: 5s}",
          [](auto& c, const auto& stage) {
              c.after(4999ms).expect_silence().after(1ms);
              expect_healthy(c, stage);
          }}},
        {"hold",
         {"{hold: go}",
          [](auto& c, const auto& stage) {
              c.after(1h).expect_silence().raises("go");
              expect_healthy(c, stage);
          }}},
        {"stall", {"stall", [](auto& c, const auto&) { c.after(1h).expect_silence(); }}},
        {"ignore", {"ignore", [](auto& c, const auto&) { c.after(1h).expect_silence(); }}},
        {"reply", {"reply", [](auto& c, const auto& stage) { expect_healthy(c, stage); }}},
        {"send",
         {"{send: {hex: de ad}}",
          [](auto& c, const auto&) { c.expect_bytes(hex("de ad")).after(1h).expect_silence(); }}},
        {"error",
         {"{error: {number: 50123, state: 7, class: 15, message: as told}}",
          [](auto& c, const auto& stage) {
              c.expect_error(50123);
              const auto said = c.last().template all<tds::server_message>().at(0);
              EXPECT_EQ(said.message, "as told");
              EXPECT_EQ(said.state, 7);
              EXPECT_EQ(said.severity, 15);
              if (stage == "login") {
                  c.expect_end("FIN");
              } else {
                  c.expect_silence();
              }
          }}},
        {"close", {"close", [](auto& c, const auto&) { c.expect_end("FIN"); }}},
        {"half-close",
         {"half-close",
          [](auto& c, const auto& stage) {
              if (stage == "client-close") {
                  c.expect_end("FIN"); // both have closed: nothing is left
              } else {
                  c.expect_half_closed();
              }
          }}},
        {"reset", {"reset", [](auto& c, const auto&) { c.expect_end("RST"); }}},
        {"vanish", {"vanish", [](auto& c, const auto&) { c.expect_vanished(); }}},
        {"signal",
         {"{signal: seen}",
          [](auto& c, const auto& stage) {
              c.expect_noted(kind::signal, "name=seen");
              expect_healthy(c, stage);
          }}},
        {"gate",
         {"{gate: drop}",
          [](auto& c, const auto& stage) {
              c.expect_noted(kind::gate, "mode=drop");
              expect_healthy(c, stage);
          }}},
        {"reset-all",
         {"{reset: all}",
          [](auto& c, const auto&) {
              c.me().unread.clear(); // the healthy reply may come before
              c.expect_end("RST");
          }}},
    };
    return all;
}

struct cell {
    std::string stage, step;
};
void PrintTo(const cell& c, std::ostream* out) { *out << c.step << " at " << c.stage; }

std::vector<cell> cells() {
    std::vector<cell> all;
    for (const std::string stage :
         {"connect",
          "prelogin",
          "login",
          "batch",
          "rpc",
          "transaction",
          "request",
          "query",
          "attention",
          "idle",
          "client-close"}) {
        for (const auto& [step, what] : steps()) {
            const bool no_message = stage == "connect" || stage == "idle";
            if (no_message && (step == "ignore" || step == "reply")) continue; // the loader refuses it
            // The client that has left is answered by FIN, whatever was planned for all who are there.
            if (stage == "client-close" && step == "reset-all") continue;
            all.push_back({stage, step});
        }
    }
    return all;
}

class Matrix : public ::testing::TestWithParam<cell> {};

TEST_P(Matrix, StepAtStage) {
    const auto& [stage, step] = GetParam();
    const auto& [said, see] = steps().at(step);
    conversation c("at: " + stage + ", do: " + said);
    reach(c, stage);
    c.expect_count(kind::fault, 1).expect_noted(kind::fault, "rule=4 stage=");
    if (stage == "client-close" && step == "reply") {
        c.expect_end("FIN");
    } else {
        see(c, stage);
    }
}

// Red control: no check passes on a healthy server.
TEST_P(Matrix, IsToldFromAHealthyServer) {
    const auto& [stage, step] = GetParam();
    const bool no_reply = stage == "connect" || stage == "idle";
    const bool looks_healthy = step == "reply" ||
                               (no_reply && (step == "wait" || step == "hold" || step == "stall")) ||
                               (stage == "client-close" && (step == "close" || step == "half-close"));
    if (looks_healthy) return;
    ::testing::TestPartResultArray failures;
    {
        const ::testing::ScopedFakeTestPartResultReporter caught(
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failures
        );
        conversation c("at: " + stage + ", when: {connection: 99}, do: " + steps().at(step).said);
        c.plays_once();
        reach(c, stage);
        try {
            steps().at(step).see(c, stage);
        } catch (const std::out_of_range&) { // no such token in the answer
            return;
        }
    }
    EXPECT_GT(failures.size(), 0);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Matrix, ::testing::ValuesIn(cells()), [](const auto& each) {
    auto name = each.param.stage + "_" + each.param.step;
    std::ranges::replace(name, '-', '_');
    return name;
});

} // namespace
} // namespace tdsfake::session::testing
