// A whole connection, from the bytes of its client to the actions for the socket: TLS, MARS, logins,
// requests, lists of steps. Input: a byte that chooses the server, then pieces of { length (2,
// little-endian), bytes }; the lengths ff ff, fe ff and fd ff stand for time going by, FIN and RST.
#include "journal/journal.hpp"
#include "scenario/load.hpp"
#include "session/connection.hpp"
#include "session/tls_contexts.hpp"
#include "tests/fuzz/target.hpp"
#include "world/world.hpp"

#include <array>
#include <map>
#include <memory>

using namespace tdsfake;

namespace {

constexpr std::array<const char*, 4> servers{
    "tdsfake: 1\nserver: {}\n",
    "tdsfake: 1\nserver: {identity: {encryption: off}}\n",
    "tdsfake: 1\nserver: {identity: {encryption: strict}}\n",
    "tdsfake: 1\nserver:\n  identity: {packet-size: 512}\n  faults:\n"
    "    - {at: prelogin, every: 2, unused: allowed, do: {wait: 1s}}\n"
    "    - {at: login, every: 3, unused: allowed, do: [{error: 18456}, stay]}\n"
    "    - {at: query, every: 2, unused: allowed, do: [{reply: healthy, pace: {bytes: 7, every: 1s}}]}\n"
    "    - {at: attention, every: 3, unused: allowed, do: ignore}\n",
};

// Keys and certificates are made once.
struct loaded_server {
    std::shared_ptr<const scenario::scenario> scenario;
    std::unique_ptr<session::tls_contexts> tls;
};

loaded_server& server(std::size_t number) {
    static std::array<loaded_server, servers.size()> loaded;
    auto& found = loaded[number];
    if (!found.scenario) {
        auto result = scenario::load(servers[number], "fuzz");
        fuzz::must(result.errors.empty(), "the scenario of this target is one", {});
        found.scenario = std::make_shared<const scenario::scenario>(std::move(result.value));
        found.tls = std::make_unique<session::tls_contexts>(*found.scenario);
    }
    return found;
}

// What `net` does, as far as a session can tell.
struct socket {
    std::map<std::uint32_t, core::instant> timers;
    std::size_t sent = 0;
    bool ended = false;
};

void carry_out(
    session::connection& on, session::actions& wanted, socket& to, core::instant now, core::byte_view input
) {
    using kind = session::action::kind;
    for (const auto& a : wanted) {
        fuzz::must(!to.ended || a.what == kind::stop_timer, "nothing follows an ending", input);
        switch (a.what) {
        case kind::send:
            fuzz::must(!a.data.empty(), "there is something to send", input);
            to.sent += a.data.size();
            break;
        case kind::start_timer: to.timers[a.timer] = a.at; break;
        case kind::stop_timer: to.timers.erase(a.timer); break;
        case kind::close:
        case kind::reset:
            to.ended = true;
            on.ended(now);
            break;
        default: break;
        }
    }
    wanted.clear();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint16_t time_goes_by = 0xffff;
    constexpr std::uint16_t fin = 0xfffe;
    constexpr std::uint16_t rst = 0xfffd;
    const core::byte_view input(data, size);
    if (input.empty()) return 0;
    const auto& of = server(input[0] % servers.size());

    journal::journal log(1, 64);
    world::world world(of.scenario, log);
    core::instant now{};
    world.ready(now);
    session::connection on(world, 0, {.show_passwords = false, .tls = of.tls.get()});
    session::actions wanted;
    socket to;
    on.opened("127.0.0.1:50000", "127.0.0.1:1433", now, wanted);
    carry_out(on, wanted, to, now, input);

    core::byte_reader reader(input.subspan(1));
    while (reader.remaining() >= 2 && !to.ended && !on.over()) {
        const auto what = reader.u16_le();
        if (what == time_goes_by) {
            if (to.timers.empty()) continue;
            const auto next = *to.timers.begin();
            to.timers.erase(to.timers.begin());
            now = std::max(now, next.second);
            on.timer_expired(next.first, now, wanted);
        } else if (what == fin) {
            on.peer_closed(now, wanted);
        } else if (what == rst) {
            on.peer_reset(now, wanted);
            to.ended = true;
            wanted.clear();
        } else {
            // A copy of its own, so that AddressSanitizer sees the first byte beyond.
            const auto piece = reader.take(std::min<std::size_t>(what, reader.remaining()));
            const core::bytes copy(piece.begin(), piece.end());
            on.received(copy, now, wanted);
        }
        carry_out(on, wanted, to, now, input);
    }
    if (!on.over() && !to.ended) {
        on.peer_reset(now, wanted);
        fuzz::must(on.over(), "a reset is the end", input);
    }
    fuzz::must(world.open_connections() == 0, "the world knows of every end", input);
    fuzz::must(to.sent < 1'000'000 + 1'000 * size, "answers are in proportion", input);
    return 0;
}
