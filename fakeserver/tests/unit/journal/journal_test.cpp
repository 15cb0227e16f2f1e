// Nothing here depends on how fast anything is: a reader that "is slow" is one that does not read.
#include "journal/journal.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace tdsfake::journal {
namespace {

using namespace std::chrono_literals;

constexpr auto at_once = 0ms;
constexpr auto deadline = 20s;

void add(journal& to, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
        to.add({.what = kind::notice, .fields = {{"n", i}}});
}

std::vector<std::uint64_t> sequences(const batch& read) {
    std::vector<std::uint64_t> all;
    for (const auto& block : read.blocks) {
        for (const auto& e : *block) {
            if (e.sequence >= read.from) all.push_back(e.sequence);
        }
    }
    return all;
}

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> all(last - first + 1);
    std::iota(all.begin(), all.end(), first);
    return all;
}

TEST(Journal, NumbersEventsFromOneInTheirOrder) {
    journal j;
    EXPECT_EQ(j.last_sequence(), 0U);
    EXPECT_EQ(j.add({}), 1U);
    EXPECT_EQ(j.add({}), 2U);
    EXPECT_EQ(j.last_sequence(), 2U);
    const auto reader = j.open(true);
    EXPECT_EQ(sequences(j.read(*reader, at_once)), from_to(1, 2));
}

TEST(Journal, EachReadGivesWhatIsNew) {
    journal j;
    const auto reader = j.open(true);
    add(j, 3);
    EXPECT_EQ(sequences(j.read(*reader, at_once)), from_to(1, 3));
    EXPECT_TRUE(sequences(j.read(*reader, at_once)).empty());
    add(j, 1000); // several blocks
    EXPECT_EQ(sequences(j.read(*reader, at_once)), from_to(4, 1003));
}

TEST(Journal, ReadersDoNotDisturbEachOther) {
    journal j;
    const auto one = j.open(true);
    add(j, 5);
    EXPECT_EQ(sequences(j.read(*one, at_once)).size(), 5U);
    add(j, 5);
    const auto two = j.open(false); // from the oldest kept
    EXPECT_EQ(sequences(j.read(*two, at_once)), from_to(1, 10));
    EXPECT_EQ(sequences(j.read(*one, at_once)), from_to(6, 10));
}

TEST(Journal, EventsAreSharedNotCopied) {
    journal j;
    const auto one = j.open(true), two = j.open(true);
    add(j, 2);
    EXPECT_EQ(j.read(*one, at_once).blocks.at(0).get(), j.read(*two, at_once).blocks.at(0).get());
}

TEST(Journal, KeepsTheLastEventsForLateReadersAndNoMore) {
    journal j(1000);
    add(j, 100'000);
    const auto late = j.open(true);
    const auto read = j.read(*late, at_once);
    EXPECT_EQ(read.lost, 0U) << "what had gone before it came is not lost to it";
    EXPECT_GE(sequences(read).size(), 1000U);
    EXPECT_LE(sequences(read).size(), 1500U);
    EXPECT_EQ(sequences(read).back(), 100'000U);
}

// A writer that waited for readers would hang here.
TEST(Journal, AReaderThatMustHaveAllIsWaitedForByMemoryNotByTheWriter) {
    journal j(1000);
    const auto file = j.open(true);
    add(j, 200'000);
    const auto read = j.read(*file, at_once);
    EXPECT_EQ(read.lost, 0U);
    EXPECT_EQ(sequences(read), from_to(1, 200'000));
}

TEST(Journal, EvenThatHasALimit) {
    journal j(100, 1000);
    const auto file = j.open(true);
    add(j, 10'000);
    const auto read = j.read(*file, at_once);
    EXPECT_GT(read.lost, 8000U);
    EXPECT_EQ(sequences(read), from_to(read.lost + 1, 10'000));
}

TEST(Journal, AReaderThatNeedNotHaveAllLosesTheOldestAndIsTold) {
    journal j(100);
    const auto console = j.open(false);
    add(j, 50'000);
    const auto read = j.read(*console, at_once);
    EXPECT_GT(read.lost, 40'000U) << "64 times the capacity is kept for it";
    EXPECT_LT(read.lost, 45'000U);
    EXPECT_EQ(read.from, read.lost + 1);
    EXPECT_EQ(sequences(read), from_to(read.lost + 1, 50'000));
    add(j, 1);
    EXPECT_EQ(j.read(*console, at_once).lost, 0U) << "told once";
}

TEST(Journal, AForgottenCursorKeepsNothing) {
    journal j(100);
    auto file = j.open(true);
    add(j, 10);
    file.reset();
    add(j, 10'000);
    const auto late = j.open(true);
    EXPECT_LE(sequences(j.read(*late, at_once)).size(), 400U);
}

TEST(Journal, CloseGivesTheRestThenClosed) {
    journal j;
    const auto reader = j.open(true);
    add(j, 3);
    j.close();
    const auto rest = j.read(*reader, deadline);
    EXPECT_EQ(sequences(rest), from_to(1, 3));
    EXPECT_TRUE(rest.closed);
    EXPECT_TRUE(j.read(*reader, deadline).closed) << "and does not wait";
}

TEST(Journal, WakesAReaderThatWaits) {
    journal j;
    const auto reader = j.open(true);
    batch first, last;
    std::thread waits([&] {
        first = j.read(*reader, deadline);
        last = j.read(*reader, deadline);
    });
    add(j, 1);
    j.close();
    waits.join();
    EXPECT_EQ(sequences(first), from_to(1, 1));
    EXPECT_TRUE(last.closed);
}

TEST(Journal, OneWriterAndManyReadersLoseNothing) {
    journal j(100);
    constexpr std::uint64_t count = 50'000;
    std::vector<std::vector<std::uint64_t>> got(4);
    std::vector<std::thread> readers;
    for (auto& mine : got) {
        readers.emplace_back([&j, &mine, reader = j.open(true)] {
            for (bool more = true; more;) {
                const auto read = j.read(*reader, deadline);
                const auto part = sequences(read);
                mine.insert(mine.end(), part.begin(), part.end());
                more = !read.closed;
            }
        });
    }
    add(j, count);
    j.close();
    for (auto& thread : readers)
        thread.join();
    for (const auto& mine : got)
        EXPECT_EQ(mine, from_to(1, count));
}

} // namespace
} // namespace tdsfake::journal
