// Lists of server steps: those of connections, and those that run without one.
#include "core/random.hpp"
#include "world/world.hpp"

#include <algorithm>

namespace tdsfake::world {

void world::perform(
    const scenario::step& step, std::uint32_t server, connection_id origin, core::instant now
) {
    if (const auto* gate = std::get_if<scenario::gate_step>(&step.what)) {
        for (std::size_t g = 0; g < servers_[server].gates.size(); ++g) {
            servers_[server].gates[g].replace(gate->phases, now);
            gate_changed(server, g, now);
        }
    } else if (const auto* raise = std::get_if<scenario::signal_step>(&step.what)) {
        signal(raise->signal, now);
    } else if (const auto* ending = std::get_if<scenario::end_step>(&step.what)) {
        end_targets(*ending, server, origin);
    }
}

void world::outlive(std::uint32_t server, connection_id origin, remainder rest, core::instant now) {
    if (std::ranges::none_of(rest.steps, scenario::is_server_step)) return;
    timeline list{
        .server = server,
        .origin = origin,
        .rest = rest.steps,
        .until = rest.until,
        .held_for = std::move(rest.held_for)
    };
    if (list.until || list.held_for) {
        add_timeline(std::move(list));
    } else {
        run(std::move(list), now);
    }
}

void world::hold(connection_id id, const std::string& signal) { holders_.emplace(signal, id); }

core::duration world::draw(
    const scenario::duration_range& range, const scenario::location& step, connection_id id, std::uint64_t nth
) const {
    const auto span = range.most - range.least;
    if (span.count() <= 0) return range.least;
    const auto value = core::draw(scenario_->seed, step.line, step.column, id, nth);
    return range.least +
           core::duration(static_cast<std::int64_t>(value % static_cast<std::uint64_t>(span.count() + 1)));
}

std::vector<world::running_list> world::still_running() const {
    std::vector<running_list> out;
    for (const auto& list : timelines_) {
        if (std::ranges::any_of(list.rest, scenario::is_server_step)) out.push_back({list.server, list.rest});
    }
    return out;
}

void world::add_timeline(timeline list) {
    timelines_.push_back(std::move(list));
    deadlines_changed_ = true;
}

void world::run(timeline list, core::instant now) {
    while (!list.rest.empty()) {
        const auto& step = list.rest.front();
        list.rest = list.rest.subspan(1);
        if (std::holds_alternative<scenario::expect_step>(step.what)) return; // it will never come
        if (const auto* wait = std::get_if<scenario::wait_step>(&step.what)) {
            list.until = now + draw(wait->time, step.where, list.origin, ++list.draws);
            if (*list.until > now) {
                add_timeline(std::move(list));
                return;
            }
        } else if (const auto* held = std::get_if<scenario::hold_step>(&step.what)) {
            list.until.reset();
            if (!raised(held->signal)) {
                list.held_for = held->signal;
                add_timeline(std::move(list));
                return;
            }
        } else if (scenario::is_server_step(step)) {
            journal_.add(
                {.what = journal::kind::step,
                 .at = now,
                 .server = list.server,
                 .fields = {{"step", scenario::name(step)}, {"rule", step.where.line}}}
            );
            perform(step, list.server, list.origin, now);
        }
    }
}

void world::end_targets(const scenario::end_step& step, std::uint32_t server, connection_id origin) {
    const auto already = effects_.size();
    for (const auto& [id, m] : members_) {
        // The Browser has no connections of its own: its lists mean those of all servers.
        if (m->server != server && server != scenario_->browser_index()) continue;
        if (step.whom == scenario::target::idle && !m->idle) continue;
        if (step.whom == scenario::target::others && id == origin) continue;
        if (step.when && !holds(*step.when, m->who)) continue;
        effects_.push_back(
            {.what = effect::kind::end_connection,
             .connection = id,
             .how = step.how,
             .heals_after = step.heals_after,
             .close_notify = step.close_notify}
        );
    }
    // In the order the connections came, whatever the hash table's.
    std::sort(
        effects_.begin() + static_cast<std::ptrdiff_t>(already),
        effects_.end(),
        [](const auto& a, const auto& b) { return a.connection < b.connection; }
    );
}

} // namespace tdsfake::world
