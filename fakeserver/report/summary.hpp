// The end of a run: what each rule did, what never fired, what was expected and not met.
#pragma once

#include "scenario/model.hpp"
#include "world/world.hpp"

#include <string>
#include <vector>

namespace tdsfake::report {

std::string summary(const world::world& world, const std::vector<world::unmet>& unmet, bool colours);

} // namespace tdsfake::report
