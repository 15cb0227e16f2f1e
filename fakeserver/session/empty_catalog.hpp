// What ORMs and tools ask of the catalog: here is a database without tables.
#pragma once

#include "scenario/model.hpp"

#include <optional>
#include <string_view>

namespace tdsfake::session {

// A SELECT from a view of INFORMATION_SCHEMA or of sys: its columns and no row; of COUNT alone, a row of
// zeros. Nothing, if it is another statement or several.
std::optional<scenario::result_set> from_empty_catalog(std::string_view sql);

} // namespace tdsfake::session
