#include "scenario/catalogue.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tdsfake::scenario {
namespace {

TEST(catalogue, has_the_numbers_that_clients_retry) {
    // SqlClient's and tedious' lists (fact sheet 8.2), and what the library uses.
    for (const int number :
         {4060,
          10928,
          10929,
          40197,
          40501,
          40613,
          42108,
          42109,
          49918,
          49919,
          49920,
          1205,
          18456,
          17142,
          18488,
          18487,
          615,
          4221}) {
        EXPECT_NE(find_error(number), nullptr) << number;
    }
    EXPECT_EQ(find_error(0), nullptr);
    EXPECT_EQ(find_error(18457), nullptr);
    EXPECT_EQ(find_error(2'000'000'000), nullptr);
}

TEST(catalogue, knows_severity_and_text) {
    const auto* login_failed = find_error(18456);
    ASSERT_NE(login_failed, nullptr);
    EXPECT_EQ(login_failed->severity, 14);
    EXPECT_EQ(login_failed->state, 1);
    EXPECT_EQ(login_failed->text, "Login failed for user '{user}'.");
    EXPECT_EQ(find_error(40613)->severity, 17);
    EXPECT_EQ(find_error(4060)->severity, 11);
    EXPECT_EQ(find_error(17809)->severity, 20);
}

TEST(catalogue, has_no_placeholders_but_the_four) {
    for (const auto& entry : all_errors()) {
        std::string text(entry.text);
        for (const std::string known : {"{user}", "{database}", "{server}", "{spid}"}) {
            for (auto at = text.find(known); at != std::string::npos; at = text.find(known)) {
                text.erase(at, known.size());
            }
        }
        EXPECT_EQ(text.find_first_of("{}%"), std::string::npos) << entry.number << ": " << entry.text;
        EXPECT_FALSE(text.empty()) << entry.number;
        EXPECT_TRUE(text.ends_with('.')) << entry.number << ": " << entry.text;
        EXPECT_GE(entry.severity, 10) << entry.number;
        EXPECT_LE(entry.severity, 25) << entry.number;
    }
}

TEST(catalogue, has_every_number_once) {
    std::set<std::int32_t> numbers;
    for (const auto& entry : all_errors()) {
        EXPECT_TRUE(numbers.insert(entry.number).second) << entry.number;
        EXPECT_EQ(find_error(entry.number), &entry);
    }
    EXPECT_GE(numbers.size(), 85U);
}

} // namespace
} // namespace tdsfake::scenario
