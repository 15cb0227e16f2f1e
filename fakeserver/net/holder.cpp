// Who holds a port: /proc/net/tcp (or udp) knows the socket's inode, /proc/PID/fd whose it is.
#include "net/listener.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace tdsfake::net {

namespace {

std::set<std::string> inodes_listening_on(const char* table, std::uint16_t port, transport over) {
    std::set<std::string> inodes;
    std::ifstream lines(table);
    std::string line;
    std::getline(lines, line); // headings
    while (std::getline(lines, line)) {
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
        std::istringstream words(line);
        std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
        words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >>
            inode;
        const auto colon = local.rfind(':');
        constexpr auto listening = "0A";
        if (colon == std::string::npos || (over == transport::tcp && state != listening)) continue;
        unsigned found = 0;
        if (std::sscanf(local.c_str() + colon + 1, "%x", &found) == 1 && found == port)
            inodes.insert("socket:[" + inode + "]");
    }
    return inodes;
}

} // namespace

std::string holder_of(const endpoint& address, transport over) {
    namespace fs = std::filesystem;
    const bool tcp = over == transport::tcp;
    auto inodes = inodes_listening_on(tcp ? "/proc/net/tcp" : "/proc/net/udp", address.port(), over);
    inodes.merge(inodes_listening_on(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", address.port(), over));
    if (inodes.empty()) return {};
    std::error_code ignored;
    for (const auto& process : fs::directory_iterator("/proc", ignored)) {
        const auto pid = process.path().filename().string();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        for (const auto& open : fs::directory_iterator(process.path() / "fd", ignored)) {
            const auto target = fs::read_symlink(open.path(), ignored).string();
            if (!inodes.contains(target)) continue;
            std::ifstream name_file(process.path() / "comm");
            std::string name;
            std::getline(name_file, name);
            return "pid " + pid + (name.empty() ? "" : " (" + name + ")");
        }
    }
    return {};
}

} // namespace tdsfake::net
