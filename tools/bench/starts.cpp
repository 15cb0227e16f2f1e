// From fork/exec to READY, `--count` times. Prints one line of JSON: microseconds to the READY line, and,
// unless
// --trivial 1, to the answer to a PRELOGIN sent to the address that the line names.
//
//   bench_starts --count N --cpu C [--trivial 1] -- COMMAND…
#include "common.hpp"

#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

namespace {

struct start {
    double ready_us = 0;
    double answer_us = 0;
};

struct child {
    pid_t pid = -1;
    int output = -1;
};

child spawn(char** command, int cpu) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) bench::die_errno("pipe2");
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<unsigned>(cpu), &cpus);
    const pid_t pid = ::vfork(); // the parent waits until exec: no copied page tables in the figure
    if (pid < 0) bench::die_errno("vfork");
    if (pid == 0) {
        ::sched_setaffinity(0, sizeof cpus, &cpus);
        ::dup2(pipe[1], STDOUT_FILENO);
        ::execvp(command[0], command);
        ::_exit(127);
    }
    ::close(pipe[1]);
    return {pid, pipe[0]};
}

std::string read_ready_line(const child& started) {
    std::string line;
    std::array<char, 512> buffer;
    while (line.find('\n') == std::string::npos) {
        pollfd readable{started.output, POLLIN, 0};
        if (::poll(&readable, 1, 10'000) <= 0) bench::die("no READY line within 10 s");
        const ssize_t got = ::read(started.output, buffer.data(), buffer.size());
        if (got <= 0) bench::die("the program ended without a READY line");
        line.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (!line.starts_with("READY ")) bench::die("expected READY, got: " + line);
    return line;
}

void ask(const std::string& ready_line) {
    const auto colon = ready_line.find(':');
    const long port =
        colon == std::string::npos ? 0 : std::strtol(ready_line.c_str() + colon + 1, nullptr, 10);
    if (port <= 0 || port > 65535) bench::die("no port in the READY line: " + ready_line);
    const int fd = bench::client_socket(bench::source_host(0, 1), 0);
    const auto server = bench::loopback(bench::server_host, static_cast<std::uint16_t>(port));
    if (::connect(fd, bench::generic(server), sizeof server) != 0) bench::die_errno("connect after READY");
    if (::send(fd, bench::prelogin_request.data(), bench::prelogin_request.size(), MSG_NOSIGNAL) < 0)
        bench::die_errno("send PRELOGIN");
    std::array<std::uint8_t, 4096> buffer;
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0) bench::die_errno("receive the answer to PRELOGIN");
    if (!bench::is_whole_answer(buffer.data(), static_cast<std::size_t>(got)))
        bench::die("not one whole answer to PRELOGIN after READY");
    ::close(fd);
}

start measure(char** command, int cpu, bool trivial) {
    start result;
    const auto begin = bench::now();
    const child started = spawn(command, cpu);
    const std::string line = read_ready_line(started);
    result.ready_us = static_cast<double>(bench::now() - begin) / 1e3;
    if (!trivial) {
        ask(line);
        result.answer_us = static_cast<double>(bench::now() - begin) / 1e3;
        ::kill(started.pid, SIGKILL);
    }
    int status = 0;
    if (::waitpid(started.pid, &status, 0) != started.pid) bench::die_errno("waitpid");
    ::close(started.output);
    return result;
}

void print_list(const char* name, const std::vector<start>& starts, double start::* value) {
    std::printf("\"%s\": [", name);
    const char* separator = "";
    for (const auto& one : starts) {
        std::printf("%s%.1f", separator, one.*value);
        separator = ",";
    }
    std::printf("]");
}

} // namespace

int main(int argc, char** argv) {
    int dashes = 1;
    while (dashes < argc && std::string_view(argv[dashes]) != "--")
        ++dashes;
    if (dashes + 1 >= argc) bench::die("usage: bench_starts --count N --cpu C [--trivial 1] -- COMMAND…");
    const bench::options given(dashes - 1, argv + 1, {{"count", ""}, {"cpu", ""}, {"trivial", "0"}});
    const bool trivial = given.number("trivial") != 0;
    std::vector<start> starts;
    for (std::int64_t i = 0; i < given.number("count"); ++i)
        starts.push_back(measure(argv + dashes + 1, static_cast<int>(given.number("cpu")), trivial));
    std::printf("{");
    print_list("ready_us", starts, &start::ready_us);
    std::printf(", ");
    print_list("answer_us", starts, &start::answer_us);
    std::printf("}\n");
}
