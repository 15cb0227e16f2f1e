// What becomes of a message as it arrives: faults in the middle of it, lists that expect it, the queue.
#include "session/connection.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {

constexpr std::size_t most_queued = 10'000;
constexpr std::size_t most_queued_bytes = std::size_t{64} << 20;

std::string_view message_name(const subject& about) {
    switch (about.stage) {
    case stage::tls: return "TLS";
    case stage::attention: return "ATTENTION";
    default: return tds::packet_type_name(about.asked.type);
    }
}

} // namespace

void conversation::received(core::byte_view packets, core::instant now) {
    if (lost_) return; // stalled, and what comes is no longer TDS
    reader_.feed(packets);
    while (!on_.over()) {
        auto next = reader_.next();
        if (next.has_error()) {
            lost_ = true;
            on_.stream_lost(*this, next.error(), now);
            return;
        }
        if (!next->has_value()) {
            const auto raw = reader_.unparsed();
            const auto& begun = reader_.partial();
            const auto body = raw.size() - std::min(raw.size(), tds::packet_header::size);
            if (begun.packets > 0 || !raw.empty())
                part_read(begun.packets > 0 ? begun.type : raw.front(), begun.payload.size() + body, now);
            break;
        }
        part_read((*next)->type, (*next)->payload.size(), now);
        if (on_.over()) return;
        parts_read_ = 0;
        on_.message_read(*this, std::move(**next), now);
        ++arriving_;
        if (!session_ && on_.carrier_changed()) return; // what follows may not be packets
    }
    if (reader_.pending() == 0) reader_.release_memory();
}

// So much of a message is here. Its list runs at once, whatever else does: nothing queues in the middle of a
// message.
void conversation::part_read(std::uint8_t type, std::size_t size, core::instant now) {
    const auto& sizes = on_.world().rules_of(on_.member().server).part_sizes();
    while (!on_.over() && parts_read_ < sizes.size() && sizes[parts_read_] <= size) {
        const auto so_far = sizes[parts_read_++];
        const auto [at, stages] = on_.stages_of_part(type);
        if (at == stage::start) return; // a message that is not expected here: when it is whole, that is told
        subject about{.stage = at, .asked = {.type = type, .number = arriving_, .partial = true}};
        const auto chosen = on_.world().consider(
            on_.member(), {.stages = stages, .read = {.session = session_}, .so_far = so_far, .now = now}
        );
        if (chosen) start_list(std::move(about), chosen, now);
    }
}

void conversation::moment(subject&& about, world::stage_set stages, core::instant now) {
    about.asked.number = arriving_;
    const auto read = on_.read_as(*this, about.asked);
    const world::moment event{.stages = stages, .read = read, .now = now};
    if (answered_already()) {
        on_.world().pass(on_.member(), event);
        if (std::exchange(ignored_early_, false)) on_.step_back(about.stage);
        return;
    }
    if (auto* l = expecting()) {
        auto instead = differs(*l, about, stages, read);
        if (instead.empty()) {
            on_.world().pass(on_.member(), event);
            accept(*l, std::move(about), now);
            run(*l, now);
            return;
        }
        in_vain(*l, std::move(instead), now);
        run(*l, now);
        if (on_.over()) return;
    }
    const auto chosen = on_.world().consider(on_.member(), event);
    const bool ignored = (about.asked.status & tds::status::ignore) != 0; // queues like the request it is
    if ((about.stage == stage::attention && !ignored) || !busy()) {
        begin(std::move(about), chosen, now);
        return;
    }
    queued_bytes_ += 2 * about.asked.bytes + sizeof(waiting);
    if (queue_.size() >= most_queued || queued_bytes_ > most_queued_bytes) {
        note(
            kind::violation,
            now,
            {{"reason", "too many requests wait for an answer"}, {"waiting", queue_.size()}}
        );
        on_.end_self(scenario::ending::close, std::nullopt, now);
        return;
    }
    queue_.push_back({std::move(about), chosen, stages});
}

void conversation::control_read(subject&& about, core::instant now) {
    const auto chosen = on_.world().consider(
        on_.member(), {.stages = stage::smp, .read = on_.read_as(*this, about.asked), .now = now}
    );
    begin(std::move(about), chosen, now);
}

void conversation::expect(list& l, const scenario::step& step, core::instant now) {
    l.expects = &step;
    on_.world().awaits(on_.member(), step);
    const auto& wanted = std::get<scenario::expect_step>(step.what);
    if (wanted.within) wait_until(l, l.clock + *wanted.within);
    if (queue_.empty()) return;
    // Read while the list was busy with other steps: it is the next one.
    const auto& next = queue_.front();
    const world::message read{
        .sql = next.about.asked.sql,
        .procedure = next.about.asked.procedure,
        .status = next.about.asked.status,
        .session = session_
    };
    auto instead = differs(l, next.about, next.stages, read);
    if (!instead.empty()) return in_vain(l, std::move(instead), now);
    auto about = std::move(queue_.front().about);
    queue_.erase(queue_.begin());
    accept(l, std::move(about), now);
}

conversation::list* conversation::expecting() noexcept {
    const auto found = std::ranges::find_if(lists_, [](const auto& l) { return l->expects != nullptr; });
    return found == lists_.end() ? nullptr : found->get();
}

// What came instead of what the list expects; empty: it is that.
std::string conversation::differs(
    const list& l, const subject& about, world::stage_set stages, const world::message& read
) const {
    const auto& wanted = std::get<scenario::expect_step>(l.expects->what);
    const bool at = std::ranges::any_of(wanted.at, [&](stage s) { return stages.has(s); });
    const auto missed = world::missed(wanted.when, on_.member().who, read);
    if (at && missed.empty()) return {};
    auto seen = std::string(message_name(about)) + " came (journal line " +
                std::to_string(on_.world().log().last_sequence()) + ")";
    for (const auto& why : missed) {
        if (at) seen += ", " + why;
    }
    return seen;
}

void conversation::accept(list& l, subject&& about, core::instant now) {
    const auto& step = *std::exchange(l.expects, nullptr);
    if (l.timer != 0) on_.stop_timer(std::exchange(l.timer, 0));
    on_.world().came(on_.member(), step);
    note(kind::step, now, {{"step", "expect"}, {"rule", step.where.line}});
    if (is_request(l.about.stage) && !l.answered && !l.about.asked.partial) unanswered_ = true;
    l.about = std::move(about);
    l.answered = false;
    l.blocks = l.about.stage != stage::attention;
    l.clock = now;
}

// The list ends there: what follows is for a message that has not come.
void conversation::in_vain(list& l, std::string seen, core::instant now) {
    const auto& step = *std::exchange(l.expects, nullptr);
    if (l.timer != 0) on_.stop_timer(std::exchange(l.timer, 0));
    l.next = l.fault->steps.size();
    note(
        kind::notice,
        now,
        {{"text", "unmet: " + std::get<scenario::expect_step>(step.what).text + ": " + seen},
         {"rule", step.where.line}}
    );
    on_.world().came_not(on_.member(), step, std::move(seen));
}

} // namespace tdsfake::session
