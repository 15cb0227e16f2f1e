#include "cli/child.hpp"

#include "cli/arguments.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tdsfake::cli {

pid_t start_child(
    const std::vector<std::string>& command, const std::vector<std::pair<std::string, std::string>>& variables
) {
    std::vector<std::string> entries;
    for (auto** entry = environ; *entry != nullptr; ++entry)
        entries.emplace_back(*entry);
    for (const auto& [name, value] : variables) {
        std::erase_if(entries, [&](const std::string& entry) { return entry.starts_with(name + "="); });
        entries.push_back(name);
        entries.back().append("=").append(value);
    }
    std::vector<char*> environment;
    for (auto& entry : entries)
        environment.push_back(entry.data());
    environment.push_back(nullptr);
    auto words = command;
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);

    // What this process ignores or blocks is not for the command.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD})
        sigaddset(&defaults, number);
    sigset_t unblocked;
    sigemptyset(&unblocked);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &unblocked);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    pid_t child = -1;
    const int failure =
        ::posix_spawnp(&child, arguments[0], nullptr, &attributes, arguments.data(), environment.data());
    posix_spawnattr_destroy(&attributes);
    if (failure != 0) throw bad_input("cannot run " + command.front() + ": " + std::strerror(failure));
    return child;
}

int reap(pid_t child) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) != child) return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace tdsfake::cli
