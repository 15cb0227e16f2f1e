// Certificate and key from files of the user's.
#pragma once

#include "tls/authority.hpp"
#include "tls/settings.hpp"

namespace tdsfake::tls {

// PEM; without a key file the key stands beside the certificate. Throws setup_error, which names the file.
credentials read_files(const certificate_spec& spec);

} // namespace tdsfake::tls
