#include "cli/tls_files.hpp"

#include "cli/arguments.hpp"
#include "cli/write_whole.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace tdsfake::cli {

namespace {

struct descriptor {
    int fd = -1;
    explicit descriptor(int of) : fd(of) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { ::close(fd); }
};

} // namespace

void write_ca_file(const std::string& path, const std::string& pem) { write_whole("--ca-file", path, pem); }

tls::key_log open_key_log(const std::string& path) {
    if (path.empty()) return {};
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) throw bad_input("--tls-keylog " + path + ": cannot write it: " + std::strerror(errno));
    return [file = std::make_shared<descriptor>(fd)](std::string_view line) {
        // One write for a line, so that other programs may append to the file, too.
        const auto text = std::string(line) + "\n";
        if (::write(file->fd, text.data(), text.size()) < 0) return; // a full disk must not end the fake
    };
}

} // namespace tdsfake::cli
