#include "journal/event.hpp"

#include <gtest/gtest.h>

namespace tdsfake::journal {
namespace {

TEST(Kind, HasTheNameOfTheContract) {
    EXPECT_EQ(name(kind::ready), "ready");
    EXPECT_EQ(name(kind::gate), "gate");
    EXPECT_EQ(name(kind::attempt), "attempt");
    EXPECT_EQ(name(kind::connect), "connect");
    EXPECT_EQ(name(kind::received), "received");
    EXPECT_EQ(name(kind::sent), "sent");
    EXPECT_EQ(name(kind::fault), "fault");
    EXPECT_EQ(name(kind::step), "step");
    EXPECT_EQ(name(kind::violation), "violation");
    EXPECT_EQ(name(kind::signal), "signal");
    EXPECT_EQ(name(kind::closed), "closed");
    EXPECT_EQ(name(kind::notice), "notice");
    EXPECT_EQ(name(kind::unmet), "unmet");
    EXPECT_EQ(name(kind::verdict), "verdict");
}

TEST(Field, TakesNumbersFlagsAndTexts) {
    EXPECT_EQ(to_text(field("n", -5).value), "-5");
    EXPECT_EQ(to_text(field("n", std::uint64_t{1} << 40).value), "1099511627776");
    EXPECT_EQ(to_text(field("n", std::uint8_t{255}).value), "255");
    EXPECT_EQ(to_text(field("f", true).value), "true");
    EXPECT_EQ(to_text(field("f", false).value), "false");
    EXPECT_EQ(to_text(field("s", "static").value), "static");
    EXPECT_EQ(to_text(field("s", std::string("own")).value), "own");
}

TEST(Event, FindsItsFieldsByName) {
    const event e{.fields = {{"a", 1}, {"b", "two"}}};
    ASSERT_NE(e.find("b"), nullptr);
    EXPECT_EQ(to_text(*e.find("b")), "two");
    EXPECT_EQ(e.find("c"), nullptr);
}

} // namespace
} // namespace tdsfake::journal
