// What OpenSSL calls back, and the BIO through which it reads and writes. For .cpp files of this floor only.
#pragma once

#include "tls/context.hpp"
#include "tls/engine_state.hpp"
#include "tls/openssl.hpp"

namespace tdsfake::tls {

void install_callbacks(SSL_CTX* to, const context_settings& of);
// From now on `to` reads what the state has received, and writes to what it is to send.
void attach(SSL* to, engine_state& state);

} // namespace tdsfake::tls
