// `faults`: at a stage, when something matches, do steps.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"
#include "scenario/reader/yaml_tree.hpp"

#include <cstdint>
#include <vector>

namespace tdsfake::scenario::reader {

// Whose faults they are decides at which stages they can stand.
enum class owner : std::uint8_t { server, browser };

std::vector<fault> read_faults(context& ctx, const node& n, owner whose);

} // namespace tdsfake::scenario::reader
