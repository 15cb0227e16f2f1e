// What no client of SQL Server sends: closed without a reply, told in the journal with its bytes; every kind.
#include "core/hex.hpp"
#include "tests/session/conversation.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

enum class when : std::uint8_t { at_once, after_prelogin, logged_in };
struct broken {
    const char* name;
    when after;
    core::bytes bytes;
    const char* reason; // how the journal's begins
    int error;          // of SQL Server's error log
};

void PrintTo(const broken& b, std::ostream* out) { *out << b.name; }

core::bytes prelogin_of(const char* payload) { return packet(wire::prelogin, hex(payload)); }

core::bytes with(core::bytes message, std::size_t at, std::uint8_t value) {
    message.at(at) = value;
    return message;
}

std::vector<broken> kinds() {
    const auto request = batch("SELECT 1");
    return {
        {"Http", when::at_once, hex("47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31"), "", 17807},
        {"Tls", when::at_once, hex("16 03 01 00 05 01 00 00 01 00"), "TLS before PRELOGIN", 17807},
        {"UnknownPacketType", when::at_once, packet(0x42), "", 17807},
        {"PacketTooShort", when::at_once, packet(wire::prelogin, {}, wire::eom, 7), "", 17836},
        {"PacketTooLong", when::logged_in, packet(wire::batch, {}, wire::eom, 0x8001), "", 17836},
        {"ServersOwnType", when::at_once, packet(wire::tabular), "tabular result", 17807},
        {"EmptyPrelogin", when::at_once, packet(wire::prelogin), "PRELOGIN: ", 17828},
        {"PreloginWithoutTerminator", when::at_once, prelogin_of("00 00 05 00 06"), "PRELOGIN: ", 17828},
        {"PreloginWithoutVersion", when::at_once, prelogin_of("01 00 06 00 01 ff 02"), "PRELOGIN: ", 17828},
        {"PreloginOffsetOutside",
         when::at_once,
         prelogin_of("00 00 ff 00 06 ff 09 00 00 00 00 00"),
         "PRELOGIN: ",
         17828},
        {"SecondPrelogin", when::after_prelogin, prelogin(), "PRELOGIN is not expected here", 17807},
        {"PreloginAfterLogin", when::logged_in, prelogin(), "PRELOGIN is not expected here", 17807},
        {"EmptyLogin", when::after_prelogin, packet(wire::login7), "LOGIN7: ", 17832},
        {"TruncatedLogin", when::after_prelogin, packet(wire::login7, core::bytes(40, 0)), "LOGIN7: ", 17832},
        {"LyingLogin", when::after_prelogin, with(login(), 8 + 36, 0xff), "LOGIN7: ", 17832},
        {"UnknownTdsVersion",
         when::after_prelogin,
         login({.version = 0x12345678}),
         "LOGIN7: unknown TDS version",
         17802},
        {"SecondLogin", when::logged_in, login(), "a second login", 17807},
        {"BatchBeforeLogin", when::after_prelogin, batch("SELECT 1"), "SQL batch before a login", 17807},
        {"RpcBeforeLogin", when::at_once, executesql("SELECT 1"), "RPC before a login", 17807},
        {"TransactionBeforeLogin", when::at_once, begin_transaction(), "transaction manager", 17807},
        {"Sspi", when::after_prelogin, packet(wire::sspi, hex("01 02")), "SSPI is not expected here", 17807},
        {"HeadersOutside", when::logged_in, with(request, 8, 0xff), "SQL batch: ", 17836},
        {"OddSqlBatch",
         when::logged_in,
         packet(wire::batch, core::byte_view(request).subspan(8, request.size() - 9)),
         "SQL batch: ",
         17836},
        {"EmptyRpc", when::logged_in, packet(wire::rpc), "RPC: ", 17836},
        {"TransactionOfNoKind", when::logged_in, with(begin_transaction(), 8 + 22, 0x77), "", 17836},
        {"AnotherTypeInsideAMessage",
         when::logged_in,
         joined({packet(wire::batch, hex("00"), 0), packet(wire::rpc)}),
         "",
         17807},
        {"LoginOf128KiB", when::after_prelogin, packets(wire::login7, core::bytes(128 * 1024, 0)), "", 17836},
    };
}

class Violation : public ::testing::TestWithParam<broken> {};

TEST_P(Violation, ClosesWithoutAReplyAndIsToldWithItsBytes) {
    const auto& b = GetParam();
    conversation c(text{.server = "identity: {encryption: not-supported}"}); // where TLS is garbage, too
    if (b.after == when::logged_in) c.logs_in();
    if (b.after != when::logged_in) c.connects();
    if (b.after == when::after_prelogin) c.peer_sends(prelogin()).expect_prelogin();
    const auto replies = b.after == when::logged_in ? 2U : b.after == when::after_prelogin ? 1U : 0U;
    c.peer_sends(b.bytes)
        .expect_end("FIN")
        .expect_count(kind::violation, 1)
        .expect_count(kind::sent, replies)
        .expect_noted(kind::violation, "reason=" + std::string(b.reason))
        .expect_noted(kind::violation, "error=" + std::to_string(b.error) + " hexdump=")
        .expect_noted(kind::closed, "by=server how=FIN")
        .peer_sends(prelogin())
        .expect_end("FIN");
}

INSTANTIATE_TEST_SUITE_P(Of, Violation, ::testing::ValuesIn(kinds()), [](const auto& each) {
    return std::string(each.param.name);
});

TEST(ViolationOfALogin, NeverShowsThePassword) {
    // Two logins, and one whose offsets lie: hexdumps end where a password may begin.
    for (const auto& bytes :
         {joined({login({.password = "hunter2"}), login({.password = "hunter2"})}),
          with(login({.password = "hunter2"}), 8 + 36, 0xff)}) {
        conversation c;
        c.connects().peer_sends(bytes);
        std::string dump;
        for (const auto& event : c.world().events()) {
            if (const auto* found = event.find("hexdump")) dump = journal::to_text(*found);
        }
        // 94 bytes are six lines; the password stands behind.
        EXPECT_EQ(std::ranges::count(dump, '\n'), 6) << dump;
    }
}

TEST(ViolationOfALogin, NeverShowsThePasswordBehindALyingHeader) {
    const auto honest = login({.password = "hunter2"});
    const auto payload = core::byte_view(honest).subspan(8);
    const auto password =
        core::to_hex(core::bytes{0x23, 0xa5, 0xf2, 0xa5, 0x43, 0xa5}); // "hun", as LOGIN7 hides it
    for (const auto& bytes :
         {packet(wire::login7, payload, wire::eom, 0xffff),
          packet(wire::batch, payload),
          packet(0x63, payload)}) {
        conversation c;
        c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(bytes);
        std::string dump;
        for (const auto& event : c.world().events()) {
            if (const auto* found = event.find("hexdump")) dump = journal::to_text(*found);
        }
        EXPECT_FALSE(dump.empty());
        EXPECT_EQ(dump.find("23 a5 f2 a5 43 a5"), std::string::npos) << dump;
        EXPECT_NE(core::to_hex(payload).find(password), std::string::npos)
            << "red control: it is in the bytes";
    }
}

TEST(AttentionBeforeALogin, IsToldAndNothingElse) {
    conversation()
        .connects()
        .peer_sends(attention())
        .expect_silence()
        .expect_noted(kind::notice, "ATTENTION before a login")
        .peer_sends(prelogin())
        .expect_prelogin();
}

TEST(Queue, IsBounded) {
    conversation c("at: query, when: {sql: slow}, do: {wait: 1h}");
    c.plays_once().logs_in().peer_sends(batch("slow"));
    for (int i = 0; i < 10'000; ++i)
        c.world().receive(0, batch("SELECT 1"));
    c.expect_silence().peer_sends(batch("SELECT 1")).expect_end("FIN");
    c.expect_noted(kind::violation, "reason=too many requests wait for an answer");
}

} // namespace
} // namespace tdsfake::session::testing
