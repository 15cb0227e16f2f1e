#include "net/isolation.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tdsfake::net {

namespace {

// Kernels and containers deny late: unshare() may succeed, and what it allowed not. So every step says this.
constexpr std::string_view remedy = "; an isolated run needs unprivileged user namespaces: on Ubuntu `sysctl "
                                    "kernel.apparmor_restrict_unprivileged_userns=0`, on other systems "
                                    "`sysctl user.max_user_namespaces=100` and "
                                    "`kernel.unprivileged_userns_clone=1`, in a container `--security-opt "
                                    "seccomp=unconfined` (Docker, Podman). "
                                    "Without them leave out --isolated: free ports of loopback then";

[[noreturn]] void denied(const std::string& step) {
    const int failure = errno;
    throw start_up_error("--isolated: cannot " + step + ": " + std::strerror(failure) + std::string(remedy));
}

// A file descriptor of this function.
class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto size = ::write(fd, text.data(), text.size());
        if (size < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

void write_to(const char* path, std::string_view text, const std::string& step) {
    const descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
    if (file.get() < 0 || !write_all(file.get(), text)) denied(step);
}

void enter_namespaces() {
    const auto user = std::to_string(::geteuid());
    const auto group = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0)
        denied("make namespaces of its own (unshare)");
    // A binary with file capabilities is not dumpable, and then /proc/self belongs to root.
    ::prctl(PR_SET_DUMPABLE, 1);
    // The same user and group inside, so that files stay whose they are.
    write_to("/proc/self/setgroups", "deny", "give up groups (/proc/self/setgroups)");
    write_to("/proc/self/uid_map", user + " " + user + " 1\n", "map its user (/proc/self/uid_map)");
    write_to("/proc/self/gid_map", group + " " + group + " 1\n", "map its group (/proc/self/gid_map)");
}

template <class Request>
void ask(int fd, unsigned long what, Request& request, const std::string& step) {
    if (::ioctl(fd, what, &request) != 0) denied(step);
}

void set_name(ifreq& request, const std::string& name) {
    std::memcpy(&request.ifr_name, name.c_str(), std::min(name.size() + 1, sizeof request.ifr_name));
}

void raise_loopback(int fd) {
    ifreq request{};
    set_name(request, "lo");
    ask(fd, SIOCGIFFLAGS, request, "look at its loopback device");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    ask(fd, SIOCSIFFLAGS, request, "raise its loopback device");
}

// RTM_NEWADDR: an address of the loopback device, by itself (/32, /128).
struct new_address {
    nlmsghdr header{};
    ifaddrmsg body{};
    rtattr local_head{};
    std::array<std::uint8_t, 16> local{}; // 4 bytes of it for IPv4; nothing follows then
};

void add_address(int netlink, const endpoint& at) {
    const auto step = "give its loopback device the address " + at.host();
    const auto bytes = at.address_size();
    new_address request;
    request.header.nlmsg_len = static_cast<std::uint32_t>(offsetof(new_address, local) + bytes);
    request.header.nlmsg_type = RTM_NEWADDR;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
    request.body.ifa_family = at.v6() ? AF_INET6 : AF_INET;
    request.body.ifa_prefixlen = static_cast<std::uint8_t>(bytes * 8);
    request.body.ifa_flags = IFA_F_NODAD; // for IPv6: what is still being examined cannot be listened on
    request.body.ifa_index = ::if_nametoindex("lo");
    request.local_head.rta_type = IFA_LOCAL;
    request.local_head.rta_len = static_cast<std::uint16_t>(sizeof(rtattr) + bytes);
    std::memcpy(request.local.data(), at.address_bytes(), bytes);

    struct {
        nlmsghdr header;
        nlmsgerr told;
        std::array<std::uint8_t, 256> rest;
    } answer{};
    if (::send(netlink, &request, request.header.nlmsg_len, 0) < 0 ||
        ::recv(netlink, &answer, sizeof answer, 0) < 0)
        denied(step);
    errno = -answer.told.error;
    if (answer.header.nlmsg_type == NLMSG_ERROR && answer.told.error != 0) denied(step);
}

void make_network(const std::vector<endpoint>& addresses) {
    const descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) denied("make a socket");
    raise_loopback(socket.get());
    const descriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (netlink.get() < 0) denied("ask for addresses (netlink)");
    std::vector<endpoint> added;
    for (const auto& at : addresses) {
        const auto is_it = [&](const endpoint& other) { return other.same_address(at); };
        if (at.loopback() || at.wildcard() || std::ranges::any_of(added, is_it)) continue;
        added.push_back(at);
        add_address(netlink.get(), at);
    }
}

// What stands at `path` is this text, for this process and what it starts. Nothing where there is no such
// file.
void replace_file(const char* path, std::string_view text) {
    if (::access(path, F_OK) != 0) return;
    auto name = (std::filesystem::temp_directory_path() / "tdsfake-XXXXXX").string();
    const descriptor file(::mkostemp(name.data(), O_CLOEXEC));
    if (file.get() < 0 || !write_all(file.get(), text) || ::fchmod(file.get(), 0644) != 0)
        denied("write " + name);
    const bool mounted = ::mount(name.c_str(), path, nullptr, MS_BIND, nullptr) == 0;
    const int failure = errno;
    ::unlink(name.c_str()); // the mount keeps it
    errno = failure;
    if (!mounted) denied("put a list of hosts of its own at " + std::string(path) + " (mount)");
}

void name_hosts(const std::vector<host_name>& names) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        denied("keep its mounts to itself (mount)");
    std::array<char, HOST_NAME_MAX + 1> own{};
    const bool known = ::gethostname(own.data(), HOST_NAME_MAX) == 0;
    std::string hosts =
        "127.0.0.1 localhost" + (known ? " " + std::string(own.data()) : "") + "\n::1 localhost\n";
    for (const auto& [name, at] : names)
        hosts += at.host() + " " + name + "\n";
    replace_file("/etc/hosts", hosts);
    replace_file("/etc/resolv.conf", "# none: this network is isolated\n");
    replace_file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n");
    replace_file("/etc/host.conf", "multi on\n"); // one name, all of its addresses
}

// For programs that this process starts: even root's get no capability, nor can they gain one.
void bequeath_nothing() {
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
        if (::prctl(PR_CAPBSET_DROP, capability) != 0)
            denied("drop capability " + std::to_string(capability));
    }
    if (::prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) != 0)
        denied("take root's privileges away (PR_SET_SECUREBITS)");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        denied("rule out new privileges (PR_SET_NO_NEW_PRIVS)");
}

} // namespace

void isolate(const private_network& wanted) {
    enter_namespaces();
    make_network(wanted.addresses);
    name_hosts(wanted.names);
    bequeath_nothing();
}

} // namespace tdsfake::net
