#include "core/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tdsfake::core {
namespace {

TEST(Normalised, LowersAndCollapsesBlanks) {
    EXPECT_EQ(normalised("  SELECT\t\n @@Version \r\n"), "select @@version");
    EXPECT_EQ(normalised(""), "");
    EXPECT_EQ(normalised(" \t "), "");
    EXPECT_EQ(normalised("x"), "x");
}

TEST(Normalised, LeavesOtherScriptsAlone) { EXPECT_EQ(normalised("GRÖSSE Ä"), "grÖsse Ä"); }

TEST(EqualsIgnoringCase, KnowsAsciiOnly) {
    EXPECT_TRUE(equals_ignoring_case("Sp_ExecuteSql", "sp_executesql"));
    EXPECT_TRUE(equals_ignoring_case("", ""));
    EXPECT_FALSE(equals_ignoring_case("abc", "abcd"));
    EXPECT_FALSE(equals_ignoring_case("Ä", "ä"));
    // '[' and '{' differ by 0x20, as letters do.
    EXPECT_FALSE(equals_ignoring_case("[", "{"));
    EXPECT_FALSE(equals_ignoring_case("@", "`"));
}

constexpr std::array<std::string_view, 6> words{"prelogin", "login", "batch", "query", "connect", "close"};

TEST(Nearest, FindsSlips) {
    EXPECT_EQ(nearest("prelogn", words), "prelogin"); // left out
    EXPECT_EQ(nearest("querry", words), "query");     // doubled
    EXPECT_EQ(nearest("bacth", words), "batch");      // swapped
    EXPECT_EQ(nearest("Closee", words), "close");
    EXPECT_EQ(nearest("LOGIN", words), "login");
    EXPECT_EQ(nearest("konekt", words), ""); // three edits of six letters
}

TEST(Nearest, IsSilentRatherThanWrong) {
    EXPECT_EQ(nearest("zebra", words), "");
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest("login", {}), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), words), "");
}

TEST(Nearest, AllowsOneEditInAShortWord) {
    constexpr std::array<std::string_view, 2> shorts{"at", "do"};
    EXPECT_EQ(nearest("a", shorts), "at");
    EXPECT_EQ(nearest("ta", shorts), "at");
    EXPECT_EQ(nearest("xy", shorts), "");
}

TEST(Nearest, PrefersTheCloserThenTheFirst) {
    constexpr std::array<std::string_view, 3> close{"times", "time", "tile"};
    EXPECT_EQ(nearest("time", close), "time");
    EXPECT_EQ(nearest("tixe", close), "time");
}

} // namespace
} // namespace tdsfake::core
