#include "session/connection.hpp"

#include "core/hex.hpp"
#include "session/describe.hpp"
#include "session/known_sql.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {

// Numbers of SQL Server's error log for broken input (fact sheet 1.3).
constexpr std::int32_t unknown_event = 17807;
constexpr std::int32_t bad_prelogin = 17828;
constexpr std::int32_t bad_login = 17832;
constexpr std::int32_t bad_packet_length = 17836;

// The front of a login, up to where a password may stand.
core::byte_view without_password(const tds::message& login) {
    constexpr std::size_t login7_fixed_part = 94;
    constexpr std::size_t pre_tds7_host_and_user = 62;
    const bool login7 = login.type == static_cast<std::uint8_t>(tds::packet_type::login7);
    const core::byte_view payload = login.payload;
    return payload.first(std::min(payload.size(), login7 ? login7_fixed_part : pre_tds7_host_and_user));
}

world::stage_set stages_of_sql(stage s, std::string_view sql) {
    auto stages = world::stage_set(s) | stage::request;
    if (!sql.empty() && !is_set_up(sql)) stages = stages | stage::query;
    return stages;
}

} // namespace

connection::connection(world::world& world, std::uint32_t server, options opts)
    : world_(world),
      options_(opts) {
    member_.server = server;
}

connection::~connection() = default;

void connection::opened(std::string_view peer, std::string_view local, core::instant now, actions& out) {
    out_ = &out;
    world_.opened(member_);
    note(kind::connect, now, {{"peer", std::string(peer)}, {"local", std::string(local)}});
    world_.count(scenario::counter::connections, member_, now);
    moment({.stage = stage::connect}, stage::connect, now);
    pump(now);
}

void connection::received(core::byte_view data, core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    no_longer_idle();
    if (lost_) return; // stalled, and what comes is no longer TDS
    reader_.feed(data);
    take_messages(now);
    if (reader_.pending() == 0) reader_.release_memory();
    pump(now);
}

void connection::peer_closed(core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    no_longer_idle();
    if (reader_.pending() > 0) {
        const auto rest = reader_.unparsed();
        note(
            kind::violation,
            now,
            {{"reason", "the client closed in the middle of a message"},
             {"bytes", reader_.pending()},
             {"hexdump", core::hexdump(rest.empty() ? core::byte_view(reader_.partial().payload) : rest)}}
        );
    }
    // The rules see it while the world still knows this connection and what was counted for it.
    const auto chosen = world_.consider(member_, {.stages = stage::client_close, .now = now});
    over_by(scenario::closer::client, "FIN", now);
    abandon_lists(now);
    queue_.clear();
    begin({.stage = stage::client_close}, chosen, now);
    drop_finished();
}

void connection::peer_reset(core::instant now, actions& out) {
    out_ = &out;
    over_by(scenario::closer::client, "RST", now); // also while our own ending waits for its turn
    if (over_) return;
    no_longer_idle();
    over_ = true;
    abandon_lists(now);
    drop_finished();
}

void connection::timer_expired(std::uint32_t timer, core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    if (timer == idle_timer_) {
        const auto& times = world_.rules_of(member_.server).idle_times();
        const auto after = times[idle_step_++];
        idle_timer_ = 0;
        auto chosen = world_.consider(member_, {.stages = stage::idle, .idle_for = after, .now = now});
        if (chosen) start_list({.stage = stage::idle}, chosen, now);
        if (!over_ && idle_ && idle_step_ < times.size()) {
            idle_timer_ = ++last_timer_;
            out_->push_back(
                {.what = action::kind::start_timer,
                 .timer = idle_timer_,
                 .at = idle_since_ + times[idle_step_]}
            );
        }
    } else {
        const auto found = std::ranges::find_if(lists_, [&](const auto& l) { return l->timer == timer; });
        if (found == lists_.end()) return;
        (*found)->timer = 0;
        (*found)->clock = now; // the next wait is never shorter than said, however late this one ended
        run(**found, now);
    }
    pump(now);
}

void connection::woken(const std::string& signal, core::instant now, actions& out) {
    out_ = &out;
    if (over_) return;
    for (std::size_t i = 0; i < lists_.size() && !over_; ++i) { // a list may add others
        auto& l = *lists_[i];
        if (l.held_for == nullptr || *l.held_for != signal) continue;
        l.held_for = nullptr;
        l.clock = now;
        run(l, now);
    }
    pump(now);
}

void connection::end(
    scenario::ending how, std::optional<core::duration> heals_after, core::instant now, actions& out
) {
    out_ = &out;
    if (over_) return;
    end_self(how, heals_after, now);
    pump(now);
}

void connection::take_messages(core::instant now) {
    while (!over_) {
        auto next = reader_.next();
        if (next.has_error()) {
            lost_ = true;
            const auto rest = reader_.unparsed();
            const bool tls = phase_ == phase::fresh && !rest.empty() && rest.front() == 0x16;
            if (tls) {
                violation(
                    "TLS before PRELOGIN (strict encryption, TDS 8.0): not served here",
                    rest,
                    now,
                    unknown_event
                );
            } else {
                const bool type = next.error() == core::wire_errc::bad_packet_type;
                violation(next.error().message(), rest, now, type ? unknown_event : bad_packet_length);
            }
            return;
        }
        if (!next->has_value()) return;
        message_read(std::move(**next), now);
    }
}

void connection::message_read(tds::message&& message, core::instant now) {
    switch (static_cast<tds::packet_type>(message.type)) {
    case tds::packet_type::prelogin: return prelogin_read(std::move(message), now);
    case tds::packet_type::login7:
    case tds::packet_type::pre_tds7_login: return login_read(std::move(message), now);
    case tds::packet_type::attention: return attention_read(now);
    case tds::packet_type::sql_batch:
    case tds::packet_type::rpc:
    case tds::packet_type::bulk_load:
    case tds::packet_type::transaction_manager: return request_read(std::move(message), now);
    default:
        violation(
            std::string(tds::packet_type_name(message.type)) + " is not expected here",
            message.payload,
            now,
            unknown_event
        );
    }
}

void connection::prelogin_read(tds::message&& message, core::instant now) {
    if (phase_ != phase::fresh) {
        violation("PRELOGIN is not expected here", message.payload, now, unknown_event);
        return;
    }
    auto parsed = tds::parse_prelogin(message.payload);
    if (parsed.has_error()) {
        violation("PRELOGIN: " + parsed.error().message(), message.payload, now, bad_prelogin);
        return;
    }
    phase_ = phase::prelogin_done;
    std::vector<journal::field> what{
        {"message", "PRELOGIN"}, {"bytes", message.payload.size()}, {"packets", message.packets}
    };
    describe(what, *parsed);
    note(kind::received, now, std::move(what));
    world_.count(scenario::counter::prelogins, member_, now);
    moment(
        {.stage = stage::prelogin, .asked = {.type = message.type, .prelogin = std::move(*parsed)}},
        stage::prelogin,
        now
    );
}

void connection::login_read(tds::message&& message, core::instant now) {
    if (phase_ != phase::fresh && phase_ != phase::prelogin_done) {
        violation("a second login", without_password(message), now, unknown_event);
        return;
    }
    std::vector<journal::field> what{
        {"message", tds::packet_type_name(message.type)},
        {"bytes", message.payload.size()},
        {"packets", message.packets}
    };
    if (message.type == static_cast<std::uint8_t>(tds::packet_type::pre_tds7_login)) {
        if (const auto old = tds::parse_pre_tds7_login(message.payload); old.has_value())
            describe(what, *old);
        note(kind::received, now, std::move(what));
        phase_ = phase::login_read;
        world_.count(scenario::counter::logins, member_, now);
        moment({.stage = stage::login, .asked = {.type = message.type}}, stage::login, now);
        return;
    }
    auto parsed = tds::parse_login7(message.payload);
    if (parsed.has_error()) {
        violation("LOGIN7: " + parsed.error().message(), without_password(message), now, bad_login);
        return;
    }
    describe(what, *parsed, options_.show_passwords);
    note(kind::received, now, std::move(what));

    const auto asked = tds::from_login7_version(parsed->tds_version);
    if (!asked) {
        violation("LOGIN7: unknown TDS version", without_password(message), now, unknown_tds_version);
        return;
    }
    const auto& identity = server().identity;
    phase_ = phase::login_read;
    state_ = std::make_unique<state>();
    reader_.limit_message(longest_request);
    state_->version = std::min(*asked, identity.tds);
    const auto size = parsed->packet_size == 0 ? tds::default_packet_size : std::size_t{parsed->packet_size};
    state_->packet_size = static_cast<std::uint32_t>(std::clamp(
        size, tds::min_packet_size, std::max<std::size_t>(identity.packet_size, tds::min_packet_size)
    ));
    state_->spid = static_cast<std::uint16_t>(51 + member_.who.connection % 32'000);
    state_->login = std::move(*parsed);
    member_.who.login_read = true;
    member_.who.user = state_->login.user_name;
    member_.who.database = state_->login.database;
    member_.who.app = state_->login.app_name;
    member_.who.host = state_->login.host_name;
    member_.who.library = state_->login.library_name;
    member_.who.server_name = state_->login.server_name;
    world_.count(scenario::counter::logins, member_, now);
    moment({.stage = stage::login, .asked = {.type = message.type}}, stage::login, now);
}

void connection::request_read(tds::message&& message, core::instant now) {
    const auto type_name = std::string(tds::packet_type_name(message.type));
    if (!state_) {
        violation(type_name + " before a login", message.payload, now, unknown_event);
        return;
    }
    subject about{.asked = {.type = message.type, .status = message.status}};
    std::vector<journal::field> what{
        {"message", tds::packet_type_name(message.type)},
        {"bytes", message.payload.size()},
        {"packets", message.packets}
    };
    describe_status(what, message.status);
    if ((message.status & tds::status::ignore) != 0) {
        note(kind::received, now, std::move(what));
        about.stage = stage::attention;
        moment(std::move(about), stage::attention, now);
        return;
    }

    boost::system::error_code failure;
    world::stage_set stages = stage::request;
    switch (static_cast<tds::packet_type>(message.type)) {
    case tds::packet_type::sql_batch: {
        auto parsed = tds::parse_sql_batch(message.payload, state_->version);
        failure = parsed.has_error() ? parsed.error() : failure;
        if (!failure) about.asked.sql = std::move(parsed->sql);
        about.stage = stage::batch;
        stages = stages_of_sql(stage::batch, about.asked.sql);
        what.emplace_back("sql", about.asked.sql);
        break;
    }
    case tds::packet_type::rpc: {
        auto parsed = tds::parse_rpc(message.payload, state_->version);
        failure = parsed.has_error() ? parsed.error() : failure;
        if (!failure) {
            about.asked.sql = std::move(parsed->sql);
            about.asked.procedure = std::move(parsed->procedure);
        }
        about.stage = stage::rpc;
        stages = stages_of_sql(stage::rpc, about.asked.sql);
        what.emplace_back("procedure", about.asked.procedure);
        if (!about.asked.sql.empty()) what.emplace_back("sql", about.asked.sql);
        break;
    }
    case tds::packet_type::transaction_manager: {
        auto parsed = tds::parse_transaction_manager(message.payload, state_->version);
        failure = parsed.has_error() ? parsed.error() : failure;
        if (!failure) about.asked.transaction = std::move(*parsed);
        about.stage = stage::transaction;
        stages = world::stage_set(stage::transaction) | stage::request;
        what.emplace_back("request", std::int64_t{about.asked.transaction.kind});
        break;
    }
    default: about.stage = stage::request;
    }
    if (failure) {
        violation(type_name + ": " + failure.message(), message.payload, now, bad_packet_length);
        return;
    }
    note(kind::received, now, std::move(what));
    world_.count(scenario::counter::requests, member_, now, about.asked.sql);
    moment(std::move(about), stages, now);
}

void connection::attention_read(core::instant now) {
    note(kind::received, now, {{"message", "ATTENTION"}});
    world_.count(scenario::counter::attentions, member_, now);
    if (!state_) {
        // pytds sends one when its login has timed out: there is nothing to interrupt and nothing to
        // acknowledge.
        note(kind::notice, now, {{"text", "ATTENTION before a login: not answered"}});
        return;
    }
    moment({.stage = stage::attention}, stage::attention, now);
}

void connection::violation(
    std::string_view reason, core::byte_view data, core::instant now, std::int32_t number
) {
    std::vector<journal::field> what{{"reason", std::string(reason)}, {"error", number}};
    what.emplace_back("hexdump", data.empty() ? std::string("(no payload)") : core::hexdump(data));
    note(kind::violation, now, std::move(what));
    // A server closes without a reply and tells its error log the reason; one that hangs does not even that.
    if (!silent_) end_self(scenario::ending::close, std::nullopt, now);
}

void connection::ended(core::instant now) { over_by(scenario::closer::server, resets_ ? "RST" : "FIN", now); }

void connection::over_by(scenario::closer by, std::string_view how, core::instant now) {
    if (std::exchange(told_, true)) return;
    note(
        kind::closed,
        now,
        {{"by", by == scenario::closer::client ? "client" : "server"}, {"how", how}, {"reached", reached()}}
    );
    world_.gone(member_, by, now);
}

std::string_view connection::reached() const noexcept {
    switch (phase_) {
    case phase::fresh: return "connect";
    case phase::prelogin_done: return "prelogin";
    case phase::login_read: return "login";
    case phase::logged_in: return "logged-in";
    }
    return "";
}

void connection::note(kind what, core::instant now, std::vector<journal::field> about) {
    world_.log().add(
        {.what = what,
         .at = now,
         .server = member_.server,
         .connection = member_.who.connection,
         .fields = std::move(about)}
    );
}

void connection::send(core::bytes data, bool own_segment) {
    if (write_closed_ || vanished_ || data.empty()) return;
    out_->push_back({.what = action::kind::send, .own_segment = own_segment, .data = std::move(data)});
}

} // namespace tdsfake::session
