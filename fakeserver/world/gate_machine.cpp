#include "world/gate_machine.hpp"

namespace tdsfake::world {

void gate_machine::start(core::instant now) { enter(0, now); }

void gate_machine::replace(scenario::gate phases, core::instant now) {
    phases_ = std::move(phases);
    enter(0, now);
}

bool gate_machine::expired(core::instant now) {
    if (!deadline_ || now < *deadline_ || current_ + 1 >= phases_.size()) return false;
    advance(now); // a phase is never shorter than said, however late this one ended
    return true;
}

bool gate_machine::raised(const std::string& signal, core::instant now) {
    if (phase().until != signal || current_ + 1 >= phases_.size()) return false;
    advance(now);
    return true;
}

bool gate_machine::attempted(core::instant now) {
    if (!phase().attempts || ++attempts_ < *phase().attempts || current_ + 1 >= phases_.size()) return false;
    advance(now);
    return true;
}

void gate_machine::enter(std::size_t index, core::instant now) {
    current_ = index;
    attempts_ = 0;
    while (current_ + 1 < phases_.size() && phase().until && is_raised_(*phase().until))
        ++current_;
    deadline_.reset();
    if (phase().lasts && current_ + 1 < phases_.size()) deadline_ = now + *phase().lasts;
}

} // namespace tdsfake::world
