// Takes the client's messages apart up to its login: decodes, journals, counts, and tells the stage.
#include "core/hex.hpp"
#include "session/connection.hpp"
#include "session/describe.hpp"
#include "session/error_log.hpp"

#include <algorithm>

namespace tdsfake::session {

using journal::kind;
using scenario::stage;

namespace {

// Raw bytes of a packet, without what may be a password.
core::byte_view hidden_login(core::byte_view packet) {
    constexpr std::size_t before_any_password = 62;
    return packet.first(std::min(packet.size(), tds::packet_header::size + before_any_password));
}

// As `when` has them.
std::string_view wish_for_encryption(std::optional<std::uint8_t> asked, bool tls_first) {
    constexpr std::uint8_t without_certificate = 0x7f;
    if (tls_first) return "strict";
    switch (static_cast<tds::encryption>(asked.value_or(0x02) & without_certificate)) {
    case tds::encryption::off: return "off";
    case tds::encryption::on: return "on";
    case tds::encryption::not_supported: return "not-supported";
    case tds::encryption::required: return "required";
    default: return "";
    }
}

// What a strict server minds beyond what cannot be read; empty: nothing (MS-TDS 2.2.6.5).
std::string_view flaw_of(const tds::prelogin& asked, const tds::message& message) {
    using token = tds::prelogin_token;
    const auto size_of = [&](token what) -> std::optional<std::size_t> {
        const auto* option = asked.find(what);
        return option == nullptr ? std::nullopt : std::optional(option->data.size());
    };
    constexpr std::size_t of_version = 6;
    if (message.packets > 1) return "in more than one packet";
    if (size_of(token::version) != of_version) return "VERSION has not 6 bytes";
    if (size_of(token::encryption) != 1U) return "ENCRYPTION is missing, or has not one byte";
    if (size_of(token::mars).value_or(1) != 1) return "MARS has not one byte";
    if (wish_for_encryption(asked.encryption(), false).empty())
        return "ENCRYPTION asks for what there is not";
    return {};
}

std::string_view generation(tds::tds_version version) { return tds::name(version).substr(0, 3); }

} // namespace

void connection::stream_lost(conversation& on, boost::system::error_code why, core::instant now) {
    const auto rest = on.reader().unparsed();
    const auto length = rest.size() < 4 ? 0 : std::size_t{rest[2]} << 8 | rest[3];
    if (server().enforce.packet_size && why == core::wire_errc::bad_packet_length &&
        length >= tds::packet_header::size) {
        const auto agreed = on.reader().packet_limit();
        violation(
            "a packet of " + std::to_string(length) + " bytes, and " + std::to_string(agreed) +
                (logged_in() ? " are agreed on" : " is the size before the login is answered"),
            hidden_login(rest),
            now,
            error_log::bad_packet_length,
            scenario::ending::reset
        );
        return;
    }
    if (phase_ == phase::fresh && !tls_ && !rest.empty() && rest.front() == 0x16) {
        violation(
            "TLS before PRELOGIN (strict encryption, TDS 8.0): not served here",
            rest,
            now,
            error_log::unknown_event
        );
        return;
    }
    const bool type = why == core::wire_errc::bad_packet_type;
    // Whatever its header says, before a login it may be one.
    const auto shown = logged_in() || options_.show_passwords ? rest : hidden_login(rest);
    violation(why.message(), shown, now, type ? error_log::unknown_event : error_log::bad_packet_length);
}

bool connection::encryption_missing() const noexcept {
    using policy = scenario::encryption_policy;
    if (tls_ && tls_->established()) return false;
    switch (server().identity.encryption) {
    case policy::not_supported: return false;
    case policy::strict:
    case policy::required: return true;
    case policy::off: break;
    }
    // Without PRELOGIN nothing was agreed on (TDS 7.0, jTDS); a client that has no TLS and goes on although a
    // fault claimed more is served.
    const auto none = static_cast<std::uint8_t>(tds::encryption::not_supported);
    return encryption_asked_.value_or(none) != none && encryption_answered_.value_or(none) != none;
}

void connection::message_read(conversation& on, tds::message&& message, core::instant now) {
    if (!tls_ && server().identity.encryption == scenario::encryption_policy::strict) {
        violation(
            "no encryption: this server is strict, TLS must come first",
            without_password(message),
            now,
            error_log::encryption_required
        );
        return;
    }
    switch (static_cast<tds::packet_type>(message.type)) {
    case tds::packet_type::prelogin: return prelogin_read(std::move(message), now);
    case tds::packet_type::login7:
    case tds::packet_type::pre_tds7_login: return login_read(std::move(message), now);
    case tds::packet_type::sspi: return sspi_read(std::move(message), now);
    case tds::packet_type::fedauth_token: return fedauth_read(std::move(message), now);
    case tds::packet_type::attention: return attention_read(on, now);
    case tds::packet_type::sql_batch:
    case tds::packet_type::rpc:
    case tds::packet_type::bulk_load:
    case tds::packet_type::transaction_manager: return request_read(on, std::move(message), now);
    default:
        violation(
            std::string(tds::packet_type_name(message.type)) + " is not expected here",
            message.payload,
            now,
            error_log::unknown_event
        );
    }
}

void connection::prelogin_read(tds::message&& message, core::instant now) {
    if (phase_ == phase::prelogin_done && !message.payload.empty() &&
        tls::begins_record(message.payload.front())) {
        handshake_read(std::move(message), now);
        return;
    }
    if (phase_ != phase::fresh) {
        violation("PRELOGIN is not expected here", message.payload, now, error_log::unknown_event);
        return;
    }
    if (server().identity.encryption == scenario::encryption_policy::strict && !tls_) {
        violation(
            "PRELOGIN in clear: this server is strict (TDS 8.0), TLS comes first",
            message.payload,
            now,
            error_log::bad_prelogin
        );
        return;
    }
    auto parsed = tds::parse_prelogin(message.payload);
    if (parsed.has_error()) {
        violation("PRELOGIN: " + parsed.error().message(), message.payload, now, error_log::bad_prelogin);
        return;
    }
    if (const auto wrong = server().enforce.prelogin ? flaw_of(*parsed, message) : std::string_view();
        !wrong.empty()) {
        violation("PRELOGIN: " + std::string(wrong), message.payload, now, error_log::bad_prelogin);
        return;
    }
    phase_ = phase::prelogin_done;
    encryption_asked_ = parsed->encryption();
    member_.who.prelogin_read = true;
    member_.who.encryption = wish_for_encryption(encryption_asked_, tls_ != nullptr);
    std::vector<journal::field> what{
        {"message", "PRELOGIN"}, {"bytes", message.payload.size()}, {"packets", message.packets}
    };
    describe(what, *parsed);
    note_read(main_, now, std::move(what));
    subject about{.stage = stage::prelogin, .asked = {.type = message.type, .prelogin = std::move(*parsed)}};
    world_.count(scenario::counter::prelogins, member_, now, read_as(main_, about.asked));
    main_.moment(std::move(about), stage::prelogin, now);
}

void connection::login_read(tds::message&& message, core::instant now) {
    if (phase_ != phase::fresh && phase_ != phase::prelogin_done) {
        violation("a second login", without_password(message), now, error_log::unknown_event);
        return;
    }
    if (phase_ == phase::fresh && server().enforce.prelogin) {
        violation("a login without PRELOGIN", without_password(message), now, error_log::bad_login);
        return;
    }
    if (encryption_missing()) {
        violation(
            "a login without the encryption that was agreed on",
            without_password(message),
            now,
            error_log::encryption_required
        );
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
        note_read(main_, now, std::move(what));
        phase_ = phase::login_read;
        login_moment(message, now);
        return;
    }
    auto parsed = tds::parse_login7(message.payload);
    if (parsed.has_error()) {
        violation(
            "LOGIN7: " + parsed.error().message(), without_password(message), now, error_log::bad_login
        );
        return;
    }
    describe(what, *parsed, options_.show_passwords);
    auto auth = begin_authentication(*parsed, names_for_ntlm());
    if (auth.has_value() && !auth->mechanism.empty()) what.emplace_back("authentication", auth->mechanism);
    if (auth.has_value() && auth->recovery) what.emplace_back("recovers", auth->recovery->database());
    note_read(main_, now, std::move(what));
    if (auth.has_error()) {
        violation(
            "LOGIN7: in its authentication: " + auth.error().message(),
            without_password(message),
            now,
            error_log::bad_login
        );
        return;
    }

    const auto asked = tds::from_login7_version(parsed->tds_version);
    if (!asked) {
        violation(
            "LOGIN7: unknown TDS version", without_password(message), now, error_log::unknown_tds_version
        );
        return;
    }
    const auto& identity = server().identity;
    phase_ = phase::login_read;
    state_ = std::make_unique<state>();
    main_.allow_long_messages();
    // TDS 8.0 is what TLS carries, nothing else.
    const bool inside_tls = tls_ && tls_->carrier() == tls::carrier::strict;
    const auto newest = inside_tls ? tds::tds_version::v8_0 : tds::tds_version::v7_4;
    state_->version = std::min({*asked, identity.tds, newest});
    const auto size = parsed->packet_size == 0 ? tds::default_packet_size : std::size_t{parsed->packet_size};
    state_->packet_size = static_cast<std::uint32_t>(std::clamp(
        size, tds::min_packet_size, std::max<std::size_t>(identity.packet_size, tds::min_packet_size)
    ));
    state_->spid = static_cast<std::uint16_t>(51 + member_.who.connection % 32'000);
    state_->connection = member_.who.connection;
    state_->login = std::move(*parsed);
    state_->auth = std::move(*auth);
    member_.who.login_read = true;
    member_.who.intent = state_->login.read_only_intent() ? "read-only" : "read-write";
    member_.who.tds = generation(*asked);
    for (const auto& feature : state_->login.features)
        member_.who.features.push_back(tds::feature_name(feature.id));
    member_.who.user = state_->login.user_name;
    member_.who.database = state_->login.database;
    member_.who.app = state_->login.app_name;
    member_.who.host = state_->login.host_name;
    member_.who.library = state_->login.library_name;
    member_.who.server_name = state_->login.server_name;
    login_moment(message, now);
}

void connection::login_moment(const tds::message& message, core::instant now) {
    subject about{.stage = stage::login, .asked = {.type = message.type, .status = message.status}};
    world_.count(scenario::counter::logins, member_, now, read_as(main_, about.asked));
    main_.moment(std::move(about), stage::login, now);
}

void connection::violation(
    std::string_view reason,
    core::byte_view data,
    core::instant now,
    std::int32_t number,
    scenario::ending how
) {
    std::vector<journal::field> what{{"reason", std::string(reason)}, {"error", number}};
    what.emplace_back("hexdump", data.empty() ? std::string("(nothing to show)") : core::hexdump(data));
    note(kind::violation, now, std::move(what));
    // A server closes without a reply and tells its error log the reason; one that hangs does not even that.
    if (!main_.silent()) end_self(how, std::nullopt, now);
}

} // namespace tdsfake::session
