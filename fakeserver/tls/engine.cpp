#include "tls/engine.hpp"

#include "tls/callbacks.hpp"
#include "tls/engine_state.hpp"

#include <array>
#include <utility>

namespace tdsfake::tls {

namespace {

constexpr std::size_t read_size = longest_content;

core::bytes take(core::bytes& from) { return std::exchange(from, {}); }

std::optional<version> version_of(const SSL* ssl) {
    const auto number = SSL_version(ssl);
    if (number < TLS1_VERSION || number > TLS1_3_VERSION) return std::nullopt;
    return static_cast<version>(number - TLS1_VERSION);
}

std::string subject_of(X509* certificate) {
    const owned<BIO> out(BIO_new(BIO_s_mem()));
    if (!out) return {};
    X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

status fail(engine_state& state) {
    const auto reason = take_openssl_error();
    const auto& sent = state.client_alert;
    if (sent && sent->level == static_cast<std::uint8_t>(alert_level::fatal)) {
        state.error = "the client sent the alert " + describe_alert(sent->description);
    } else {
        state.error = reason;
    }
    return status::failed;
}

status shake_hands(engine_state& state) {
    const auto before = state.out.size();
    ERR_clear_error();
    const auto result = SSL_do_handshake(state.ssl.get());
    if (result == 1) {
        state.established = true;
        return status::established;
    }
    if (SSL_get_error(state.ssl.get(), result) != SSL_ERROR_WANT_READ) return fail(state);
    return state.out.size() > before ? status::flight_ready : status::wants_more;
}

status read_data(engine_state& state) {
    std::array<std::uint8_t, read_size> piece; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (;;) {
        std::size_t size = 0;
        ERR_clear_error();
        const auto result = SSL_read_ex(state.ssl.get(), piece.data(), piece.size(), &size);
        if (result == 1) {
            state.plain.insert(state.plain.end(), piece.begin(), piece.begin() + size);
            state.record_sizes.push_back(size); // OpenSSL never reads beyond a record at once
            continue;
        }
        const auto why = SSL_get_error(state.ssl.get(), result);
        if (why == SSL_ERROR_ZERO_RETURN)
            state.closed = true;
        else if (why != SSL_ERROR_WANT_READ)
            fail(state);
        // What came before the end counts first.
        if (!state.plain.empty()) return status::data;
        if (state.closed) return status::closed;
        return state.error.empty() ? status::wants_more : status::failed;
    }
}

} // namespace

engine::engine(context& of) : state_(std::make_unique<engine_state>()) {
    of.prepare();
    state_->settings = &of.settings();
    state_->sent = std::make_unique<sent_records>();
    state_->ssl.reset(SSL_new(of.native()));
    if (!state_->ssl) throw setup_error("TLS: OpenSSL cannot begin a connection: " + take_openssl_error());
    attach(state_->ssl.get(), *state_);
    SSL_set_accept_state(state_->ssl.get());
}

engine::~engine() = default;
engine::engine(engine&& other) noexcept = default;
engine& engine::operator=(engine&& other) noexcept = default;

void engine::received(core::byte_view ciphertext) {
    state_->in.insert(state_->in.end(), ciphertext.begin(), ciphertext.end());
}

status engine::step() {
    auto& state = *state_;
    if (!state.error.empty()) return status::failed;
    if (state.closed) return status::closed;
    const auto result = state.established ? read_data(state) : shake_hands(state);
    if (state.in_read == state.in.size()) {
        take(state.in);
        state.in_read = 0;
    }
    return result;
}

core::bytes engine::take_ciphertext() {
    auto taken = take(state_->out);
    state_->sent->note(taken);
    return taken;
}

core::bytes engine::take_flight() { return take(state_->out); }

void engine::flight_leaves(core::byte_view records) { state_->sent->note(records); }

core::bytes engine::take_plaintext() { return take(state_->plain); }

std::vector<std::size_t> engine::take_record_sizes() { return std::exchange(state_->record_sizes, {}); }

core::bytes engine::encrypt(core::byte_view plaintext) {
    auto& state = *state_;
    if (!state.established || !state.error.empty()) return {};
    ERR_clear_error();
    std::size_t written = 0;
    // The BIO takes everything, so this writes all of it.
    if (!plaintext.empty() &&
        SSL_write_ex(state.ssl.get(), plaintext.data(), plaintext.size(), &written) != 1)
        fail(state);
    return take_ciphertext();
}

core::bytes engine::close_notify() {
    auto& state = *state_;
    if (!state.established || !state.error.empty()) return {};
    ERR_clear_error();
    SSL_shutdown(state.ssl.get());
    return take_ciphertext();
}

core::bytes engine::forge_alert(alert what) {
    auto& state = *state_;
    take(state.out);
    auto record = state.sent->encode(what, state.ssl.get());
    state.sent->note(record); // another one may follow
    return record;
}

core::bytes engine::forge_data(core::byte_view content) {
    auto& state = *state_;
    auto out = take_ciphertext();
    const auto record = state.sent->encode(content_type::application_data, content, state.ssl.get());
    state.sent->note(record);
    out.insert(out.end(), record.begin(), record.end());
    return out;
}

bool engine::established() const noexcept { return state_->established; }

flight engine::last_flight() const noexcept { return state_->last_flight; }

const std::string& engine::error() const noexcept { return state_->error; }

details engine::describe() const {
    const auto& state = *state_;
    const auto* ssl = state.ssl.get();
    details out{.client_alert = state.client_alert};
    if (const auto* cipher = SSL_get_current_cipher(ssl)) {
        out.version = version_of(ssl);
        out.cipher = SSL_CIPHER_get_name(cipher);
    }
    const unsigned char* alpn = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &alpn, &size);
    if (size > 0) out.alpn.assign(alpn, alpn + size);
    if (const owned<X509> certificate(SSL_get1_peer_certificate(ssl)); certificate)
        out.client_certificate = subject_of(certificate.get());
    return out;
}

std::unique_ptr<client_hello> engine::take_client_hello() { return std::move(state_->hello); }

} // namespace tdsfake::tls
