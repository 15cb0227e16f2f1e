// `enforce`: what a real server insists on; and `stop-reading`.
#include "session/packet_per_record.hpp"
#include "tests/session/conversation.hpp"
#include "tests/session/smp_messages.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

text strict(const std::string& what) { return {.server = "enforce: " + what}; }

// A LOGIN7 of 5000 bytes in one packet: a feature extension would make it so long; here it is padding.
core::bytes padded_login(std::size_t size) {
    auto message = login();
    core::bytes payload(message.begin() + 8, message.end());
    payload.resize(size - 8);
    payload[0] = static_cast<std::uint8_t>(payload.size());
    payload[1] = static_cast<std::uint8_t>(payload.size() >> 8);
    return packet(wire::login7, payload);
}

TEST(Enforce, ALoginOfOnePacketBeyond4096IsReset) {
    conversation c(strict("packet-size"));
    c.connects().peer_sends(prelogin()).expect_prelogin();
    c.peer_sends(padded_login(4097)).expect_end("RST");
    c.expect_noted(
        kind::violation, "a packet of 4097 bytes, and 4096 is the size before the login is answered"
    );
}

TEST(Enforce, WithoutItTheLoginIsServed) {
    conversation c;
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(padded_login(4097)).expect_logged_in();
}

TEST(Enforce, ALoginOf4096Passes) {
    conversation c(strict("[packet-size]"));
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(padded_login(4096)).expect_logged_in();
}

TEST(Enforce, AfterTheLoginTheGrantedSizeCounts) {
    conversation c(strict("packet-size"));
    const auto sql = "SELECT 1" + std::string(1000, ' ');
    c.logs_in({.packet_size = 512})
        .peer_sends(packets(wire::batch, core::byte_view(batch(sql)).subspan(8), 512));
    c.expect_rows({{std::int64_t{1}}});
    c.peer_sends(batch(sql)).expect_end("RST");
    c.expect_noted(kind::violation, "and 512 are agreed on");
}

TEST(Enforce, ItComesBeforeTheFaults) {
    text t = strict("packet-size");
    t.faults = {"at: login, unused: allowed, do: {error: 18456}"};
    conversation c(t);
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(padded_login(5000)).expect_end("RST");
    c.expect_count(kind::fault, 0);
}

TEST(Enforce, ALoginWithoutPrelogin) {
    conversation c(strict("prelogin"));
    c.connects().peer_sends(login()).expect_end("FIN").expect_noted(
        kind::violation, "a login without PRELOGIN"
    );
    conversation lenient;
    lenient.connects().peer_sends(login()).expect_logged_in();
}

TEST(Enforce, APreloginWithoutEncryption) {
    const auto version_only = packet(wire::prelogin, hex("00 00 06 00 06 ff 09 00 00 00 00 00"));
    conversation c(strict("prelogin"));
    c.connects()
        .peer_sends(version_only)
        .expect_end("FIN")
        .expect_noted(kind::violation, "ENCRYPTION is missing");
    conversation lenient;
    lenient.connects().peer_sends(version_only).expect_prelogin();
    conversation good(strict("prelogin"));
    good.logs_in();
}

TEST(Enforce, TheWindowOfASession) {
    conversation c({.faults = {"at: request, do: stall"}, .server = "enforce: smp"});
    with_mars(c).peer_sends(smp(syn, 0, 0, 4));
    std::uint32_t sequence = 0;
    c.peer_sends(smp(data, 0, ++sequence, 4, batch("SELECT 1")));
    static_cast<void>(taken(c));
    c.peer_sends(smp(data, 0, 99, 4, batch("SELECT 1"))).expect_end("FIN");
}

TEST(StopReading, ASessionsWindowStaysShutUntilItHeals) {
    conversation c(
        {.faults = {"at: query, times: 1, do: [reply, stop-reading: {for: 30s}]"}, .server = "enforce: smp"}
    );
    with_mars(c).peer_sends(joined({smp(syn, 0, 0, 4), smp(syn, 1, 0, 4)}));
    c.peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    auto all = taken(c);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].window, 5U) << "the answer went out before";
    for (std::uint32_t sequence = 2; sequence <= 5; ++sequence)
        c.peer_sends(smp(data, 0, sequence, 10, batch("SELECT 1")));
    c.expect_silence();
    c.peer_sends(smp(data, 1, 1, 4, batch("SELECT 1")));
    EXPECT_TRUE(ends_with_result_of_one(data_of(taken(c), 1))) << "the other session reads on";
    c.after(30s);
    all = taken(c);
    ASSERT_EQ(all.size(), 5U) << "four answers, and an ACK";
    EXPECT_EQ(all.back().what, ack);
    EXPECT_EQ(all.back().window, 9U);
}

TEST(StopReading, DataBeyondTheShutWindowBreaksIt) {
    conversation c({.faults = {"at: query, times: 1, do: [reply, stop-reading]"}, .server = "enforce: smp"});
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_EQ(taken(c).size(), 1U);
    for (std::uint32_t sequence = 2; sequence <= 5; ++sequence)
        c.peer_sends(smp(data, 0, sequence, 10, batch("SELECT 1")));
    c.expect_silence().peer_sends(smp(data, 0, 6, 10, batch("SELECT 1"))).expect_end("FIN");
    c.expect_noted(kind::violation, "the window was full");
}

TEST(StopReading, WithoutEnforceAFullWindowIsToldAndServed) {
    conversation c("at: query, times: 1, do: [reply, stop-reading: {for: 1s}]");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    EXPECT_EQ(taken(c).size(), 1U);
    for (std::uint32_t sequence = 2; sequence <= 6; ++sequence)
        c.peer_sends(smp(data, 0, sequence, 10, batch("SELECT 1")));
    c.expect_noted(kind::violation, "the window was full").after(1s);
    EXPECT_EQ(taken(c).size(), 6U);
}

TEST(StopReading, TheConnectionReadsAgainWhenItHeals) {
    conversation c("at: query, times: 1, do: [reply, stop-reading: {for: 30s}]");
    c.logs_in().peer_sends(batch("SELECT 1")).expect_rows({{std::int64_t{1}}});
    EXPECT_TRUE(c.me().stopped);
    c.peer_sends(batch("SELECT 2")).after(29s).expect_silence().after(1s).expect_rows({{std::int64_t{2}}});
}

TEST(StopReading, ForEver) {
    conversation c("at: login, do: [reply, stop-reading]");
    c.logs_in().peer_sends(batch("SELECT 1")).after(10h).expect_silence();
    EXPECT_TRUE(c.me().stopped);
}

TEST(PacketPerRecord, OnePacketMayTakeSeveralRecordsButNoRecordTwo) {
    const auto one = batch("SELECT 1");
    const core::byte_view view(one);
    packet_per_record rule;
    EXPECT_TRUE(rule.fits(one));
    EXPECT_TRUE(rule.fits(view.first(1)) && rule.fits(view.subspan(1, 2)) && rule.fits(view.subspan(3)));
    EXPECT_TRUE(rule.fits(view.first(10)) && rule.fits(view.subspan(10)));
    EXPECT_FALSE(packet_per_record(rule).fits(joined({one, one})));
    EXPECT_TRUE(rule.fits(view.first(10)));
    auto rest = joined({one, one});
    rest.erase(rest.begin(), rest.begin() + 10);
    EXPECT_FALSE(rule.fits(rest));
}

} // namespace
} // namespace tdsfake::session::testing
