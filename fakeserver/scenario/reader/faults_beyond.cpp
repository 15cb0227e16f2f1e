#include "core/text.hpp"
#include "scenario/reader/dead_faults.hpp"
#include "scenario/reader/stages.hpp"

#include <algorithm>

namespace tdsfake::scenario::reader {
namespace {

bool admits(const gate& g) {
    return std::ranges::any_of(g, [](const gate_phase& phase) {
        return phase.mode == gate_mode::accept || phase.mode == gate_mode::slow ||
               phase.mode == gate_mode::backlog_full; // a few find room in its queue
    });
}

// Some connect gets through, now or when a list turns the gate.
bool lets_anyone_in(const server& on) {
    const bool by_the_address = std::ranges::any_of(on.listen, [&](const listen_address& at) {
        return admits(at.gate.value_or(on.gate));
    });
    return by_the_address || std::ranges::any_of(on.faults, [](const fault& f) {
               return std::ranges::any_of(f.steps, [](const step& s) {
                   const auto* turn = std::get_if<gate_step>(&s.what);
                   return turn != nullptr && admits(turn->phases);
               });
           });
}

bool of_requests(stage s) {
    return s == stage::batch || s == stage::rpc || s == stage::bulk || s == stage::transaction ||
           s == stage::request || s == stage::query || s == stage::idle;
}

// A fault that decides a login itself may let in whom `logins` would not.
bool decides_logins(const fault& f) {
    return std::ranges::any_of(f.at, [](stage s) {
        return s == stage::login || s == stage::sspi || s == stage::fedauth;
    });
}

// Only logged in clients come where it stands, and `logins` knows none that it is about.
bool nobody_logs_in(const server& on, const fault& f) {
    const auto& users = f.when.user;
    if (on.logins.empty() || users.empty() || !std::ranges::all_of(f.at, of_requests)) return false;
    if (std::ranges::any_of(on.faults, decides_logins)) return false;
    return std::ranges::none_of(on.logins, [&](const login_rule& one) {
        return !one.locked && !one.disabled && matches_any(users, one.user);
    });
}

bool stands_only_at(const fault& f, stage s) {
    return !f.at.empty() && std::ranges::all_of(f.at, [&](stage at) { return at == s; });
}

// Only of TLS that comes before all else, which is how TDS 8.0 begins.
bool asks_for_strict(const server& on, const fault& f) {
    const bool spoken = on.identity.tds == tds::tds_version::v8_0 &&
                        on.identity.encryption != encryption_policy::not_supported;
    return !spoken && asks_only_for(f.when.encryption, "strict");
}

} // namespace

void warn_of_faults_beyond(context& ctx, const server& on) {
    using policy = encryption_policy;
    const auto encryption = on.identity.encryption;
    const auto listens = [&](const pattern& p) {
        return !is_plain(p) || p.text().find_first_of(":[") != std::string::npos ||
               std::ranges::any_of(on.listen, [&](const listen_address& at) {
                   return at.address == "0.0.0.0" || at.address == "::" || p.matches(at.address);
               });
    };
    const bool closed = !lets_anyone_in(on);
    for (const auto& f : on.faults) {
        const auto& asked = f.when.encryption;
        if (closed && !stands_at(f, stage::start)) {
            warn_dead(ctx, f, "the gate of this server lets nobody in", "see `gate`");
        } else if (nobody_logs_in(on, f)) {
            warn_dead(
                ctx, f, "the `logins` of this server let no such user in", "add the user, or change `when`"
            );
        } else if (asks_for_strict(on, f)) {
            warn_dead(
                ctx, f, "this server does not speak TDS 8.0, which strict encryption is", "see `identity`"
            );
        } else if (!on.identity.mars && (stands_only_at(f, stage::smp) || f.when.session)) {
            warn_dead(ctx, f, "this server has no MARS", "leave out `identity: {mars: off}`");
        } else if (encryption == policy::not_supported && stands_only_at(f, stage::tls)) {
            warn_dead(ctx, f, "this server has no TLS", "change `identity: {encryption: not-supported}`");
        } else if (encryption == policy::strict && !asked.empty() && !matches_any(asked, "strict")) {
            warn_dead(
                ctx,
                f,
                "this server is strict, and serves nobody who asks for less",
                "write `encryption: strict`"
            );
        } else if (on.enforce.prelogin && asks_only_for(asked, "none")) {
            warn_dead(ctx, f, "this server insists on a PRELOGIN", "leave out `enforce: prelogin`");
        } else if (!f.when.to.empty() && std::ranges::none_of(f.when.to, listens)) {
            warn_dead(ctx, f, "this server does not listen there", "its addresses are those of `listen`");
        }
    }
}

} // namespace tdsfake::scenario::reader
