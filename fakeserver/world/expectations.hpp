// `verify`: counts what happened as it happens, and says at the end what was not as expected.
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"
#include "world/event.hpp"
#include "world/rules.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace tdsfake::world {

// An expectation that was not met, with what was seen instead.
struct unmet {
    std::string text; // as the file says it
    int line = 0;
    std::string seen;
};

class expectations {
public:
    expectations(const scenario::scenario& scenario, signal_lookup raised);

    void ready_at(core::instant now) noexcept { ready_ = now; }

    // Something countable happened (attempts also without a connection: `who` may be empty then).
    void count(
        scenario::counter what, std::uint32_t server, const peer* who, const message& read, core::instant now
    );
    // A stage was reached.
    void reached(const moment& event);
    void closed(scenario::closer by, std::uint32_t server, const peer& who, core::instant now);

    // At the end of the run; `open` connections are those of the moment.
    [[nodiscard]] std::vector<unmet> judge(std::uint64_t open_connections) const;

private:
    struct record {
        std::uint64_t count = 0;
        std::vector<core::instant> times; // spacing
        std::unordered_map<std::uint64_t, core::instant>
            reached;                     // closed: connection -> when it reached `of`
        std::vector<std::string> misses; // closed: one text for each connection that was not
        std::string example;             // seen/never: what the first one was
    };
    [[nodiscard]] bool concerns(const scenario::verification& check, std::uint32_t server) const;
    static std::uint64_t key(std::uint32_t server, std::uint64_t connection) {
        return std::uint64_t{server} << 48 | connection;
    }

    const scenario::scenario& scenario_;
    signal_lookup raised_;
    core::instant ready_{};
    std::vector<record> records_;
};

} // namespace tdsfake::world
