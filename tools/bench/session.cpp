#include "session.hpp"

#include <algorithm>

namespace bench {

namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::size_t header_size = 8;
constexpr std::uint8_t end_of_message = 0x01;

void u16(bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value));
    out.push_back(static_cast<std::uint8_t>(value >> 8));
}
void u32(bytes& out, std::size_t value) {
    u16(out, value & 0xffff);
    u16(out, value >> 16);
}
void wide(bytes& out, std::string_view ascii) {
    for (const char c : ascii)
        u16(out, static_cast<unsigned char>(c));
}

bytes packet(std::uint8_t type, const bytes& payload) {
    bytes out(header_size + payload.size());
    out[0] = type;
    out[1] = end_of_message;
    out[2] = static_cast<std::uint8_t>(out.size() >> 8);
    out[3] = static_cast<std::uint8_t>(out.size());
    out[6] = 1;
    std::ranges::copy(payload, out.begin() + header_size);
    return out;
}

// LOGIN7 of TDS 7.4 (MS-TDS 2.2.6.4) with a user and nothing else; packets of 4096 bytes.
bytes login7() {
    constexpr std::size_t fixed_size = 94;
    constexpr std::string_view user = "bench";
    bytes body;
    u32(body, 0x74000004);
    u32(body, 4096);
    body.resize(36 - 4, 0); // ClientProgVer to ClientLCID
    for (int item = 0; item < 9; ++item) {
        u16(body, fixed_size);
        u16(body, item == 1 ? user.size() : 0); // UserName is the second
    }
    body.resize(fixed_size - 4, 0);
    wide(body, user);
    bytes out;
    u32(out, body.size() + 4);
    out.insert(out.end(), body.begin(), body.end());
    return packet(0x10, out);
}

bytes sql_batch(std::string_view ascii) {
    bytes payload{0x16, 0, 0, 0, 0x12, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}; // ALL_HEADERS
    wide(payload, ascii);
    return packet(0x01, payload);
}

} // namespace

session::session(std::uint16_t port)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      buffer_(std::size_t{256} << 10) {
    if (fd_ < 0) die_errno("socket");
    const auto server = loopback(server_host, port);
    if (::connect(fd_, generic(server), sizeof server) != 0) die_errno("connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bytes prelogin(prelogin_request.begin(), prelogin_request.end());
    prelogin.back() = 0; // no MARS
    send_all(prelogin);
    receive_answer();
    send_all(login7());
    receive_answer();
}

session::~session() { ::close(fd_); }

void session::send_all(const bytes& data) const {
    if (::send(fd_, data.data(), data.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(data.size()))
        die_errno("send");
}

void session::send_batch(std::string_view ascii) { send_all(sql_batch(ascii)); }

std::uint64_t session::receive_answer() {
    std::uint64_t received = 0;
    std::array<std::uint8_t, header_size> header{};
    std::size_t of_header = 0;
    std::size_t of_body = 0; // bytes of the packet that are still to come
    bool last = false;
    for (;;) {
        const auto got = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) die("the server ended the connection in an answer");
        received += static_cast<std::uint64_t>(got);
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            if (of_header < header_size) {
                header[of_header++] = buffer_[at++];
                if (of_header < header_size) continue;
                const auto length = std::size_t{header[2]} << 8 | header[3];
                if (header[0] != 0x04 || length < header_size) die("this is no answer of a SQL Server");
                of_body = length - header_size;
                last = (header[1] & end_of_message) != 0;
            }
            const auto part = std::min(of_body, static_cast<std::size_t>(got) - at);
            of_body -= part;
            at += part;
            if (of_body > 0) continue;
            if (last) return received;
            of_header = 0;
        }
    }
}

} // namespace bench
