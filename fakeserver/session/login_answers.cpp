// PRELOGIN and login answers (fact sheet 2 and 4).
#include "core/hex.hpp"
#include "core/text.hpp"
#include "core/utf16.hpp"
#include "scenario/catalogue.hpp"
#include "session/answer.hpp"
#include "session/feature_acks.hpp"
#include "session/override.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

constexpr std::uint8_t json_feature = 0x0d; // results may have the JSON type

// What the server's policy makes of the client's wish (fact sheet 2.1).
tds::encryption agreed_encryption(scenario::encryption_policy policy, const tds::prelogin& request) {
    using tds::encryption;
    constexpr std::uint8_t without_certificate = 0x7f;
    const auto wish = static_cast<encryption>(
        request.encryption().value_or(static_cast<std::uint8_t>(encryption::not_supported)) &
        without_certificate
    );
    if (policy == scenario::encryption_policy::not_supported) return encryption::not_supported;
    // In TDS 8.0 everything is encrypted already, and the option means nothing.
    if (policy == scenario::encryption_policy::strict) return encryption::not_supported;
    if (wish == encryption::on || wish == encryption::required) return encryption::on;
    if (policy == scenario::encryption_policy::required) return encryption::required;
    return wish == encryption::off ? encryption::off : encryption::not_supported;
}

tds::prelogin healthy_prelogin(const scenario::identity& identity, const tds::prelogin& request) {
    tds::prelogin answer;
    const auto add = [&](tds::prelogin_token token, core::bytes data) {
        answer.options.push_back({.token = static_cast<std::uint8_t>(token), .data = std::move(data)});
    };
    const auto& v = identity.version;
    add(tds::prelogin_token::version, {v[0], v[1], v[2], v[3], 0, 0});
    add(tds::prelogin_token::encryption,
        {static_cast<std::uint8_t>(agreed_encryption(identity.encryption, request))});
    add(tds::prelogin_token::instance, {0});
    // Length 0, and not last: an option whose offset is the end of the payload is refused by go-mssqldb.
    add(tds::prelogin_token::thread_id, {});
    add(tds::prelogin_token::mars, {static_cast<std::uint8_t>(identity.mars && request.mars() == 1 ? 1 : 0)});
    return answer;
}

tds::server_message from_catalogue(std::int32_t number) {
    tds::server_message message{.number = number};
    if (const auto* entry = scenario::find_error(number)) {
        message.state = entry->state;
        message.severity = entry->severity;
        message.message = std::string(entry->text);
    }
    return message;
}

// Where a client of ADAL gets its token, and for whom; the names of Azure.
constexpr std::string_view sts_url = "https://login.windows.net/common";
constexpr std::string_view spn = "https://database.windows.net/";

reply challenge_reply(const state& session) {
    tds::token_writer out(session.version);
    reply result;
    result.login_goes_on = true;
    if (session.auth.next == authentication::turn::challenge) {
        out.raw("sspi", tds::encode_sspi(session.auth.sspi));
        result.message = "SSPI";
        result.fields.emplace_back("authentication", session.auth.mechanism);
    } else {
        out.raw("fedauthinfo", tds::encode_fedauth_info(sts_url, spn));
        result.message = "FEDAUTHINFO";
        result.fields.emplace_back("sts-url", sts_url);
        result.fields.emplace_back("spn", spn);
    }
    result.answer = out.take();
    return result;
}

// The errors stand in one message: a database that cannot be opened is told before the failed login.
reply refused_reply(
    const scenario::server& server, const state& session, const std::vector<std::int32_t>& errors
) {
    auto result = error_reply(server, session, from_catalogue(errors.front()));
    result.login_failed = true;
    if (errors.size() == 1) return result;
    tds::token_writer out(session.version);
    for (const auto number : errors)
        out.error(filled(from_catalogue(number), server, session));
    out.done({.status = tds::done_status::error});
    result.answer = out.take();
    return result;
}

std::vector<std::int32_t> verdict(const state& session, world::logins& logins) {
    constexpr std::int32_t untrusted_domain = 18452;
    if (session.auth.next == authentication::turn::untrusted) return {untrusted_domain};
    const auto& login = session.login;
    return logins.judge(
        {.by = session.auth.by,
         .user = login.user_name,
         .password = login.password,
         .new_password = login.change_password,
         .database = login.database}
    );
}

} // namespace

reply prelogin_reply(const scenario::identity& identity, const tds::prelogin& request, overrides changes) {
    auto message = healthy_prelogin(identity, request);
    if (request.find(tds::prelogin_token::fedauth_required) != nullptr) {
        // Answered only where asked; 0: this server takes no tokens.
        message.option(tds::prelogin_token::fedauth_required).data = {0};
    }
    for (const auto& change : changes) {
        const auto token = tds::prelogin_field(change.field);
        if (!token) continue; // the loader has refused it already
        if (change.none) {
            message.remove(*token);
            continue;
        }
        auto& option = message.option(*token);
        if (change.value) option.data = tds::prelogin_value(*token, *change.value).value_or(core::bytes{});
        option.false_offset = change.offset;
        option.false_length = change.length;
    }

    reply result;
    result.message = "PRELOGIN";
    result.answer.payload = tds::encode_prelogin(message);
    result.fields.emplace_back("version", message.version());
    if (const auto value = message.encryption())
        result.fields.emplace_back("encryption", tds::encryption_name(*value));
    if (const auto value = message.mars()) result.fields.emplace_back("mars", *value != 0);
    result.prelogin = std::move(message);
    return result;
}

reply login_reply(
    const scenario::server& server,
    state& session,
    world::logins& logins,
    overrides changes,
    const std::optional<tds::route>& route
) {
    using turn = authentication::turn;
    if (session.auth.next == turn::challenge || session.auth.next == turn::fedauth_info)
        return challenge_reply(session);
    const auto errors = verdict(session, logins);
    if (!errors.empty()) return refused_reply(server, session, errors);

    const auto& login = session.login;
    const auto& identity = server.identity;
    const auto& recovery = session.auth.recovery;
    const override_set set(changes);
    const auto first_of = [](const std::string& wanted, const std::string& asked, const char* otherwise) {
        return !wanted.empty() ? wanted : !asked.empty() ? asked : std::string(otherwise);
    };
    const std::string nothing;
    const auto database =
        set.text("database", first_of(recovery ? recovery->database() : nothing, login.database, "master"));
    const auto language = set.text(
        "language", first_of(recovery ? recovery->language() : nothing, login.language, "us_english")
    );
    session.database = session.first_database = database;
    tds::server_message changed_database{
        .number = 5701,
        .state = 2,
        .message = "Changed database context to '" + database + "'.",
        .server = identity.name
    };
    tds::server_message changed_language{
        .number = 5703,
        .state = 1,
        .message = "Changed language setting to " + language + ".",
        .server = identity.name
    };
    const bool collations = tds::at_least(session.version, tds::tds_version::v7_1);
    const auto collation =
        set.bytes("collation", core::bytes(tds::latin1_general.begin(), tds::latin1_general.end()));

    tds::token_writer out(session.version);
    std::string acknowledged;
    // The last word of Negotiate comes with the answer.
    if (!session.auth.sspi.empty()) out.raw("sspi", tds::encode_sspi(session.auth.sspi));
    if (!set.left_out("database")) {
        out.envchange_text(tds::envchange::database, database, "master");
        out.info(changed_database);
    }
    if (collations && !set.left_out("collation"))
        out.envchange_bytes(tds::envchange::collation, collation, {});
    if (!collations) {
        // jTDS takes the charset for the sign that a server of 7.0 or later is there.
        out.envchange_text(tds::envchange::charset, "iso_1", "");
        out.envchange_text(tds::envchange::unicode_locale, "1033", "");
        out.envchange_text(tds::envchange::unicode_comparison, "196609", "");
    }
    if (!set.left_out("language")) {
        out.envchange_text(tds::envchange::language, language, "");
        out.info(changed_language);
    }
    if (!set.left_out("loginack")) {
        tds::loginack ack{
            .tds_version = tds::to_loginack_version(session.version), .version = identity.version
        };
        if (const auto* text = set.value("tds"))
            ack.tds_version = tds::loginack_version_value(*text).value_or(0);
        if (const auto* text = set.value("program")) ack.program_name = *text;
        if (const auto* text = set.value("version")) {
            ack.version = tds::parse_product_version(*text).value_or(ack.version);
        }
        out.login_ack(ack);
    }
    const auto size = set.text("packet-size", std::to_string(session.packet_size));
    if (!set.left_out("packet-size")) out.envchange_text(tds::envchange::packet_size, size, "4096");
    if (tds::at_least(session.version, tds::tds_version::v7_4) && !set.left_out("featureextack")) {
        const auto acks = feature_acks(identity, login, session.auth);
        if (!acks.empty()) out.feature_ext_ack(acks);
        for (const auto& [id, data] : acks) {
            acknowledged += (acknowledged.empty() ? "" : " ") + tds::feature_name(id);
            if (id == json_feature) session.json = !data.empty() && data.front() != 0;
        }
    }
    const auto partner = set.text("failover-partner", identity.failover_partner);
    if (!partner.empty() && !set.left_out("failover-partner"))
        out.envchange_text(tds::envchange::mirroring_partner, partner, "");
    if (route) out.routing(route->host, route->port, route->database);
    out.done({});

    reply result;
    result.message = "LOGINACK";
    result.answer = out.take();
    result.login_accepted = !set.left_out("loginack");
    result.fields.emplace_back("database", database);
    result.fields.emplace_back("tds", tds::name(session.version));
    result.fields.emplace_back("packet-size", size);
    if (!acknowledged.empty()) result.fields.emplace_back("features", std::move(acknowledged));
    if (route) result.fields.emplace_back("route", route->host + ":" + std::to_string(route->port));
    return result;
}

} // namespace tdsfake::session
