// The names that a certificate is for.
#pragma once

#include "tls/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::tls {

// An IP address, or a host name as a certificate can carry it: letters, digits, '-', '_', dots between, and
// `*.` in front of it.
bool is_certificate_name(std::string_view name) noexcept;

// Those that it always is for, the addresses that the server listens on and those of the scenario, each once.
// Of a wrong name: only what the scenario says.
std::vector<std::string> names_of(const certificate_spec& spec, const std::vector<std::string>& addresses);
// What stands in the subject: the first that fits there (64 bytes).
std::string common_name(const std::vector<std::string>& names);
// subjectAltName as OpenSSL reads it: "DNS:localhost,IP:127.0.0.1". Names that are none are left out.
std::string alternative_names(const std::vector<std::string>& names);

} // namespace tdsfake::tls
