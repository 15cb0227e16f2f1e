// `tokens`: an answer spelled out.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

// A list of words (`done`) and one-key maps (`{done: {status: 0x21}}`).
std::vector<tds::scripted_token> read_tokens(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
