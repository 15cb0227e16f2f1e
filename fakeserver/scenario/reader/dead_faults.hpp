// Faults that can never fire, which a scenario surely does not mean: warned about.
#pragma once

#include "scenario/model.hpp"
#include "scenario/reader/context.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

void warn_dead(context& ctx, const fault& f, std::string why, std::string remedy);
inline bool stands_at(const fault& f, stage s) { return std::ranges::find(f.at, s) != f.at.end(); }
// A text, not a regex.
inline bool is_plain(const pattern& p) { return !p.text().starts_with('/'); }
// At least one, and only texts that match `word`.
bool asks_only_for(const std::vector<pattern>& of, std::string_view word);

// By themselves, because an earlier one of the list takes all of their events, or because all connections end
// before.
void warn_of_dead_faults(context& ctx, const std::vector<fault>& faults);

// Because this server never comes to what they ask for.
void warn_of_faults_beyond(context& ctx, const server& on);

// Because they wait for a signal that only they themselves raise.
void warn_of_circular_signals(context& ctx, const scenario& file);

} // namespace tdsfake::scenario::reader
