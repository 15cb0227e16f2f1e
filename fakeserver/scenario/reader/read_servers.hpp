// `server:` and `servers:`.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

// From the keys `server` and `servers` of the file; one healthy server if it has neither.
std::vector<server> read_servers(context& ctx, const node& root);

// `listen`: at least one address.
std::vector<listen_address> read_listen(context& ctx, const node& n);
identity read_identity(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
