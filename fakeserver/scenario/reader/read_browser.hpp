// `browser:`.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

namespace tdsfake::scenario::reader {

// Whatever is left out is as a healthy Browser has it; nothing at all is one, too.
browser read_browser(context& ctx, const node& n);

// What the Browser and the rest of the file have to agree on.
void check_browser(context& ctx, const scenario& file);

} // namespace tdsfake::scenario::reader
