// The SQL Server Browser: a datagram asks, one answers, unless a fault says otherwise. Sans-IO, like
// connection; there is nothing to close, and no datagram waits for another.
#pragma once

#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "scenario/model.hpp"
#include "session/answer.hpp"
#include "tds/ssrp.hpp"
#include "world/world.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tdsfake::session {

// Names one datagram that was read, until it is done with.
using lookup_id = std::uint32_t;

struct browser_action {
    enum class kind : std::uint8_t {
        send,        // data, to who sent the datagram `lookup`
        start_timer, // timer_expired(lookup) is due at `at`
        done,        // nothing more will come for this `lookup`
    };
    kind what = kind::send;
    lookup_id lookup = 0;
    core::bytes data;
    core::instant at{};
};
using browser_actions = std::vector<browser_action>;

// A server as the Browser knows it.
struct known_instance {
    std::string server; // its name in the scenario
    std::string name;   // of the machine
    std::string instance;
    std::string version;
    std::uint16_t port = 0;
};
known_instance known_as(const scenario::server& server, std::uint16_t port);

// The healthy reply with the overrides of a step.
struct browser_reply {
    std::optional<core::bytes> data; // none: a Browser does not answer that
    std::string text;                // of the reply, for the journal
    std::string problem;             // an override that could not be followed
};
browser_reply
reply_to(const tds::ssrp_request& request, const std::vector<known_instance>& instances, overrides edits);

class browser {
public:
    browser(world::world& world, std::vector<known_instance> instances)
        : world_(world),
          instances_(std::move(instances)) {}

    // A datagram came in through the gate of that number.
    void received(
        lookup_id lookup,
        std::size_t gate,
        const std::string& from,
        core::byte_view datagram,
        core::instant now,
        browser_actions& out
    );
    void timer_expired(lookup_id lookup, core::instant now, browser_actions& out);
    void woken(const std::string& signal, core::instant now, browser_actions& out);

private:
    // The list of a fault that fired, on its way.
    struct list {
        const scenario::fault* fault = nullptr;
        tds::ssrp_request request;
        std::size_t next = 0;
        bool answered = false;
        core::instant clock{}; // what it did last was over then
        std::uint64_t draws = 0;
        const std::string* held_for = nullptr;
    };

    // True when it has come to its end.
    bool run(lookup_id lookup, list& l, core::instant now, browser_actions& out);
    bool
    perform(lookup_id lookup, list& l, const scenario::step& step, core::instant now, browser_actions& out);
    void go_on(lookup_id lookup, core::instant now, browser_actions& out);
    void answer(
        lookup_id lookup,
        const tds::ssrp_request& request,
        const scenario::reply_step& how,
        const scenario::fault* by, // none: it is the healthy answer
        core::instant now,
        browser_actions& out
    );
    void send(
        lookup_id lookup,
        core::bytes data,
        const scenario::shapes& shape,
        std::vector<journal::field> about,
        const scenario::fault* by,
        core::instant now,
        browser_actions& out
    );
    void note_misfit(const scenario::fault* by, std::string problem, core::instant now);
    [[nodiscard]] std::uint32_t index() const noexcept { return world_.scenario().browser_index(); }
    void note(journal::kind what, core::instant now, std::vector<journal::field> about);

    world::world& world_;
    std::vector<known_instance> instances_;
    std::unordered_map<lookup_id, list> lists_;
    bool told_of_flood_ = false;
};

} // namespace tdsfake::session
