#include "tls/openssl.hpp"

#include "tls/authority.hpp"

#include <dlfcn.h>

namespace tdsfake::tls {

// NOLINTBEGIN(readability-identifier-naming,bugprone-macro-parentheses)
#define TDSFAKE_DEFINE(name) decltype(&::name) name = nullptr;
TDSFAKE_CRYPTO_FUNCTIONS(TDSFAKE_DEFINE)
TDSFAKE_SSL_FUNCTIONS(TDSFAKE_DEFINE)
#undef TDSFAKE_DEFINE
// NOLINTEND(readability-identifier-naming,bugprone-macro-parentheses)

namespace {

void* open_library(const char* name) {
    if (auto* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    const auto* reason = ::dlerror();
    throw setup_error(
        "TLS needs OpenSSL 3, and " + std::string(name) + " cannot be loaded (" +
        (reason != nullptr ? reason : "unknown reason") +
        "); install it (Debian: apt install libssl3), or write `encryption: not-supported`"
    );
}

template <class Function>
void find(void* library, const char* name, Function*& to) {
    auto* found = ::dlsym(library, name);
    if (found == nullptr) {
        throw setup_error(
            "TLS needs OpenSSL 3, and the one of this machine has no " + std::string(name) + "; update it"
        );
    }
    to = reinterpret_cast<Function*>(found); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

} // namespace

void load_openssl() {
    static bool loaded = false;
    if (loaded) return;
    // Never closed: OpenSSL does not survive that.
    auto* crypto = open_library("libcrypto.so.3");
    auto* ssl = open_library("libssl.so.3");
#define TDSFAKE_FIND(name) find(crypto, #name, name);
    TDSFAKE_CRYPTO_FUNCTIONS(TDSFAKE_FIND)
#undef TDSFAKE_FIND
#define TDSFAKE_FIND(name) find(ssl, #name, name);
    TDSFAKE_SSL_FUNCTIONS(TDSFAKE_FIND)
#undef TDSFAKE_FIND
    // Nor tidied up at exit, which would only take time.
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) != 1)
        throw setup_error("OpenSSL cannot be initialised: " + take_openssl_error());
    loaded = true;
}

std::string take_openssl_error() {
    // The first says what went wrong, those behind it who was told.
    const auto code = ERR_peek_error();
    const auto* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    std::string text = reason != nullptr ? reason
                       : code == 0       ? "no reason given"
                                         : "error " + std::to_string(code);
    ERR_clear_error();
    return text;
}

void need_ok(int result, const char* what) {
    if (result <= 0) throw setup_error("TLS: " + std::string(what) + ": " + take_openssl_error());
}

} // namespace tdsfake::tls
