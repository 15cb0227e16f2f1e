#include "session/tls_contexts.hpp"

namespace tdsfake::session {

tls_contexts::tls_contexts(const scenario::scenario& of, tls::key_log log)
    : scenario_(of),
      log_(std::move(log)),
      addresses_(of.servers.size()) {}

void tls_contexts::addresses(std::uint32_t server, std::vector<std::string> of_server) {
    addresses_[server] = std::move(of_server);
}

void tls_contexts::check() {
    for (std::uint32_t s = 0; s < scenario_.servers.size(); ++s) {
        const auto& identity = scenario_.servers[s].identity;
        if (!identity.tls.certificate.from_files() && identity.tls.ciphers.empty()) continue;
        if (identity.encryption == scenario::encryption_policy::not_supported) continue;
        of(s, tls::carrier::strict).prepare();
        if (identity.encryption != scenario::encryption_policy::strict)
            of(s, tls::carrier::wrapped).prepare();
    }
}

tls::context& tls_contexts::of(std::uint32_t server, tls::carrier in) {
    auto& found = contexts_[{server, in}];
    if (!found) {
        found = std::make_unique<tls::context>(
            tls::context_settings{
                .tls = scenario_.servers[server].identity.tls,
                .in = in,
                .addresses = addresses_[server],
                .log = log_,
            },
            authority_
        );
    }
    return *found;
}

} // namespace tdsfake::session
