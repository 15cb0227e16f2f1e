// `verify`: counts what happened as it happens, and says at the end what was not as expected.
#pragma once

#include "journal/event.hpp"
#include "scenario/model.hpp"
#include "world/event.hpp"
#include "world/near_misses.hpp"
#include "world/rules.hpp"

#include <cstdint>
#include <map>
#include <span>
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

// At the end of the run.
struct open_connection {
    std::uint32_t server = 0;
    const peer* who = nullptr;
};

class expectations {
public:
    expectations(const scenario::scenario& scenario, signal_lookup raised);

    void ready_at(core::instant now) noexcept { ready_ = now; }

    // Something countable happened (attempts also without a connection: `who` may be empty then).
    void count(
        scenario::counter what,
        std::uint32_t server,
        const peer* who,
        const message& read,
        core::instant now,
        std::uint64_t line = 0 // of the journal
    );
    // Something was not what `what` counts, but might have been.
    void came_close(
        scenario::counter what,
        std::uint32_t server,
        const peer& who,
        std::string_view why_not,
        core::instant now,
        std::uint64_t line
    );
    // A stage was reached.
    void reached(const moment& event);
    void closed(
        scenario::closer by, std::uint32_t server, const peer& who, core::instant now, std::uint64_t line = 0
    );

    // Steps `expect` of a list: waiting, met, and what came instead.
    void awaits(std::uint32_t server, const peer& who, const scenario::step& step, std::uint64_t line);
    void came(std::uint32_t server, const peer& who, const scenario::step& step);
    void came_not(const peer& who, const scenario::step& step, std::string seen);

    // At the end of the run; `open` connections are those of the moment.
    [[nodiscard]] std::vector<unmet> judge(std::span<const open_connection> open) const;

private:
    struct event_time {
        core::instant at{};
        std::uint64_t line = 0;
    };
    struct late_or_wrong {
        int rank = 0; // the nearest miss has the lowest
        std::string text;
    };
    struct record {
        std::uint64_t count = 0;
        std::vector<std::string> examples; // the first that counted
        near_misses nearest;               // those that did not, as long as none has
        std::size_t looked_at = 0;
        std::vector<event_time> times;                         // spacing
        std::unordered_map<std::uint64_t, event_time> reached; // closed: connection -> when it reached `of`
        std::vector<late_or_wrong> misses;                     // closed: one for each connection that was not
    };
    // Counts what matches, and keeps what comes closest to it.
    void note(
        record& kept,
        const scenario::condition& when,
        bool in_time,
        const peer& who,
        const message& read,
        core::instant now,
        std::uint64_t line
    ) const;
    [[nodiscard]] std::string judge_count(
        const scenario::verification& check, const record& kept, std::span<const open_connection> open
    ) const;
    [[nodiscard]] static std::string judge_closed(const scenario::closed_check& check, const record& kept);
    [[nodiscard]] static std::string judge_spacing(const scenario::spacing_check& check, const record& kept);
    [[nodiscard]] static std::string judge_seen(const scenario::seen_check& check, const record& kept);
    [[nodiscard]] bool concerns(const scenario::verification& check, std::uint32_t server) const;
    static std::uint64_t key(std::uint32_t server, std::uint64_t connection) {
        return std::uint64_t{server} << 48 | connection;
    }

    // Of one step `expect`: who still waits, and who has waited in vain.
    struct awaited {
        const scenario::expect_step* step = nullptr;
        struct wait {
            std::uint64_t lists = 0; // of one connection
            std::uint64_t line = 0;  // of the journal: when it began
        };
        std::map<std::uint64_t, wait> waiting; // by connection
        std::vector<std::string> misses;
        std::uint64_t missed = 0;
    };
    void judge_expected(std::vector<unmet>& out) const;

    const scenario::scenario& scenario_;
    signal_lookup raised_;
    core::instant ready_{};
    std::vector<record> records_;
    std::map<std::pair<int, int>, awaited> awaited_; // by the place of the step
};

} // namespace tdsfake::world
