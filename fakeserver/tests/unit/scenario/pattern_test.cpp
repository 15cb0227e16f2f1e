#include "scenario/pattern.hpp"

#include <gtest/gtest.h>

namespace tdsfake::scenario {
namespace {

bool matches(std::string_view text, std::string_view subject) {
    std::string why;
    const auto p = pattern::parse(text, why);
    EXPECT_TRUE(p) << why;
    return p && p->matches(subject);
}

TEST(pattern, text_is_matched_as_a_whole_ignoring_case_and_extra_blanks) {
    EXPECT_TRUE(matches("SELECT 1", "select   1 "));
    EXPECT_TRUE(matches("SELECT 1", " Select\n\t1"));
    EXPECT_FALSE(matches("SELECT 1", "SELECT 12"));
    EXPECT_FALSE(matches("SELECT 1", "SELECT1"));
    EXPECT_TRUE(matches("", "  "));
    EXPECT_FALSE(matches("", "x"));
}

TEST(pattern, regex_is_found_anywhere_ignoring_case) {
    EXPECT_TRUE(matches("/waitfor/", "begin WAITFOR delay"));
    EXPECT_TRUE(matches("/^insert\\b/", "INSERT INTO t"));
    EXPECT_FALSE(matches("/^insert\\b/", "-- INSERT"));
    EXPECT_TRUE(matches("/select.*from/", "select a\nfrom b"));
    EXPECT_TRUE(matches("/a{2}$/", "baa"));
}

TEST(pattern, one_slash_is_text) {
    EXPECT_TRUE(matches("/", "/"));
    EXPECT_TRUE(matches("/etc", "/ETC"));
    EXPECT_TRUE(matches("a/b/", "a/b/"));
}

TEST(pattern, bad_expressions_say_why) {
    std::string why;
    EXPECT_FALSE(pattern::parse("/a(/", why));
    EXPECT_NE(why, "");
    why.clear();
    EXPECT_FALSE(pattern::parse("//", why));
    EXPECT_NE(why, "");
    // RE2 has no look-around and no back-references, so that no input can take exponential time.
    EXPECT_FALSE(pattern::parse("/(a)\\1/", why));
}

TEST(pattern, an_empty_list_matches_everything_and_a_list_any_of_its_texts) {
    EXPECT_TRUE(matches_any({}, "x"));
    std::string why;
    const std::vector<pattern> two{*pattern::parse("a", why), *pattern::parse("/b+/", why)};
    EXPECT_TRUE(matches_any(two, "A"));
    EXPECT_TRUE(matches_any(two, "xbby"));
    EXPECT_FALSE(matches_any(two, "c"));
    EXPECT_EQ(two[1].text(), "/b+/");
}

} // namespace
} // namespace tdsfake::scenario
