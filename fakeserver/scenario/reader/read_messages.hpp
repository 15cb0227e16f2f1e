// What a scenario sends: server messages (`error`), overridden fields of the healthy reply, and raw bytes.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <optional>
#include <vector>

namespace tdsfake::scenario::reader {

// `40613` or `{number, state, class, message, server, procedure, line}`.
std::optional<tds::server_message> read_error(context& ctx, const node& n);

// `healthy`, nothing, or `{field: value}` with the fields of the replies at all of `stages`.
std::vector<field_override> read_overrides(context& ctx, const node& n, const std::vector<stage>& stages);

// `{hex}`, `{text}`, `{file}` or `{packet: {type, status, payload}}`.
std::optional<core::bytes> read_bytes(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
