// Takes requests and ATTENTION apart: decodes, journals, counts, and tells the stages.
#include "session/connection.hpp"
#include "session/describe.hpp"
#include "session/error_log.hpp"
#include "session/rpc_requests.hpp"
#include "session/set_up.hpp"

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {

world::stage_set stages_of_sql(stage s, std::string_view sql) {
    auto stages = world::stage_set(s) | stage::request;
    if (!is_set_up(sql)) stages = stages | stage::query;
    return stages;
}

} // namespace

void connection::request_read(conversation& on, tds::message&& message, core::instant now) {
    const auto type_name = std::string(tds::packet_type_name(message.type));
    if (!state_) {
        violation(type_name + " before a login", without_password(message), now, error_log::unknown_event);
        return;
    }
    subject about{.asked = {.type = message.type, .status = message.status, .bytes = message.payload.size()}};
    std::vector<journal::field> what{
        {"message", tds::packet_type_name(message.type)},
        {"bytes", message.payload.size()},
        {"packets", message.packets}
    };
    describe_status(what, message.status);
    if ((message.status & tds::status::ignore) != 0) {
        note_read(on, now, std::move(what));
        about.stage = stage::attention;
        on.moment(std::move(about), stage::attention, now);
        return;
    }

    boost::system::error_code failure;
    world::stage_set stages = stage::request;
    const auto belongs_to = [&](const tds::all_headers& headers) {
        if (headers.tells_transaction) about.asked.descriptor = headers.transaction_descriptor;
    };
    switch (static_cast<tds::packet_type>(message.type)) {
    case tds::packet_type::sql_batch: {
        auto parsed = tds::parse_sql_batch(message.payload, state_->version);
        failure = parsed.has_error() ? parsed.error() : failure;
        if (!failure) belongs_to(parsed->headers);
        if (!failure) about.asked.sql = std::move(parsed->sql);
        about.stage = stage::batch;
        stages = stages_of_sql(stage::batch, about.asked.sql);
        what.emplace_back("sql", about.asked.sql);
        break;
    }
    case tds::packet_type::rpc: {
        auto parsed = tds::parse_rpc(message.payload, state_->version);
        failure = parsed.has_error() ? parsed.error() : failure;
        if (!failure) belongs_to(parsed->headers);
        if (!failure) take_rpc(about.asked, *state_, std::move(*parsed), what);
        about.stage = stage::rpc;
        stages = stages_of_sql(stage::rpc, about.asked.sql);
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
    case tds::packet_type::bulk_load: {
        auto parsed = tds::parse_bulk_load(message.payload, state_->version);
        failure = parsed.has_error() ? parsed.error() : failure;
        if (!failure) take_bulk(about.asked, std::move(*parsed), what);
        about.stage = stage::bulk;
        stages = world::stage_set(stage::bulk) | stage::request;
        break;
    }
    default: about.stage = stage::request;
    }
    if (failure && on.answered_already()) { // its client may have broken it off
        what.emplace_back("undecoded", failure.message());
    } else if (failure) {
        violation(type_name + ": " + failure.message(), message.payload, now, error_log::bad_packet_length);
        return;
    }
    note_read(on, now, std::move(what));
    about.asked.journal_line = world_.log().last_sequence();
    world_.count(scenario::counter::requests, member_, now, read_as(on, about.asked));
    on.moment(std::move(about), stages, now);
}

void connection::attention_read(conversation& on, core::instant now) {
    note_read(on, now, {{"message", "ATTENTION"}});
    world_.count(scenario::counter::attentions, member_, now, read_as(on, {}));
    if (!state_) {
        // pytds sends one when its login has timed out: there is nothing to interrupt and nothing to
        // acknowledge.
        note(kind::notice, now, {{"text", "ATTENTION before a login: not answered"}});
        return;
    }
    on.moment({.stage = stage::attention}, stage::attention, now);
}

std::pair<stage, world::stage_set> connection::stages_of_part(std::uint8_t type) const {
    const auto of_request = [&](stage s) -> std::pair<stage, world::stage_set> {
        if (!logged_in()) return {stage::start, {}};
        return {s, world::stage_set(s) | stage::request};
    };
    const bool authenticating = phase_ == phase::login_read;
    switch (static_cast<tds::packet_type>(type)) {
    case tds::packet_type::prelogin:
        if (phase_ == phase::fresh) return {stage::prelogin, stage::prelogin};
        break;
    case tds::packet_type::login7:
    case tds::packet_type::pre_tds7_login:
        if (phase_ == phase::fresh || phase_ == phase::prelogin_done) return {stage::login, stage::login};
        break;
    case tds::packet_type::sspi:
        if (authenticating) return {stage::sspi, stage::sspi};
        break;
    case tds::packet_type::fedauth_token:
        if (authenticating) return {stage::fedauth, stage::fedauth};
        break;
    case tds::packet_type::sql_batch: return of_request(stage::batch);
    case tds::packet_type::rpc: return of_request(stage::rpc);
    case tds::packet_type::bulk_load: return of_request(stage::bulk);
    case tds::packet_type::transaction_manager: return of_request(stage::transaction);
    default: break;
    }
    return {stage::start, {}};
}

} // namespace tdsfake::session
