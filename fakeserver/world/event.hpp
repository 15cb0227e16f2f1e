// What rules and expectations are asked about: one moment of one connection.
#pragma once

#include "core/duration.hpp"
#include "journal/event.hpp"
#include "scenario/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::world {

// What the Browser is asked.
struct lookup {
    std::string_view request; // broadcast, all, instance, dac
    std::string_view instance;
};

// A set of stages: a batch is also a `request`, and a `query` unless it is a driver's own set-up.
class stage_set {
public:
    constexpr stage_set() = default;
    constexpr stage_set(scenario::stage s) noexcept : bits_(1U << static_cast<unsigned>(s)) {}
    constexpr stage_set operator|(stage_set other) const noexcept {
        stage_set both;
        both.bits_ = bits_ | other.bits_;
        return both;
    }
    [[nodiscard]] constexpr bool has(scenario::stage s) const noexcept {
        return (bits_ >> static_cast<unsigned>(s) & 1U) != 0;
    }

private:
    std::uint32_t bits_ = 0;
};

// A connection as a condition sees it. Login fields are empty and `logged` is false until LOGIN7 was read.
struct peer {
    std::uint64_t connection = 0; // number on its server, from 1
    core::instant since{};        // when it was accepted
    std::uint64_t line = 0;       // of the journal, which says so
    bool login_read = false;
    bool prelogin_read = false;
    // Static texts, as the language has them.
    std::string_view encryption, flight, intent, tds;
    std::vector<std::string> features;
    std::string user, database, app, host, library, server_name;
    std::string from, to;          // address:port
    stage_set seen;                // what was read so far
    const lookup* asked = nullptr; // a datagram to the Browser; there is no connection then
};

// What was read, as a condition sees it. It lives as long as the moment is considered.
struct message {
    std::string_view sql, procedure;
    std::string_view flag;                               // of SMP
    std::uint8_t status = 0;                             // of its packets, tds::status
    std::optional<std::uint16_t> session;                // of MARS
    const std::vector<journal::field>* fields = nullptr; // as the journal has them, if anybody asks for them
};

struct moment {
    stage_set stages;
    std::uint32_t server = 0; // index in the scenario
    const peer* who = nullptr;
    message read;
    core::duration idle_for{};           // stage idle: only rules with exactly this `after` are meant
    std::optional<std::uint64_t> so_far; // of a message on its way, likewise
    core::instant now{};
    std::uint64_t line = 0; // of the journal: where it stands
};

// All keys of the condition hold. A key never holds before what it asks for was read.
bool holds(const scenario::condition& when, const peer& who, const message& read = {});

// The keys that do not hold, each as "user is `bob`", and what they asked of nothing as "there is no sql".
std::vector<std::string> missed(const scenario::condition& when, const peer& who, const message& read);

} // namespace tdsfake::world
