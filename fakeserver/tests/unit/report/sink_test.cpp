// Sinks: complete files, slow readers told what they missed, and full pipes that delay nobody.
#include "report/sink.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace tdsfake::report {
namespace {

using namespace std::chrono_literals;

class pipe_ends {
public:
    pipe_ends() { EXPECT_EQ(::pipe2(fds_, O_CLOEXEC), 0); }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        close_reader();
        ::close(fds_[1]);
    }
    void close_reader() {
        if (fds_[0] >= 0) ::close(fds_[0]);
        fds_[0] = -1;
    }
    void fill() {
        ASSERT_EQ(::fcntl(fds_[1], F_SETFL, O_NONBLOCK), 0);
        const std::string block(4096, 'x');
        while (::write(fds_[1], block.data(), block.size()) > 0) {}
        while (::write(fds_[1], "x", 1) > 0) {}
        ASSERT_EQ(::fcntl(fds_[1], F_SETFL, 0), 0); // blocking, as stdout is
    }
    std::string read(std::size_t most) {
        std::string text(most, '\0');
        const auto size = ::read(fds_[0], text.data(), most);
        text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return text;
    }
    [[nodiscard]] int writer() const { return fds_[1]; }

private:
    int fds_[2] = {-1, -1};
};

void numbers(const journal::event& e, std::string& out) {
    out += e.sequence == 0 ? journal::to_text(*e.find("text")) : std::to_string(e.sequence);
    out += '\n';
}

TEST(WriteAll, WritesToAPipeWithSpace) {
    pipe_ends p;
    EXPECT_TRUE(write_all(p.writer(), "hello", [](auto) { return false; }));
    EXPECT_EQ(p.read(100), "hello");
}

TEST(WriteAll, GivesUpOnAFullPipeWhenToldTo) {
    pipe_ends p;
    p.fill();
    int asked = 0;
    EXPECT_FALSE(write_all(p.writer(), "hello", [&](auto) { return ++asked == 2; }));
    EXPECT_EQ(asked, 2);
}

TEST(WriteAll, GoesOnWhenTheReaderDoes) {
    pipe_ends p;
    p.fill();
    bool read = false;
    EXPECT_TRUE(write_all(p.writer(), "hello", [&](auto) {
        if (!read) p.read(64 << 10);
        read = true;
        return false;
    }));
    EXPECT_TRUE(read);
}

TEST(WriteAll, SaysWhenTheReaderIsGone) {
    ::signal(SIGPIPE, SIG_IGN);
    pipe_ends p;
    p.close_reader();
    EXPECT_FALSE(write_all(p.writer(), "hello", [](auto) { return false; }));
}

class SinkToFile : public ::testing::Test {
protected:
    SinkToFile() { EXPECT_NE(file_, nullptr); }
    ~SinkToFile() override { std::fclose(file_); }
    [[nodiscard]] int fd() const { return ::fileno(file_); }
    std::string content() {
        std::string text(static_cast<std::size_t>(::lseek(fd(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(fd(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
        return text;
    }

private:
    std::FILE* file_ = std::tmpfile();
};

TEST_F(SinkToFile, IsCompleteAndInOrder) {
    journal::journal j(10);
    sink s(j, fd(), true, numbers);
    std::string expected;
    for (int i = 1; i <= 20'000; ++i) {
        j.add({});
        expected += std::to_string(i) + "\n";
    }
    j.close();
    EXPECT_TRUE(s.finish(20s, 20s));
    EXPECT_TRUE(content() == expected);
}

TEST(Sink, AFullPipeDelaysNeitherTheWriterNorTheEnd) {
    pipe_ends p;
    p.fill();
    journal::journal j(10);
    sink s(j, p.writer(), false, numbers);
    for (int i = 0; i < 10'000; ++i)
        j.add({}); // would hang here
    j.close();
    EXPECT_FALSE(s.finish(0ms, 20s)) << "not all of it was taken, and finish says so";
}

TEST(Sink, AReaderThatTakesNothingIsNotWaitedForToTheEnd) {
    pipe_ends p;
    p.fill();
    journal::journal j(10);
    sink s(j, p.writer(), false, numbers);
    j.add({});
    j.close();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(s.finish(1h, 50ms));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 1min);
}

TEST(Sink, ADiskThatIsFullIsTold) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC); // NOLINT(cppcoreguidelines-pro-type-vararg)
    ASSERT_GE(full, 0);
    journal::journal j(10);
    sink s(j, full, true, numbers);
    j.add({});
    j.close();
    EXPECT_FALSE(s.finish(20s, 20s));
    ::close(full);
}

TEST(Sink, AReaderThatIsTooSlowIsToldWhatItMissed) {
    journal::journal j(10, 100);
    pipe_ends p;
    // The journal has dropped events before the sink's first read: the renderer holds it back until then.
    std::atomic<bool> first = false;
    std::atomic<bool> go = false;
    sink s(j, p.writer(), true, [&](const journal::event& e, std::string& out) {
        numbers(e, out);
        if (first.exchange(true)) return;
        first.notify_all();
        go.wait(false);
    });
    j.add({});
    first.wait(false);
    for (int i = 0; i < 5'000; ++i)
        j.add({});
    go = true;
    go.notify_all();
    j.close();
    EXPECT_FALSE(s.finish(20s, 20s));
    const auto text = p.read(64 << 10);
    EXPECT_NE(text.find(" events are missing here: the reader was too slow\n"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("\n5001\n"));
}

} // namespace
} // namespace tdsfake::report
