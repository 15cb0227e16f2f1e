#include "core/random.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tdsfake::core {
namespace {

// A scenario run again with the seed of a failure must fail again, in every later release too.
TEST(Draw, NeverChanges) {
    EXPECT_EQ(mix(0), 0xe220a8397b1dcdafU); // the first output of splitmix64 seeded with 0
    EXPECT_EQ(draw(0), mix(0));
    EXPECT_EQ(draw(7, 1), mix(mix(7) ^ 1));
    EXPECT_EQ(draw(7, 1, 2), mix(draw(7, 1) ^ 2));
}

TEST(Draw, DependsOnEveryArgumentAndTheirOrder) {
    EXPECT_NE(draw(1, 2, 3), draw(1, 3, 2));
    EXPECT_NE(draw(1, 2, 3), draw(2, 2, 3));
    EXPECT_NE(draw(1, 2), draw(1, 2, 0));
    std::set<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        for (std::uint64_t rule = 0; rule < 10; ++rule) {
            for (std::uint64_t hit = 0; hit < 10; ++hit)
                seen.insert(draw(seed, rule, hit));
        }
    }
    EXPECT_EQ(seen.size(), 1000U);
}

TEST(Draw, SpreadsOverItsRange) {
    // 8 cells, 8000 draws: a fair draw stays within 5 standard deviations (5 * 29.6) of 1000.
    int cells[8] = {};
    for (std::uint64_t hit = 0; hit < 8000; ++hit)
        ++cells[draw(42, 1, 1, hit) >> 61];
    for (const int count : cells)
        EXPECT_NEAR(count, 1000, 148);
}

} // namespace
} // namespace tdsfake::core
