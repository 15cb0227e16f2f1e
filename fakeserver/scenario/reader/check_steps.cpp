// The order of steps, and which steps fit which stages.
#include "scenario/reader/read_steps.hpp"
#include "scenario/reader/stages.hpp"

#include <algorithm>

namespace tdsfake::scenario::reader {
namespace {

bool takes_time(const step& s) {
    return std::holds_alternative<wait_step>(s.what) || std::holds_alternative<hold_step>(s.what);
}

// What comes as a message, so that a list can expect it.
bool is_message(stage s) {
    return has_message(s) && s != stage::client_close && s != stage::lookup && s != stage::smp;
}

bool sends(const step& s) {
    return std::holds_alternative<reply_step>(s.what) || std::holds_alternative<error_step>(s.what) ||
           std::holds_alternative<tokens_step>(s.what) || std::holds_alternative<send_step>(s.what) ||
           std::holds_alternative<route_step>(s.what);
}

// At `start` there is a server and no connection.
void check_start(context& ctx, const step& s) {
    if (const auto* end = std::get_if<end_step>(&s.what)) {
        if (end->whom == target::self) {
            ctx.out.error(
                s.where,
                ticked(name(s)) + " at `start` has no connection to end",
                "say which ones: `" + std::string(name(s)) + ": all`"
            );
        } else if (end->whom == target::others) {
            ctx.out.error(
                s.where, "`others` at `start`: there is no connection they could be others of", "write `all`"
            );
        }
        return;
    }
    if (is_server_step(s) || takes_time(s)) return;
    ctx.out.error(
        s.where,
        ticked(name(s)) + " at `start` has no connection to act on",
        "the steps here are wait, hold, gate, signal and endings with a target, such as `reset: all`"
    );
}

const shapes* shapes_of(const step& s) {
    if (const auto* reply = std::get_if<reply_step>(&s.what)) return &reply->shape;
    if (const auto* send = std::get_if<send_step>(&s.what)) return &send->shape;
    return nullptr;
}

// At `lookup` there is a datagram and no connection.
void check_lookup(context& ctx, const step& s) {
    if (const auto* end = std::get_if<end_step>(&s.what)) {
        if (end->whom == target::self || end->whom == target::others) {
            ctx.out.error(
                s.where,
                ticked(name(s)) + " at `lookup`: a datagram is no connection to end",
                "`ignore` leaves it without an answer; `" + std::string(name(s)) + ": all` ends the servers'"
            );
        }
        return;
    }
    const auto* shape = shapes_of(s);
    if (shape != nullptr && (shape->of_segments() || shape->record_size > 0)) {
        ctx.out.error(
            s.where, "a datagram leaves whole: `segments` and `pace` mean nothing at `lookup`", "use `cut`"
        );
    }
    const auto* send = std::get_if<send_step>(&s.what);
    if (send != nullptr && (send->plain || !std::holds_alternative<core::bytes>(send->what))) {
        ctx.out.error(
            s.where, "a datagram is neither of TLS nor of MARS", "use `send: {hex: …}` or `send: {text: …}`"
        );
    }
    if (shape != nullptr || is_server_step(s) || takes_time(s) || std::holds_alternative<ignore_step>(s.what))
        return;
    ctx.out.error(
        s.where,
        ticked(name(s)) + " at `lookup`: the Browser has no connection and no errors",
        "the steps here are wait, hold, ignore, reply, send, gate, signal and endings such as `reset: all`"
    );
}

void check_expected(context& ctx, const step& s) {
    for (const auto at : std::get<expect_step>(s.what).at) {
        if (is_message(at)) continue;
        ctx.out.error(
            s.where,
            "`expect: " + std::string(name(at)) + "`: no message comes there",
            at == stage::client_close ? "say it with `verify: [closed: {by: client, within: …}]`"
            : at == stage::smp        ? "write a fault at `smp`"
                                      : "expect prelogin, tls, login, a request or attention"
        );
    }
}

void check_stage(context& ctx, const step& s, stage at, bool partial) {
    if (partial && std::holds_alternative<reply_step>(s.what)) {
        ctx.out.error(
            s.where,
            "`reply` to a part of a message: there is no healthy reply yet",
            "`error`, `tokens` and `send` answer early; without them the whole message is answered as usual"
        );
    } else if (partial && std::holds_alternative<route_step>(s.what)) {
        ctx.out.error(s.where, "`route` answers to a whole login", "leave out `after`");
    } else if (at == stage::start) {
        check_start(ctx, s);
    } else if (at == stage::lookup) {
        check_lookup(ctx, s);
    } else if (std::holds_alternative<ignore_step>(s.what) && !has_message(at)) {
        ctx.out.error(
            s.where,
            "`ignore` at `" + std::string(name(at)) + "`: no message was read that could be ignored",
            "`stall` is silence from here on"
        );
    } else if (std::holds_alternative<route_step>(s.what) && reply_at(at) != tds::reply_kind::login) {
        ctx.out.error(
            s.where,
            "`route` at `" + std::string(name(at)) + "`: only a login answer sends a client elsewhere",
            "use it at `login`, `sspi` or `fedauth`"
        );
    } else if (std::holds_alternative<reply_step>(s.what) && !has_message(at)) {
        ctx.out.error(
            s.where,
            "`reply` at `" + std::string(name(at)) + "`: no message was read, so there is no healthy reply",
            "send bytes with `send`"
        );
    } else if (const auto* reply = std::get_if<reply_step>(&s.what);
               reply != nullptr && (at == stage::client_close || at == stage::smp) && !reply->shape.empty()) {
        ctx.out.error(
            s.where,
            "the reply at `" + std::string(name(at)) + "` is a FIN: it has no bytes that could be shaped",
            "put the shape beside `send`"
        );
    }
}

} // namespace

void check_steps(
    context& ctx, const std::vector<step>& steps, const std::vector<stage>& of_fault, bool partial
) {
    auto stages = of_fault;
    const step* ended = nullptr; // the ending of the list's own connection
    const step* muted = nullptr; // from here on nothing can be sent
    for (const auto& s : steps) {
        for (const auto at : stages)
            check_stage(ctx, s, at, partial);

        if (ended != nullptr && !is_server_step(s) && !takes_time(s)) {
            ctx.out.error(
                s.where,
                ticked(name(s)) + " after `" + std::string(name(*ended)) +
                    "`: the connection has ended there",
                "only wait, hold, gate, signal and endings with a target can follow"
            );
        } else if (muted != nullptr && sends(s)) {
            ctx.out.error(
                s.where,
                ticked(name(s)) + " after `" + std::string(name(*muted)) + "`: nothing is sent from there on",
                "send first"
            );
        }
        if (const auto* expected = std::get_if<expect_step>(&s.what)) {
            check_expected(ctx, s);
            stages = expected->at;
            partial = false;
        }
        const auto* end = std::get_if<end_step>(&s.what);
        if (end == nullptr || end->whom != target::self) continue;
        if (end->how == ending::close || end->how == ending::reset) {
            if (ended == nullptr) ended = &s;
        } else if (!end->heals_after && muted == nullptr) {
            muted = &s;
        }
    }
}

} // namespace tdsfake::scenario::reader
