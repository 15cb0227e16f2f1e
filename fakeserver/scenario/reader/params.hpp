// `params:` and `--set`, and `$name` in the scalars of the file.
#pragma once

#include "scenario/load.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tdsfake::scenario::reader {

// Replaces `$name` in every value below `root` except `params` itself; `$$` becomes `$`. A `$` that no letter
// follows is itself, so that /x$/ needs no doubling. Unknown names, names of --set that the file does not
// have and params that nothing uses are reported. `$port`, `$address` of the server around, `$node.port` and
// `$node.address` of another are replaced, too; true: there was one.
bool expand_params(context& ctx, node& root, const load_options& options);

} // namespace tdsfake::scenario::reader
