// What follows LOGIN7 until the server is content: rounds of SSPI, a token that was asked for.
#include "session/connection.hpp"
#include "session/error_log.hpp"
#include "tds/fedauth.hpp"

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

ntlm_names connection::names_for_ntlm() const {
    return {
        .domain = server().identity.name,
        .computer = server().identity.name,
        .connection = member_.who.connection
    };
}

void connection::sspi_read(tds::message&& message, core::instant now) {
    if (phase_ != phase::login_read || !state_ || state_->auth.by != world::claim::means::integrated) {
        violation("SSPI is not expected here", message.payload, now, error_log::unknown_event);
        return;
    }
    auto& login = state_->login;
    const auto failed = take_sspi(state_->auth, message.payload, names_for_ntlm(), login.user_name);
    member_.who.user = login.user_name;
    note_read(
        main_,
        now,
        {{"message", "SSPI"},
         {"bytes", message.payload.size()},
         {"authentication", state_->auth.mechanism},
         {"user", login.user_name}}
    );
    if (failed) {
        violation("SSPI: " + failed.message(), message.payload, now, error_log::sspi_failed);
        return;
    }
    main_.moment({.stage = stage::sspi, .asked = {.type = message.type}}, stage::sspi, now);
}

void connection::fedauth_read(tds::message&& message, core::instant now) {
    const bool asked =
        phase_ == phase::login_read && state_ && state_->auth.next == authentication::turn::fedauth_info;
    const auto unshown = " (" + std::to_string(message.payload.size()) + " bytes that are not shown)";
    if (!asked) {
        violation("a FEDAUTH token is not expected here" + unshown, {}, now, error_log::unknown_event);
        return;
    }
    auto parsed = tds::parse_fedauth_token(message.payload);
    if (parsed.has_error()) {
        violation("FEDAUTH token: " + parsed.error().message() + unshown, {}, now, error_log::bad_login);
        return;
    }
    // A token is as good as a password: the journal has its size only.
    note_read(
        main_,
        now,
        {{"message", "FEDAUTH token"},
         {"bytes", message.payload.size()},
         {"token-bytes", parsed->token.size()}}
    );
    state_->auth.nonce = std::move(parsed->nonce);
    state_->auth.next = authentication::turn::verdict;
    main_.moment({.stage = stage::fedauth, .asked = {.type = message.type}}, stage::fedauth, now);
}

} // namespace tdsfake::session
