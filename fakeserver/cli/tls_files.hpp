// What TLS leaves behind for the user: the authority's certificate and the key log.
#pragma once

#include "tls/context.hpp"

#include <memory>
#include <string>

namespace tdsfake::cli {

// PEM, written beside and renamed, so that a reader sees all of it or nothing. Throws bad_input.
void write_ca_file(const std::string& path, const std::string& pem);

// Appends line by line, as Wireshark and other programs with SSLKEYLOGFILE do; the file is for its owner
// only. Throws bad_input if it cannot be opened; nothing if the path is empty.
tls::key_log open_key_log(const std::string& path);

} // namespace tdsfake::cli
