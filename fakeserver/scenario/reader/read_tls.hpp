// What `identity` says of TLS: `encryption`, `certificate`, `tls`.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/map_reader.hpp"

namespace tdsfake::scenario::reader {

// From the keys of the map `identity`.
void read_encryption(context& ctx, const map_reader& map, identity& out);

} // namespace tdsfake::scenario::reader
