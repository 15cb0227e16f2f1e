#include "cli/write_whole.hpp"

#include "cli/arguments.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace tdsfake::cli {

void write_whole(const std::string& option, const std::string& path, const std::string& text) {
    const auto beside = path + "." + std::to_string(::getpid()) + ".tmp";
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.close();
    if (!file || std::rename(beside.c_str(), path.c_str()) != 0) {
        const std::string why = std::strerror(errno);
        std::remove(beside.c_str());
        throw bad_input(option + " " + path + ": cannot write it: " + why);
    }
}

} // namespace tdsfake::cli
