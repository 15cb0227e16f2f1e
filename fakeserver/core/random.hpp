// Deterministic randomness: every draw is a pure function of what it is for, so scheduling cannot change it.
#pragma once

#include <cstdint>

namespace tdsfake::core {

// splitmix64's finaliser.
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

// A hash of the arguments in order: draw(seed, rule, connection, hit).
template <class... Numbers>
constexpr std::uint64_t draw(std::uint64_t seed, Numbers... numbers) noexcept {
    std::uint64_t state = mix(seed);
    ((state = mix(state ^ static_cast<std::uint64_t>(numbers))), ...);
    return state;
}

} // namespace tdsfake::core
