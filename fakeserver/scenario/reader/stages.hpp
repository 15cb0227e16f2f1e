// What is known and possible at each stage: the loader's judgement of `reply` and the rest.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"
#include "tds/reply_fields.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

// Each includes the ones before; `addresses`: of a connect that may not become a connection.
enum class knowledge : std::uint8_t { nothing, addresses, connection, prelogin, login };
knowledge known_at(stage s) noexcept;

// The kind of the healthy reply, if there is one whose fields can be overridden.
std::optional<tds::reply_kind> reply_at(stage s) noexcept;
// A message was read, so there is something to ignore.
bool has_message(stage s) noexcept;
// Every event of `s` is an event of `wide`, too.
bool covers(stage wide, stage s) noexcept;

// `at`: one stage or a list.
std::vector<stage> read_stages(context& ctx, const node& n, std::string_view what = "`at`");
// Whether all of these are the Browser's; of none: true.
bool all_lookups(const std::vector<stage>& stages) noexcept;

} // namespace tdsfake::scenario::reader
