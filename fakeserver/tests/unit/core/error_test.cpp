#include "core/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tdsfake::core {
namespace {

TEST(WireError, EveryCodeHasAMessageOfItsOwn) {
    std::set<std::string> messages;
    for (int code = 1; code <= static_cast<int>(wire_errc::message_too_long); ++code) {
        messages.insert(wire_category().message(code));
    }
    EXPECT_EQ(messages.size(), 7U);
    EXPECT_EQ(messages.count("unknown wire error 3"), 0U);
    EXPECT_EQ(wire_category().message(99), "unknown wire error 99");
}

TEST(WireError, TravelsInAResult) {
    const result<int> failed = wire_errc::truncated;
    ASSERT_TRUE(failed.has_error());
    EXPECT_EQ(failed.error(), wire_errc::truncated);
    EXPECT_NE(failed.error(), wire_errc::bad_value);
    EXPECT_EQ(std::string(failed.error().category().name()), "tdsfake.wire");
}

} // namespace
} // namespace tdsfake::core
