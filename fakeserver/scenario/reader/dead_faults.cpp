#include "scenario/reader/dead_faults.hpp"

#include "scenario/reader/stages.hpp"

#include <algorithm>

namespace tdsfake::scenario::reader {
namespace {

// ---------------------------------------------------------------------------- by an earlier one

// Whatever `narrow` matches, `wide` matches, too; as far as that can be told.
bool contains(const std::vector<pattern>& wide, const std::vector<pattern>& narrow) {
    return !narrow.empty() && std::ranges::all_of(narrow, [&](const pattern& n) {
        return std::ranges::any_of(wide, [&](const pattern& w) {
            return w.text() == n.text() || (is_plain(n) && w.matches(n.text()));
        });
    });
}

bool contains(const std::optional<number_range>& wide, const std::optional<number_range>& narrow) {
    return !wide || (narrow && wide->least <= narrow->least && narrow->most <= wide->most);
}

bool contains(const field_condition& wide, const field_condition& narrow) {
    if (wide.name != narrow.name) return false;
    if (wide.numbers) return narrow.numbers && contains(wide.numbers, narrow.numbers);
    return !narrow.numbers && contains(wide.texts, narrow.texts);
}

// Each event that `narrow` holds for, `wide` holds for, too.
bool implied(const condition& wide, const condition& narrow) {
    if (!wide.other_sql.empty()) return false;
    if (!contains(wide.connection, narrow.connection) || !contains(wide.session, narrow.session))
        return false;
    for (const auto& key : condition_keys()) {
        const auto& wanted = wide.*key.texts;
        if (!wanted.empty() && !contains(wanted, narrow.*key.texts)) return false;
    }
    const bool seen = std::ranges::all_of(narrow.seen, [&](stage s) {
        return std::ranges::find(wide.seen, s) != wide.seen.end();
    });
    if (!wide.seen.empty() && (narrow.seen.empty() || !seen)) return false;
    return std::ranges::all_of(wide.fields, [&](const field_condition& w) {
        return std::ranges::any_of(narrow.fields, [&](const field_condition& n) { return contains(w, n); });
    });
}

bool not_before(const moment& a, const moment& b) {
    const auto* late = std::get_if<core::duration>(&a);
    const auto* early = std::get_if<core::duration>(&b);
    return late != nullptr && early != nullptr ? *late >= *early : a == b;
}

// `wide` is open whenever `narrow` is.
bool open_as_long(const fault& wide, const fault& narrow) {
    return (!wide.since || (narrow.since && not_before(*narrow.since, *wide.since))) &&
           (!wide.until || (narrow.until && not_before(*wide.until, *narrow.until)));
}

bool fires_each_time(const fault& f) {
    return f.skip == 0 && f.every == 1 && !f.times && f.chance.value_or(100) == 100 && !f.lasts;
}

bool ends_own_connection(const step& s) {
    const auto* end = std::get_if<end_step>(&s.what);
    return end != nullptr && end->whom == target::self &&
           (end->how == ending::close || end->how == ending::reset);
}

bool ends_its_connection(const fault& f) { return std::ranges::any_of(f.steps, ends_own_connection); }

bool shadows(const fault& earlier, const fault& later) {
    if (!fires_each_time(earlier) || earlier.steps.empty()) return false;
    if (earlier.after_bytes != later.after_bytes) return false;
    if (stands_at(later, stage::idle) && later.after != earlier.after &&
        (later.after < earlier.after || !ends_its_connection(earlier)))
        return false;
    const bool at_all = std::ranges::all_of(later.at, [&](stage s) {
        return std::ranges::any_of(earlier.at, [&](stage wide) { return covers(wide, s); });
    });
    return at_all && open_as_long(earlier, later) && implied(earlier.when, later.when);
}

// ---------------------------------------------------------------------------- by the end of its connection

// What is seen at once, while other messages wait for the end of a list.
bool seen_while_busy(stage s) {
    return s == stage::attention || s == stage::client_close || s == stage::smp || s == stage::tls;
}

// It closes the connection, and nothing of what `later` is about is taken before.
bool ends_before(const fault& f, const fault& later) {
    const bool may_wait = std::ranges::none_of(later.at, seen_while_busy);
    for (const auto& s : f.steps) {
        if (ends_own_connection(s)) return true;
        const bool waits =
            std::holds_alternative<wait_step>(s.what) || std::holds_alternative<hold_step>(s.what);
        if (!is_server_step(s) && !(waits && may_wait)) return false;
    }
    return false;
}

// No connection that `later` is about gets beyond `s`.
bool cut_off_at(stage s, const std::vector<fault>& faults, const fault& later) {
    for (const auto& f : faults) {
        if (!stands_at(f, s) || &f == &later) continue;
        if (!ends_before(f, later)) return false; // it may take the event, and let the connection live
        const bool always = fires_each_time(f) && !f.since && !f.until && !f.after_bytes;
        if (always && implied(f.when, later.when)) return true;
    }
    return false;
}

// ---------------------------------------------------------------------------- by itself

bool once_for_each_connection(stage s) { return s == stage::connect || s == stage::client_close; }

// How far into a connection's life the stage is.
int depth(stage s) {
    switch (s) {
    case stage::start:
    case stage::connect: return 0;
    case stage::prelogin:
    case stage::tls: return 1;
    case stage::login: return 2;
    case stage::sspi:
    case stage::fedauth: return 3;
    case stage::client_close: return 0; // at any time
    default: return 4;
    }
}

// The stage that everything at which `f` stands comes after, if `ends` there.
template <class Ends>
std::optional<stage> before_all(const fault& f, Ends ends) {
    for (const auto s : {stage::connect, stage::login}) {
        const bool later = std::ranges::all_of(f.at, [&](stage at) {
            return at == stage::client_close
                       ? s == stage::connect
                       : at != stage::start && at != stage::lookup && depth(at) > depth(s);
        });
        if (later && ends(s)) return s;
    }
    return std::nullopt;
}

std::string dead_by_itself(const fault& f) {
    if (f.times == 0U || f.chance == 0U) return "`times` and `chance` must be above 0";
    const auto* until = f.until ? std::get_if<core::duration>(&*f.until) : nullptr;
    if (until != nullptr && until->count() == 0) return "`until` is over when the server is ready";
    const bool once = std::ranges::all_of(f.at, once_for_each_connection);
    const auto& numbers = f.when.connection;
    if (once && f.skip + f.every > 1) {
        if (f.per_connection) return "a connection comes there once, so `skip` and `every` leave none of it";
        if (numbers && numbers->most - numbers->least + 1 < f.skip + f.every)
            return "there are not so many connections of these numbers";
    }
    const bool prelogin = std::ranges::all_of(f.at, [](stage s) { return s == stage::prelogin; });
    if (prelogin && asks_only_for(f.when.encryption, "none"))
        return "at `prelogin` there was a PRELOGIN, so `encryption` is not `none`";
    const bool too_late = !f.when.seen.empty() && std::ranges::all_of(f.at, [&](stage at) {
        return at != stage::client_close &&
               std::ranges::all_of(f.when.seen, [&](stage s) { return depth(s) > depth(at); });
    });
    if (too_late) return ticked(name(f.when.seen.front())) + " comes after it, not before";
    return {};
}

} // namespace

void warn_dead(context& ctx, const fault& f, std::string why, std::string remedy) {
    ctx.out.warning(f.where, "this fault never fires: " + std::move(why), std::move(remedy));
}

bool asks_only_for(const std::vector<pattern>& of, std::string_view word) {
    return !of.empty() &&
           std::ranges::all_of(of, [&](const pattern& p) { return is_plain(p) && p.matches(word); });
}

void warn_of_dead_faults(context& ctx, const std::vector<fault>& faults) {
    for (std::size_t i = 0; i < faults.size(); ++i) {
        if (faults[i].at.empty()) continue;
        if (auto why = dead_by_itself(faults[i]); !why.empty())
            warn_dead(ctx, faults[i], std::move(why), "change it, or leave the fault out");
        const auto end = before_all(faults[i], [&](stage s) { return cut_off_at(s, faults, faults[i]); });
        if (end) {
            warn_dead(
                ctx,
                faults[i],
                "every connection that it is about ends at " + ticked(name(*end)),
                "limit the fault there with `when`, `times` or `skip`, or leave this one out"
            );
        }
        for (std::size_t k = 0; k < i; ++k) {
            if (faults[k].at.empty() || !shadows(faults[k], faults[i])) continue;
            warn_dead(
                ctx,
                faults[i],
                "the one at line " + std::to_string(faults[k].where.line) + " takes every event before it",
                "put it first, or limit the other with `when`, `times` or `skip`"
            );
            break;
        }
    }
}

void warn_of_circular_signals(context& ctx, const scenario& file) {
    const auto raises = [](const fault& f, const std::string& signal) {
        return std::ranges::any_of(f.steps, [&](const step& s) {
            const auto* raised = std::get_if<signal_step>(&s.what);
            return raised != nullptr && raised->signal == signal;
        });
    };
    std::vector<const fault*> all;
    const auto add = [&](const std::vector<fault>& faults) {
        for (const auto& f : faults)
            all.push_back(&f);
    };
    for (const auto& s : file.servers)
        add(s.faults);
    if (file.browser) add(file.browser->faults);
    for (const auto* f : all) {
        const auto* signal = f->since ? std::get_if<std::string>(&*f->since) : nullptr;
        if (signal == nullptr || !raises(*f, *signal)) continue;
        const bool by_others = std::ranges::any_of(all, [&](const fault* other) {
            return other != f && raises(*other, *signal);
        });
        if (by_others) continue;
        warn_dead(
            ctx,
            *f,
            "it waits for the signal " + ticked(*signal) + ", which only it raises",
            "raise it in another list"
        );
    }
}

} // namespace tdsfake::scenario::reader
