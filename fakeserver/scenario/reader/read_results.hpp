// `columns` and `rows`: what a result holds.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <optional>
#include <vector>

namespace tdsfake::scenario::reader {

// A map of names to types (`int`, `nvarchar(30) not null`), or a list of such maps, in which a name may stand
// twice.
std::vector<tds::column> read_columns(context& ctx, const node& n);

// A list of values, one for each column. Nothing if their number is wrong.
std::optional<std::vector<cell>>
read_row(context& ctx, const node& n, const std::vector<tds::column>& columns);

// `columns`, `rows` and `plp` of a query or of an item of `results`. Nothing if it has no columns.
std::optional<result_set> read_result(context& ctx, map_reader& map);

} // namespace tdsfake::scenario::reader
