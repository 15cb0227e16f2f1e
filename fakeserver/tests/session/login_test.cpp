// Logins: rules, features, recovery, routing, and the rounds of SSPI and FEDAUTH.
#include "core/hex.hpp"
#include "tds/login7.hpp"
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

tds::login7 a_login(const std::string& user = "sa") {
    tds::login7 out;
    out.tds_version = 0x74000004;
    out.packet_size = 4096;
    out.user_name = user;
    out.app_name = "story";
    return out;
}

core::bytes sent(const tds::login7& login) { return packets(wire::login7, tds::encode_login7(login)); }

// The ids and data of FEATUREEXTACK, "0a=01 01="; "none" without the token.
std::string features_of(const answer& from) {
    for (std::size_t at = 0; at + 1 < from.payload.size(); ++at) {
        if (from.payload[at] != 0xae) continue;
        // Among texts of UTF-16 an AE with a known id behind it and zeros in the length is the token.
        std::string out;
        std::size_t next = at + 1;
        while (next + 5 <= from.payload.size() && from.payload[next] != 0xff) {
            const std::size_t length = from.payload[next + 1];
            if (next + 5 + length > from.payload.size()) break;
            const core::byte_view data(from.payload.data() + next + 5, length);
            auto text = core::to_hex(core::byte_view(&from.payload[next], 1)) + "=" + core::to_hex(data);
            std::erase(text, ' ');
            out += (out.empty() ? "" : " ") + text;
            next += 5 + length;
        }
        return out;
    }
    return "none";
}

std::vector<int> envchanges_of(const answer& from) {
    std::vector<int> out;
    for (const auto& change : from.all<tds::envchange_token>())
        out.push_back(change.type);
    return out;
}

// ------------------------------------------------------------------------------------------------ rules

TEST(LoginRules, RefuseWithTheErrorOfTheAccount) {
    struct rule {
        const char* text;
        std::int32_t error;
    };
    for (const auto& [text, error] :
         {rule{"{user: sa, password: other}", 18456},
          rule{"{user: other}", 18456},
          rule{"{user: sa, locked: yes}", 18486},
          rule{"{user: sa, disabled: yes}", 18470},
          rule{"{user: sa, expired: yes}", 18487},
          rule{"{user: sa, must-change: yes}", 18488}}) {
        conversation c(testing::text{.server = "logins: [" + std::string(text) + "]"});
        c.connects().peer_sends(prelogin()).expect_prelogin();
        c.peer_sends(login()).expect_error(error).expect_end("FIN");
        EXPECT_EQ(c.last().all<tds::server_message>().at(0).state, 1) << "the wire never tells more";
    }
    conversation red(testing::text{.server = "logins: [{user: sa, locked: no}]"});
    red.logs_in();
}

TEST(LoginRules, ADatabaseThatCannotBeOpenedIsToldFirst) {
    conversation c(testing::text{.server = "logins: [{user: sa, databases: [orders]}]"});
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(login({.database = "other"})).expect_tokens({"error", "error", "done"}).expect_end("FIN");
    const auto errors = c.last().all<tds::server_message>();
    EXPECT_EQ(errors.at(0).number, 4060);
    EXPECT_EQ(errors.at(1).number, 18456);
}

TEST(LoginRules, ANewPasswordIsInForceForEveryConnection) {
    conversation c(testing::text{.server = "logins: [{user: sa, password: old, must-change: yes}]"});
    auto change = a_login();
    change.password = "old";
    change.change_password = "new";
    change.option_flags3 = 1;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(change)).expect_logged_in();
    c.expect_noted(kind::received, "message=LOGIN7").expect_noted(kind::received, "change-password=***");
    c.logs_in({.password = "new"});
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(login({.password = "old"})).expect_error(18456).expect_end("FIN");
}

// ------------------------------------------------------------------------------------------------ features

std::string acks(const std::string& identity, std::vector<tds::login_feature> asked) {
    conversation c(testing::text{.server = "identity: {" + identity + "}"});
    auto login = a_login();
    login.features = std::move(asked);
    login.has_feature_extension = true;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(login)).expect_logged_in();
    return features_of(c.last());
}

TEST(Features, AreAcknowledgedOnlyIfAskedFor) {
    EXPECT_EQ(acks("name: A", {}), "none");
    EXPECT_EQ(acks("name: A", {{0x0a, {1}}}), "0a=01");
    EXPECT_EQ(acks("name: A", {{0x0a, {1}}, {0x01, {}}}), "0a=01 01=") << "in the order of asking";
    EXPECT_EQ(acks("name: A", {{0x09, {2}}}), "09=0201");
    EXPECT_EQ(acks("name: A", {{0x09, {1}}}), "09=0101") << "the version that both know";
    EXPECT_EQ(acks("name: A", {{0x0a, {1}}, {0x0a, {1}}}), "0a=01") << "once";
}

TEST(Features, OfAzureAndOfLaterVersionsAreLeftOutUnlessToldOtherwise) {
    const std::vector<tds::login_feature> all{
        {0x04, {3}},
        {0x05, {}},
        {0x08, {1}},
        {0x0b, {}},
        {0x0d, {1}},
        {0x0e, {1}},
        {0x0f, {}},
        {0x10, {}},
        {0x42, {}}
    };
    EXPECT_EQ(acks("name: A", all), "none");
    EXPECT_EQ(
        acks(
            "features: {columnencryption: on, globaltransactions: on, azuresqlsupport: on, "
            "azuresqldnscaching: on, "
            "json: on, vector: on, enhancedrouting: on, 0x42: on}",
            all
        ),
        "04=03 05=01 08=01 0b=01 0d=01 0e=01 0f=01 42=01"
    );
}

TEST(Features, MayBeRefusedLeftOutOrSpeltOut) {
    const std::vector<tds::login_feature> asked{{0x0a, {1}}, {0x09, {2}}, {0x01, {}}};
    EXPECT_EQ(
        acks("features: {utf8-support: refused, dataclassification: refused}", asked), "0a=00 09=0200 01="
    );
    EXPECT_EQ(acks("features: {utf8-support: off, sessionrecovery: off}", asked), "09=0201");
    EXPECT_EQ(acks("features: {sessionrecovery: 0x0102ff}", asked), "0a=01 09=0201 01=0102ff");
}

TEST(Features, MayBeLeftOutOfOneAnswer) {
    conversation c("at: login, times: 1, do: {reply: {featureextack: none}}");
    auto login = a_login();
    login.features = {{0x0a, {1}}};
    login.has_feature_extension = true;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(login)).expect_logged_in();
    EXPECT_EQ(features_of(c.last()), "none");
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(login)).expect_logged_in();
    EXPECT_EQ(features_of(c.last()), "0a=01");
}

TEST(Features, AreForTds74) {
    conversation c(testing::text{.server = "identity: {tds: 7.3}"});
    auto login = a_login();
    login.features = {{0x0a, {1}}};
    login.has_feature_extension = true;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(login)).expect_logged_in();
    EXPECT_EQ(features_of(c.last()), "none");
}

TEST(SessionRecovery, GoesOnWhereTheSessionWas) {
    conversation c;
    auto login = a_login();
    login.database = "first";
    // Began in `a` with language `e`; has gone to `b`.
    login.features = {{0x01, hex("07 00 00 00  01 61 00  00  01 65 00   05 00 00 00  01 62 00  00  00")}};
    login.has_feature_extension = true;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(login)).expect_logged_in();
    c.expect_noted(kind::received, "recovers=b").expect_noted(kind::sent, "database=b");
    EXPECT_EQ(features_of(c.last()), "01=");
}

TEST(SessionRecovery, MalformedEndsTheConnection) {
    conversation c;
    auto login = a_login();
    login.features = {{0x01, hex("07 00 00 00 01")}};
    login.has_feature_extension = true;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(login)).expect_end("FIN");
    c.expect_noted(kind::violation, "error=17832");
}

// ------------------------------------------------------------------------------------ partner and routing

TEST(FailoverPartner, IsToldInEachAnswer) {
    conversation c(testing::text{
        .faults = {"at: login, times: 1, do: {reply: {failover-partner: none}}"},
        .server = "identity: {failover-partner: NODE2}"
    });
    c.logs_in();
    EXPECT_THAT(envchanges_of(c.last()), ElementsAre(1, 7, 2, 4));
    c.logs_in();
    EXPECT_THAT(envchanges_of(c.last()), ElementsAre(1, 7, 2, 4, 13));
}

TEST(Route, SendsTheClientElsewhere) {
    conversation c("at: login, do: {route: {host: node2, port: 1433}}");
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(login()).expect_logged_in();
    EXPECT_THAT(envchanges_of(c.last()), ElementsAre(1, 7, 2, 4, 20));
    c.expect_noted(kind::sent, "route=node2:1433").peer_closes().expect_end("FIN");
}

TEST(Route, WithADatabaseIsTheEnhancedOne) {
    conversation c("at: login, do: {route: {host: node2, port: 1433, database: db1}}");
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(login()).expect_logged_in();
    EXPECT_THAT(envchanges_of(c.last()), ElementsAre(1, 7, 2, 4, 21));
}

TEST(Route, ByIntent) {
    conversation c("at: login, when: {intent: read-only}, do: {route: {host: node2, port: 1}}");
    auto reader = a_login();
    reader.type_flags = 0x20;
    c.logs_in();
    EXPECT_THAT(envchanges_of(c.last()), ElementsAre(1, 7, 2, 4));
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(sent(reader)).expect_logged_in();
    EXPECT_THAT(envchanges_of(c.last()), ElementsAre(1, 7, 2, 4, 20));
}

// ------------------------------------------------------------------------------------------- conditions

TEST(Conditions, OfWhatTheClientAskedFor) {
    for (const std::string when :
         {"encryption: not-supported",
          "tds: 7.4",
          "tds: [7.1, 7.4]",
          "features: utf8-support",
          "features: [json, /utf8/]",
          "intent: read-write"}) {
        for (const bool holds : {true, false}) {
            SCOPED_TRACE(when);
            conversation c("at: login, when: {" + when + "}, unused: allowed, do: {error: 18401}");
            auto login = a_login();
            if (holds) {
                login.features = {{0x0a, {1}}};
                login.has_feature_extension = true;
            } else {
                login.tds_version = 0x730b0003;
                login.type_flags = 0x20;
                c.speaks(tds::tds_version::v7_3b);
            }
            c.connects().peer_sends(prelogin(holds ? 0x02 : 0x80 | 0x02)).expect_prelogin();
            c.peer_sends(sent(login));
            const bool same_wish = when.starts_with("encryption");
            if (holds || same_wish)
                c.expect_error(18401).expect_end("FIN");
            else
                c.expect_logged_in();
        }
    }
}

// ------------------------------------------------------------------------------------------------- SSPI

const core::bytes& ntlm_negotiate() {
    static const auto bytes = hex("4e544c4d53535000 01000000 05020820 0000000000000000 0000000000000000");
    return bytes;
}

// AUTHENTICATE_MESSAGE of DOM\ann, Unicode.
core::bytes ntlm_authenticate() {
    return hex("4e544c4d53535000 03000000"
               "0000 0000 40000000  0000 0000 40000000"
               "0600 0600 40000000  0600 0600 46000000  0000 0000 4c000000  0000 0000 4c000000 01000000"
               "44004f004d00 61006e006e00");
}

tds::login7 integrated(core::bytes blob) {
    auto out = a_login("");
    out.option_flags2 = 0x80;
    out.sspi = std::move(blob);
    return out;
}

TEST(Sspi, NtlmIsChallengedAndThenLetIn) {
    conversation c(testing::text{.server = "logins: [{user: 'DOM\\ann', password: never-seen}]"});
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(integrated(ntlm_negotiate()))).expect_tokens({"sspi"});
    EXPECT_EQ(c.last().payload.at(0), 0xed);
    EXPECT_EQ(c.last().payload.at(11), 2) << "CHALLENGE_MESSAGE";
    c.expect_silence();
    c.peer_sends(packet(wire::sspi, ntlm_authenticate())).expect_logged_in();
    c.expect_noted(kind::received, "authentication=NTLM").expect_noted(kind::received, "user=DOM\\ann");
    c.peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
}

TEST(Sspi, WhoHasNoLoginIsRefusedByName) {
    conversation c(testing::text{.server = "logins: [{user: 'DOM\\bob'}]"});
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(integrated(ntlm_negotiate()))).expect_tokens({"sspi"});
    c.peer_sends(packet(wire::sspi, ntlm_authenticate())).expect_error(18456).expect_end("FIN");
    EXPECT_THAT(c.last().all<tds::server_message>().at(0).message, ::testing::HasSubstr("'DOM\\ann'"));
}

TEST(Sspi, FaultsTakeTheRounds) {
    conversation c("at: sspi, when: {user: /ann/}, do: {error: 18452}");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(integrated(ntlm_negotiate()))).expect_tokens({"sspi"});
    c.peer_sends(packet(wire::sspi, ntlm_authenticate())).expect_error(18452).expect_end("FIN");
}

TEST(Sspi, NegotiateIsAcceptedAtOnce) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(integrated(hex("60 28 06 06 2b 06 01 05 05 02"))));
    c.expect_logged_in();
    EXPECT_EQ(c.last().payload.at(0), 0xed) << "its last word comes first";
}

TEST(Sspi, AnUnknownKindIsUntrusted) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(integrated(hex("01 02 03")))).expect_error(18452).expect_end("FIN");
}

TEST(Sspi, OutOfPlaceIsAViolation) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(packet(wire::sspi, ntlm_authenticate())).expect_end("FIN");
    c.expect_noted(kind::violation, "error=17807");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(integrated(ntlm_negotiate()))).expect_tokens({"sspi"});
    c.peer_sends(packet(wire::sspi, core::byte_view(ntlm_authenticate()).first(20))).expect_end("FIN");
    c.expect_noted(kind::violation, "error=17806");
}

// ---------------------------------------------------------------------------------------------- FEDAUTH

constexpr std::uint8_t fedauth_packet = 0x08;

tds::login7 with_fedauth(core::bytes data) {
    auto out = a_login("");
    out.features = {{0x02, std::move(data)}};
    out.has_feature_extension = true;
    return out;
}

TEST(Fedauth, ATokenInLogin7IsAcknowledged) {
    conversation c(testing::text{.server = "logins: [{user: sa}]"});
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(with_fedauth(hex("02 04 00 00 00 61 00 62 00")))).expect_logged_in();
    EXPECT_EQ(features_of(c.last()), "02=");
    c.expect_noted(kind::received, "authentication=security token");
}

TEST(Fedauth, ANonceComesBackSigned) {
    auto data = hex("02 02 00 00 00 61 00");
    data.insert(data.end(), 32, 0x07);
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(with_fedauth(data))).expect_logged_in();
    EXPECT_EQ(features_of(c.last()).size(), 3U + 2 * 64) << "the nonce and 32 bytes more";
}

TEST(Fedauth, AdalIsToldWhereToGetAToken) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(with_fedauth(hex("04 01")))).expect_tokens({"fedauthinfo"});
    EXPECT_EQ(c.last().payload.at(0), 0xee);
    c.expect_silence();
    c.peer_sends(packet(fedauth_packet, hex("08 00 00 00 04 00 00 00 61 00 62 00"))).expect_logged_in();
    EXPECT_EQ(features_of(c.last()), "02=");
    c.expect_noted(kind::received, "message=FEDAUTH token").expect_noted(kind::received, "token-bytes=4");
}

TEST(Fedauth, FaultsTakeTheToken) {
    conversation c("at: fedauth, do: {error: 18456}");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(with_fedauth(hex("04 03")))).expect_tokens({"fedauthinfo"});
    c.peer_sends(packet(fedauth_packet, hex("06 00 00 00 02 00 00 00 61 00")))
        .expect_error(18456)
        .expect_end("FIN");
}

TEST(Fedauth, UnexpectedOrMalformedIsAViolation) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(packet(fedauth_packet, hex("06 00 00 00 02 00 00 00 61 00"))).expect_end("FIN");
    c.expect_noted(kind::violation, "error=17807");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(with_fedauth(hex("04 01")))).expect_tokens({"fedauthinfo"});
    c.peer_sends(packet(fedauth_packet, hex("06 00 00 00 99 00 00 00 61 00"))).expect_end("FIN");
    c.expect_noted(kind::violation, "error=17832");
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(sent(with_fedauth(hex("02 99 00 00 00 61")))).expect_end("FIN");
    c.expect_noted(kind::violation, "error=17832");
}

} // namespace
} // namespace tdsfake::session::testing
