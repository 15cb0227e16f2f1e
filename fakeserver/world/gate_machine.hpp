// What a connect meets at one address: the phases of its gate, sans-IO. `net` executes what this says.
#pragma once

#include "core/duration.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tdsfake::world {

class gate_machine {
public:
    // `is_raised`: a signal that is up already when a phase begins ends it at once.
    gate_machine(scenario::gate phases, std::function<bool(const std::string&)> is_raised)
        : phases_(std::move(phases)),
          is_raised_(std::move(is_raised)) {}

    // Starts the first phase (from ready), or replaces what remains by other phases (a `gate` step).
    void start(core::instant now);
    void replace(scenario::gate phases, core::instant now);

    // Each tells whether the phase changed.
    bool expired(core::instant now);
    bool raised(const std::string& signal, core::instant now);
    // One connect has met the current phase: true if it was the last of it.
    bool attempted(core::instant now);

    [[nodiscard]] scenario::gate_mode mode() const noexcept { return phase().mode; }
    [[nodiscard]] const scenario::gate_phase& phase() const noexcept { return phases_[current_]; }
    // When `for` of the current phase ends.
    [[nodiscard]] std::optional<core::instant> deadline() const noexcept { return deadline_; }
    // The current phase counts connects, so each has to be decided one by one.
    [[nodiscard]] bool counting() const noexcept { return phase().attempts.has_value(); }

private:
    void enter(std::size_t index, core::instant now);
    void advance(core::instant now) { enter(current_ + 1, now); }

    scenario::gate phases_;
    std::size_t current_ = 0;
    std::uint64_t attempts_ = 0;
    std::optional<core::instant> deadline_;
    std::function<bool(const std::string&)> is_raised_;
};

} // namespace tdsfake::world
