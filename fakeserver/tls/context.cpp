#include "tls/context.hpp"

#include "tls/callbacks.hpp"
#include "tls/openssl.hpp"

#include <algorithm>
#include <utility>

namespace tdsfake::tls {

namespace {

int number(version v) noexcept { return TLS1_VERSION + static_cast<int>(v); }

struct versions {
    version min, max;
};

versions versions_of(const settings& tls, carrier in) {
    const auto usual_max = in == carrier::wrapped ? version::v1_2 : version::v1_3;
    const auto max = tls.max.value_or(std::max(usual_max, tls.min.value_or(usual_max)));
    return {tls.min.value_or(std::min(version::v1_2, max)), max};
}

// OpenSSL has two lists: names that begin with TLS_ are of TLS 1.3. Where one kind only is named, versions of
// the other kind are not spoken.
void set_ciphers(SSL_CTX* to, const std::string& ciphers, versions& spoken) {
    std::string old_ones, new_ones;
    for (std::size_t begin = 0; begin < ciphers.size();) {
        const auto end = std::min(ciphers.find(':', begin), ciphers.size());
        const auto one = ciphers.substr(begin, end - begin);
        auto& list = one.starts_with("TLS_") ? new_ones : old_ones;
        if (!one.empty()) list += (list.empty() ? "" : ":") + one;
        begin = end + 1;
    }
    const auto fail = [&](const std::string& reason) {
        throw setup_error(
            "`ciphers: " + ciphers + "`: " + reason +
            "; names as `openssl ciphers -s -v ALL:@SECLEVEL=0` prints them, with `:` between"
        );
    };
    if (!old_ones.empty() && SSL_CTX_set_cipher_list(to, old_ones.c_str()) != 1) fail(take_openssl_error());
    if (!new_ones.empty() && SSL_CTX_set_ciphersuites(to, new_ones.c_str()) != 1) fail(take_openssl_error());
    if (new_ones.empty()) spoken.max = std::min(spoken.max, version::v1_2);
    if (old_ones.empty()) spoken.min = version::v1_3;
    if (spoken.min > spoken.max)
        fail(
            new_ones.empty()
                ? "none of them is of TLS 1.3, and `min` is 1.3"
                : "all of them are of TLS 1.3, and `max` is 1.2 (inside TDS 7.x unless it is written)"
        );
}

void use(SSL_CTX* to, const credentials& shown) {
    for (std::size_t i = 0; i < shown.chain.size(); ++i) {
        const auto* at = shown.chain[i].data();
        owned<X509> one(d2i_X509(nullptr, &at, static_cast<long>(shown.chain[i].size())));
        if (i == 0) {
            need_ok(SSL_CTX_use_certificate(to, one.get()), "the certificate cannot be used");
        } else {
            need_ok(static_cast<int>(SSL_CTX_add1_chain_cert(to, one.get())), "the chain cannot be used");
        }
    }
    const auto* at = shown.key.data();
    const owned<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(shown.key.size())));
    need_ok(key ? SSL_CTX_use_PrivateKey(to, key.get()) : 0, "the key cannot be used");
}

} // namespace

context::context(context_settings of, authority& issuer) : settings_(std::move(of)), authority_(issuer) {}

context::~context() {
    if (native_ != nullptr) SSL_CTX_free(native_);
}

void context::prepare() {
    if (native_ != nullptr) return;
    load_openssl();
    ERR_clear_error();
    const auto& tls = settings_.tls;
    const auto shown = authority_.issue(tls.certificate, settings_.addresses);

    owned<SSL_CTX> made(SSL_CTX_new(TLS_server_method()));
    need_ok(made ? 1 : 0, "no context");
    auto* ctx = made.get();
    auto spoken = versions_of(tls, settings_.in);
    // What is old or weak is so on purpose, where a scenario asks for it.
    const bool anything_goes = spoken.min < version::v1_2 || tls.certificate.kind == certificate_kind::weak ||
                               tls.certificate.from_files() || !tls.ciphers.empty();
    SSL_CTX_set_security_level(ctx, anything_goes ? 0 : 2);
    if (!tls.ciphers.empty()) set_ciphers(ctx, tls.ciphers, spoken);
    need_ok(static_cast<int>(SSL_CTX_set_min_proto_version(ctx, number(spoken.min))), "the oldest version");
    need_ok(static_cast<int>(SSL_CTX_set_max_proto_version(ctx, number(spoken.max))), "the newest version");
    use(ctx, shown);

    // Every handshake is a full one: what is resumed depends on what was before.
    // Encrypt-then-MAC, which Schannel does not have either, would make a forged alert guess.
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_ENCRYPT_THEN_MAC);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_dh_auto(ctx, 1);
    install_callbacks(ctx, settings_);
    native_ = made.release();
}

} // namespace tdsfake::tls
