// The TLS contexts of the servers of a run and the authority behind their certificates. Costs nothing until a
// connection needs one.
#pragma once

#include "scenario/model.hpp"
#include "tls/authority.hpp"
#include "tls/context.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tdsfake::session {

class tls_contexts {
public:
    explicit tls_contexts(const scenario::scenario& of, tls::key_log log = {});
    ~tls_contexts() = default;
    tls_contexts(const tls_contexts&) = delete;
    tls_contexts& operator=(const tls_contexts&) = delete;

    // The addresses that this server listens on: its certificate is for them, too. To be told before the
    // first connection.
    void addresses(std::uint32_t server, std::vector<std::string> of_server);
    // Files and ciphers that the scenario names are looked at now. Throws tls::setup_error.
    void check();

    [[nodiscard]] tls::context& of(std::uint32_t server, tls::carrier in);
    [[nodiscard]] tls::authority& authority() noexcept { return authority_; }

private:
    const scenario::scenario& scenario_;
    tls::key_log log_;
    tls::authority authority_;
    std::vector<std::vector<std::string>> addresses_;
    std::map<std::pair<std::uint32_t, tls::carrier>, std::unique_ptr<tls::context>> contexts_;
};

} // namespace tdsfake::session
