// `params:` and `--set`, and `$name` in the scalars of the file.
#pragma once

#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tdsfake::scenario::reader {

// Replaces `$name` in every value below `root` except `params` itself; `$$` becomes `$`. A `$` that no letter
// follows is itself, so that /x$/ needs no doubling. Unknown names, names of --set that the file does not
// have and params that nothing uses are reported.
void expand_params(context& ctx, node& root, const std::vector<std::pair<std::string, std::string>>& set);

} // namespace tdsfake::scenario::reader
