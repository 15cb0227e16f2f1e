#include "report/render.hpp"

#include <gtest/gtest.h>

namespace tdsfake::report {
namespace {

using journal::event;
using journal::kind;
using namespace std::chrono_literals;

std::string json(std::string_view text) {
    std::string out;
    append_json(out, text);
    return out;
}

std::string line(const event& e, std::initializer_list<const char*> servers = {"server"}) {
    scenario::scenario s;
    for (const auto* const name : servers)
        s.servers.push_back({.name = name});
    std::string out;
    json_renderer{s}(e, out);
    return out;
}

TEST(Json, TheBrowserHasTheIndexBehindTheLastServer) {
    scenario::scenario s;
    s.servers.push_back({.name = "server"});
    s.browser.emplace();
    std::string out;
    json_renderer{s}({.what = kind::sent, .server = s.browser_index(), .sequence = 1}, out);
    EXPECT_EQ(out, "{\"seq\":1,\"t\":0.000000,\"server\":\"browser\",\"event\":\"sent\"}\n");
}

TEST(Json, PlainTextStaysAsItIs) {
    EXPECT_EQ(json(""), R"("")");
    EXPECT_EQ(json("SELECT 1"), R"("SELECT 1")");
    EXPECT_EQ(json("größe €"), "\"größe €\"");
}

TEST(Json, EscapesQuotesAndBackslashes) {
    EXPECT_EQ(json(R"(say "hi")"), R"("say \"hi\"")");
    EXPECT_EQ(json(R"(c:\x)"), R"("c:\\x")");
}

TEST(Json, EscapesEveryControlCharacter) {
    EXPECT_EQ(json("a\nb\tc\rd"), R"("a\nb\tc\rd")");
    EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
    for (char c = 0; c < 0x20; ++c) {
        const auto text = json(std::string_view(&c, 1));
        EXPECT_EQ(text[1], '\\') << int{c};
        EXPECT_EQ(text.find(c), std::string::npos) << int{c};
    }
}

TEST(Json, LongTextThatNeedsEscapes) {
    const auto text = json(std::string(10'000, '"'));
    EXPECT_EQ(text.size(), 20'002U);
    EXPECT_EQ(text.front(), '"');
    EXPECT_EQ(text.back(), '"');
}

TEST(JsonLine, HasTheKeysOfTheContractInOrder) {
    EXPECT_EQ(
        line(
            {.what = kind::received,
             .at = 1234us,
             .server = 0,
             .connection = 1,
             .fields = {{"message", "PRELOGIN"}, {"bytes", 47}, {"mars", false}},
             .sequence = 7}
        ),
        "{\"seq\":7,\"t\":0.001234,\"server\":\"server\",\"connection\":1,\"event\":\"received\","
        "\"message\":\"PRELOGIN\",\"bytes\":47,\"mars\":false}\n"
    );
}

TEST(JsonLine, LeavesOutServerAndConnectionWhereThereIsNone) {
    EXPECT_EQ(
        line({.what = kind::verdict, .fields = {{"met", true}}, .sequence = 1}),
        "{\"seq\":1,\"t\":0.000000,\"event\":\"verdict\",\"met\":true}\n"
    );
}

TEST(JsonLine, TimeIsSecondsWithSixDecimals) {
    const auto t = [](core::instant at) {
        const auto text = line({.at = at});
        const auto from = text.find("\"t\":") + 4;
        return text.substr(from, text.find(',', from) - from);
    };
    EXPECT_EQ(t(0ns), "0.000000");
    EXPECT_EQ(t(999ns), "0.000000");
    EXPECT_EQ(t(1us), "0.000001");
    EXPECT_EQ(t(999999us), "0.999999");
    EXPECT_EQ(t(1s), "1.000000");
    EXPECT_EQ(t(100h + 50ms), "360000.050000");
}

TEST(JsonLine, NumbersOfEverySize) {
    const auto text = line({.fields = {{"a", -1}, {"b", INT64_MAX}, {"c", INT64_MIN}}});
    EXPECT_NE(text.find("\"a\":-1,\"b\":9223372036854775807,\"c\":-9223372036854775808}"), std::string::npos)
        << text;
}

TEST(JsonLine, NamesEachServerAndEscapesValues) {
    const auto text =
        line({.what = kind::notice, .server = 1, .fields = {{"text", "two\nlines \"q\""}}}, {"a", "b"});
    EXPECT_NE(text.find("\"server\":\"b\""), std::string::npos);
    EXPECT_NE(text.find(R"("text":"two\nlines \"q\"")"), std::string::npos);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << "one line";
}

} // namespace
} // namespace tdsfake::report
