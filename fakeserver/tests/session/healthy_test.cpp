// A healthy server: an empty scenario (fact sheet 2 to 6).
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using tds::tds_version;

const std::vector<std::string> logged_in_7_1{
    "envchange", "info", "envchange", "envchange", "info", "loginack", "envchange", "done"
};

// Fact sheet 4.3, byte by byte.
core::bytes golden_login_answer() {
    const auto wide = [](std::string_view ascii) {
        core::bytes out;
        for (const char c : ascii) {
            out.push_back(static_cast<std::uint8_t>(c));
            out.push_back(0);
        }
        return out;
    };
    return joined({
        hex("04 01 01 71 00 34 01 00"),
        hex("e3 1b 00 01 06 6d 00 61 00 73 00 74 00 65 00 72 00 06 6d 00 61 00 73 00 74 00 65 00 72 00"),
        hex("ab 60 00 45 16 00 00 02 00 25 00"),
        wide("Changed database context to 'master'."),
        hex("04 46 00 41 00 4b 00 45 00 00 01 00 00 00"),
        hex("e3 08 00 07 05 09 04 d0 00 34 00"),
        hex("e3 17 00 02 0a 75 00 73 00 5f 00 65 00 6e 00 67 00 6c 00 69 00 73 00 68 00 00"),
        hex("ab 64 00 47 16 00 00 01 00 27 00"),
        wide("Changed language setting to us_english."),
        hex("04 46 00 41 00 4b 00 45 00 00 01 00 00 00"),
        hex("ad 36 00 01 74 00 00 04 16"),
        wide("Microsoft SQL Server"),
        hex("00 00 00 00 10 00 10 13"),
        hex("e3 13 00 04 04 34 00 30 00 39 00 36 00 04 34 00 30 00 39 00 36 00"),
        hex("fd 00 00 00 00 00 00 00 00 00 00 00 00"),
    });
}

TEST(Healthy, AnswersAreThoseOfTheFactSheetByteByByte) {
    conversation()
        .connects()
        .expect_silence()
        .peer_sends(prelogin())
        .expect_bytes(hex("04 01 00 2b 00 00 01 00"
                          "00 00 1a 00 06  01 00 20 00 01  02 00 21 00 01  03 00 22 00 00  04 00 22 00 01  ff"
                          "10 00 10 13 00 00  02  00  00"))
        .peer_sends(login())
        .expect_bytes(golden_login_answer())
        .peer_sends(batch("SELECT 1"))
        .expect_bytes(hex("04 01 00 25 00 34 01 00"
                          "81 01 00  00 00 00 00 20 00 38 00"
                          "d1 01 00 00 00"
                          "fd 10 00 c1 00 01 00 00 00 00 00 00 00"))
        .expect_silence()
        .peer_closes()
        .expect_end("FIN")
        .expect_unmet();
}

struct version_case {
    tds_version version;
    std::uint32_t login7;
    std::uint32_t loginack;
};

class EveryVersion : public ::testing::TestWithParam<version_case> {};

TEST_P(EveryVersion, LogsInAndIsServed) {
    const auto& [version, login7, loginack] = GetParam();
    const bool wide = version >= tds_version::v7_2;
    const auto form = wide ? layout::wide : layout::narrow;
    conversation c;
    c.speaks(version).logs_in({.version = login7});
    ASSERT_EQ(c.last().all<tds::loginack>().size(), 1U);
    EXPECT_EQ(c.last().all<tds::loginack>()[0].tds_version, loginack);
    if (version == tds_version::v7_0) {
        std::vector<int> changes;
        for (const auto& change : c.last().all<tds::envchange_token>())
            changes.push_back(change.type);
        // Charset, locale and comparison instead of a collation; jTDS insists on the charset.
        EXPECT_THAT(changes, ::testing::ElementsAre(1, 3, 5, 6, 2, 4));
    } else {
        EXPECT_EQ(c.last().names(), logged_in_7_1);
    }
    // DONE of 7.1 and before counts rows in 4 bytes.
    const auto& payload = c.last().payload;
    EXPECT_EQ(payload[payload.size() - (wide ? 13 : 9)], 0xfd);
    c.peer_sends(batch("SELECT 1", 0, form)).expect_rows({{std::int64_t{1}}});
    c.peer_sends(batch("SELECT nothing FROM nowhere", 0, form)).expect_error(50000);
    c.peer_closes().expect_end("FIN").expect_noted(kind::sent, "message=LOGINACK");
}

INSTANTIATE_TEST_SUITE_P(
    Tds,
    EveryVersion,
    ::testing::Values(
        version_case{tds_version::v7_0, 0x70000000, 0x07000000},
        version_case{tds_version::v7_1, 0x71000000, 0x07010000},
        version_case{tds_version::v7_1r1, 0x71000001, 0x71000001},
        version_case{tds_version::v7_2, 0x72090002, 0x72090002},
        version_case{tds_version::v7_3a, 0x730a0003, 0x730a0003},
        version_case{tds_version::v7_3b, 0x730b0003, 0x730b0003},
        version_case{tds_version::v7_4, 0x74000004, 0x74000004}
    ),
    [](const auto& each) {
        std::string name(tds::name(each.param.version));
        std::erase(name, '.');
        return "V" + name;
    }
);

TEST(Healthy, GrantsTheLowerOfBothVersions) {
    conversation newer({.server = "identity: {tds: 7.1}"});
    newer.speaks(tds_version::v7_1r1).logs_in();
    EXPECT_EQ(newer.last().all<tds::loginack>().at(0).tds_version, 0x71000001U);
    conversation strict;
    strict.logs_in({.version = 0x08000000});
    EXPECT_EQ(strict.last().all<tds::loginack>().at(0).tds_version, 0x74000004U);
}

TEST(Healthy, ServesALoginWithoutPrelogin) {
    conversation()
        .connects()
        .peer_sends(login())
        .expect_tokens(logged_in_7_1)
        .peer_sends(batch("SELECT 1"))
        .expect_rows({{std::int64_t{1}}});
}

TEST(Healthy, ClosesOnALoginOfTds4WithoutAReply) {
    conversation()
        .connects()
        .peer_sends(pre_tds7_login())
        .expect_end("FIN")
        .expect_noted(kind::received, "user=sa app=old app host=box server-name=srv7 tds=4.2")
        .expect_noted(kind::violation, "TDS 4.2 or 5.0")
        .expect_noted(kind::violation, "error=17802")
        .expect_noted(kind::closed, "by=server how=FIN reached=login");
}

TEST(Healthy, AnswersFedAuthRequiredOnlyWhereItIsAsked) {
    auto with_fedauth = hex("00 00 10 00 06  01 00 16 00 01  06 00 17 00 01  ff  09 00 00 00 00 00  02  01");
    conversation c;
    c.connects().peer_sends(packet(wire::prelogin, with_fedauth)).expect_prelogin();
    const auto* option = c.last_prelogin().find(tds::prelogin_token::fedauth_required);
    ASSERT_NE(option, nullptr);
    EXPECT_EQ(option->data, core::bytes{0});
    conversation without;
    without.connects().peer_sends(prelogin()).expect_prelogin();
    EXPECT_EQ(without.last_prelogin().find(tds::prelogin_token::fedauth_required), nullptr);
}

TEST(Healthy, AnswersTheWishForTlsByItsPolicy) {
    const auto answers = [](const std::string& policy) {
        std::vector<int> out;
        for (const auto asked : core::bytes{0x00, 0x01, 0x02, 0x03, 0x80, 0x81, 0x83}) {
            conversation c(text{.server = "identity: {encryption: " + policy + "}"});
            c.connects().peer_sends(prelogin(asked)).expect_prelogin();
            out.push_back(c.last_prelogin().encryption().value_or(0xff));
        }
        return out;
    };
    EXPECT_EQ(answers("off"), (std::vector{0, 1, 2, 1, 0, 1, 1}));
    EXPECT_EQ(answers("required"), (std::vector{3, 1, 3, 1, 3, 1, 1}));
    EXPECT_EQ(answers("not-supported"), (std::vector{2, 2, 2, 2, 2, 2, 2}));
}

TEST(Healthy, ALoginWithoutTheTlsAgreedOnEnds) {
    struct wish {
        const char* policy;
        std::uint8_t asked;
        bool served;
    };
    for (const auto& [policy, asked, served] :
         {wish{"off", 2, true},
          wish{"off", 0, false},
          wish{"off", 1, false},
          wish{"required", 2, false},
          wish{"required", 1, false},
          wish{"not-supported", 1, true}}) {
        conversation c(text{.server = "identity: {encryption: " + std::string(policy) + "}"});
        c.connects().peer_sends(prelogin(asked)).expect_prelogin().peer_sends(login());
        if (served) {
            c.expect_logged_in();
        } else {
            c.expect_end("FIN").expect_noted(
                kind::violation, "reason=a login without the encryption that was agreed on error=17835"
            );
        }
    }
}

TEST(Healthy, AStrictServerWantsTlsFirst) {
    for (const auto& first : {prelogin(), login()}) {
        conversation c(text{.server = "identity: {encryption: strict}"});
        c.connects().peer_sends(first).expect_end("FIN").expect_noted(kind::violation, "error=17835");
    }
}

TEST(Healthy, TellsWhatTheClientAskedFor) {
    conversation c;
    c.logs_in({.database = "orders", .language = "Deutsch", .packet_size = 8000});
    const auto changes = c.last().all<tds::envchange_token>();
    ASSERT_EQ(changes.size(), 4U);
    EXPECT_EQ(core::byte_view(changes[0].new_value).size(), 12U) << "orders";
    const auto messages = c.last().all<tds::server_message>();
    EXPECT_EQ(messages.at(0).message, "Changed database context to 'orders'.");
    EXPECT_EQ(messages.at(1).message, "Changed language setting to Deutsch.");
    c.expect_noted(kind::sent, "database=orders tds=7.4 packet-size=8000");
    c.peer_sends(batch("SELECT DB_NAME()")).expect_rows({{std::string("orders")}});
}

TEST(Healthy, JournalsWhatWasReadWithTheFieldsOfTheContract) {
    conversation()
        .logs_in({.user = "ann", .password = "secret", .database = "orders", .library = "lib"})
        .peer_sends(batch("SELECT 1"))
        .expect_rows({{std::int64_t{1}}})
        .expect_noted(kind::connect, "peer=127.0.0.1:50001 local=127.0.0.1:1433")
        .expect_noted(
            kind::received, "message=PRELOGIN bytes=39 packets=1 version=9.0.0.0 encryption=not-supported"
        )
        .expect_noted(
            kind::received,
            "user=ann password=*** database=orders app=story host=box library=lib server-name=srv7 tds=7.4 "
            "packet-size=4096 intent=read-write"
        )
        .expect_noted(kind::received, "message=SQL batch bytes=38 packets=1 sql=SELECT 1")
        .expect_count(kind::received, 3)
        .expect_count(kind::sent, 3);
}

TEST(Healthy, ShowsPasswordsOnlyOnDemand) {
    conversation shown(text{}, {.show_passwords = true});
    shown.logs_in({.password = "secret"}).expect_noted(kind::received, "password=secret");
}

TEST(Healthy, SplitsAnswersIntoPacketsOfTheGrantedSizeAfterTheLogin) {
    conversation c(
        {.server = "queries: [{match: long, columns: {x: nvarchar(2000)}, rows: [[" + std::string(1500, 'x') +
                   "]]}]"}
    );
    c.logs_in({.packet_size = 512});
    EXPECT_EQ(c.last().packets, std::vector<std::size_t>{367})
        << "the login answer: still by the default size";
    c.peer_sends(batch("long")).expect_rows({{std::string(1500, 'x')}});
    ASSERT_EQ(c.last().packets.size(), 7U);
    for (std::size_t i = 0; i + 1 < c.last().packets.size(); ++i)
        EXPECT_EQ(c.last().packets[i], 512U);
}

TEST(Healthy, GrantsPacketSizesFrom512ToItsOwnMost) {
    const auto granted = [](std::uint32_t asked) {
        conversation c({.server = "identity: {packet-size: 8000}"});
        c.logs_in({.packet_size = asked});
        return fields_of(c.world().events().back());
    };
    EXPECT_THAT(granted(0), ::testing::HasSubstr("packet-size=4096"));
    EXPECT_THAT(granted(1), ::testing::HasSubstr("packet-size=512"));
    EXPECT_THAT(granted(511), ::testing::HasSubstr("packet-size=512"));
    EXPECT_THAT(granted(8000), ::testing::HasSubstr("packet-size=8000"));
    EXPECT_THAT(granted(32767), ::testing::HasSubstr("packet-size=8000"));
}

TEST(Healthy, ReadsAMessageOfManyPackets) {
    const std::string sql = "SELECT '" + std::string(6000, 'x') + "'";
    conversation()
        .logs_in()
        .peer_sends(batch(sql))
        .expect_error(50000)
        .expect_noted(kind::received, "bytes=12040 packets=3")
        .expect_silence();
}

} // namespace
} // namespace tdsfake::session::testing
