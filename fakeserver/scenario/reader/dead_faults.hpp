// Faults that can never fire, which a scenario surely does not mean: warned about.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"

#include <vector>

namespace tdsfake::scenario::reader {

// By themselves, or because an earlier one of the list takes all of their events.
void warn_of_dead_faults(context& ctx, const std::vector<fault>& faults);

// Because this server never comes to what they ask for.
void warn_of_faults_beyond(context& ctx, const server& on);

// Because they wait for a signal that only they themselves raise.
void warn_of_circular_signals(context& ctx, const scenario& file);

} // namespace tdsfake::scenario::reader
