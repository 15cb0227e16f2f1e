#include "tls/callbacks.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::tls {

namespace {

constexpr std::uint8_t message_client_hello = 1;
constexpr std::uint8_t message_finished = 20;
constexpr std::uint8_t close_notify = 0;

engine_state& state_of(const SSL* ssl) {
    return *static_cast<engine_state*>(SSL_get_ex_data(ssl, 0)); // as SSL_get_app_data
}

void log_key(const SSL* ssl, const char* line) {
    auto& state = state_of(ssl);
    const std::string_view text(line);
    state.sent->learn_secret(text);
    if (state.settings->log) state.settings->log(text);
}

// A client that offers protocols without tds/8.0 is served nevertheless: MS-TDS 3.2.5.2 does not need ALPN.
int select_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned count, void*) {
    const core::byte_view list(offered, count);
    for (std::size_t at = 0; at < list.size(); at += 1U + list[at]) {
        const auto name = list.subspan(at + 1, std::min<std::size_t>(list[at], list.size() - at - 1));
        if (!std::ranges::equal(name, alpn_tds_8, {}, {}, [](char c) {
                return static_cast<std::uint8_t>(c);
            }))
            continue;
        *out = name.data();
        *size = static_cast<unsigned char>(name.size());
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

// Every handshake message and alert passes here, whole and in the clear.
void see_message(int sent, int, int type, const void* data, std::size_t size, SSL* ssl, void*) {
    if (sent != 0 || size == 0) return;
    auto& state = state_of(ssl);
    const core::byte_view message(static_cast<const std::uint8_t*>(data), size);
    if (type == static_cast<int>(content_type::alert) && size == 2 && message[1] != close_notify)
        state.client_alert = alert{message[0], message[1]};
    if (type != static_cast<int>(content_type::handshake)) return;
    if (message[0] == message_client_hello) {
        state.last_flight = flight::client_hello;
        if (auto hello = parse_client_hello(message); hello.has_value())
            state.hello = std::make_unique<client_hello>(std::move(hello.value()));
    }
    if (message[0] == message_finished) state.last_flight = flight::client_finished;
}

int read(BIO* from, char* to, int size) {
    auto& state = *static_cast<engine_state*>(BIO_get_data(from));
    BIO_clear_retry_flags(from);
    const auto here = std::min(state.in.size() - state.in_read, static_cast<std::size_t>(size));
    if (here == 0) {
        BIO_set_retry_read(from);
        return -1;
    }
    std::copy_n(state.in.begin() + static_cast<std::ptrdiff_t>(state.in_read), here, to);
    state.in_read += here;
    return static_cast<int>(here);
}

int write(BIO* to, const char* from, int size) {
    auto& state = *static_cast<engine_state*>(BIO_get_data(to));
    BIO_clear_retry_flags(to);
    state.out.insert(state.out.end(), from, from + size);
    return size;
}

long control(BIO* /*of*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
        auto* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tdsfake engine");
        if (fresh == nullptr) throw setup_error("TLS: OpenSSL has no memory");
        BIO_meth_set_read(fresh, &read);
        BIO_meth_set_write(fresh, &write);
        BIO_meth_set_ctrl(fresh, &control);
        return fresh;
    }();
    return made;
}

} // namespace

void install_callbacks(SSL_CTX* to, const context_settings& of) {
    SSL_CTX_set_keylog_callback(to, &log_key);
    if (of.in == carrier::strict) SSL_CTX_set_alpn_select_cb(to, &select_alpn, nullptr);
    const auto asked = of.tls.client_certificate;
    if (asked == client_certificate::none) return;
    const int mode =
        SSL_VERIFY_PEER | (asked == client_certificate::require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    // Any certificate is fine: it goes into the journal.
    SSL_CTX_set_verify(to, mode, [](int /*good*/, X509_STORE_CTX* /*chain*/) { return 1; });
}

void attach(SSL* to, engine_state& state) {
    auto* bio = BIO_new(method());
    if (bio == nullptr) throw setup_error("TLS: OpenSSL has no memory");
    BIO_set_data(bio, &state);
    BIO_set_init(bio, 1);
    SSL_set_bio(to, bio, bio); // owns it
    SSL_set_ex_data(to, 0, &state);
    SSL_set_msg_callback(to, &see_message);
}

} // namespace tdsfake::tls
