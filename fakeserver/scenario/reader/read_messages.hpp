// What a scenario sends: server messages (`error`), overridden fields of the healthy reply, and raw bytes.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

// `40613` or `{number, state, class, message, server, procedure, line}`.
std::optional<tds::server_message> read_error(context& ctx, const node& n);

// `healthy`, nothing, or `{field: value}` with the fields of the replies at all of `stages`.
std::vector<field_override> read_overrides(context& ctx, const node& n, const std::vector<stage>& stages);

// Hex digits in pairs.
std::optional<core::bytes> read_hex(context& ctx, const node& n, std::string_view what);
// `handshake-failure`, `40` or `{name, level}`.
std::optional<tls::alert> read_alert(context& ctx, const node& n);
// `{hex}`, `{text}`, `{file}`, `{packet: {…}}`, `{smp: {…}}` or `{alert: …}`; also `plain: yes`.
std::optional<send_step> read_send_step(context& ctx, const node& n);

} // namespace tdsfake::scenario::reader
