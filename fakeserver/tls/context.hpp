// What the TLS connections of one server share.
#pragma once

#include "tls/authority.hpp"
#include "tls/settings.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace tdsfake::tls {

// Where TLS runs: inside TDS 7.x, in PRELOGIN packets, or first of all, with TDS 8.0 within.
enum class carrier : std::uint8_t { wrapped, strict };

// One line of a key log without its line end, as Wireshark and SSLKEYLOGFILE have it.
using key_log = std::function<void(std::string_view line)>;

// The ALPN name of TDS 8.0.
inline constexpr std::string_view alpn_tds_8 = "tds/8.0";

struct context_settings {
    settings tls;
    carrier in = carrier::wrapped;
    std::vector<std::string> addresses; // that the server listens on; its certificate is for them, too
    key_log log;
};

// Costs nothing until it is prepared, which the first engine does. The authority must outlive it.
class context {
public:
    context(context_settings of, authority& issuer);
    ~context();
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    // Loads OpenSSL and makes or reads the certificate. Throws setup_error: where a scenario names files or
    // ciphers, call this at the start, so that the run fails there and not at the first connection.
    void prepare();

    [[nodiscard]] const context_settings& settings() const noexcept { return settings_; }
    [[nodiscard]] ssl_ctx_st* native() const noexcept { return native_; } // null until prepared

private:
    context_settings settings_;
    authority& authority_;
    ssl_ctx_st* native_ = nullptr;
};

} // namespace tdsfake::tls
