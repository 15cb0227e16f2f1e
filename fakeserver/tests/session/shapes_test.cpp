// Shapes: what leaves is the healthy answer, changed in exactly the way that was said.
#include "tds/packet.hpp"
#include "tests/session/conversation.hpp"
#include "tests/session/smp_messages.hpp"

#include <span>

namespace tdsfake::session::testing {
namespace {

using journal::kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* table = "queries: [{match: t, columns: {id: int not null}, rows: [[1], [2], [3]]}, "
                              "{match: big, columns: {id: int not null}, rows: {count: 100000}}, "
                              "{match: log, columns: {id: int not null}, rows: endless}]";

text with(const std::string& steps, const std::string& server = table) {
    return {.faults = {"at: query, do: " + steps}, .server = server};
}

// All that the server sends for this batch.
core::bytes answer_to(const text& scenario, const std::string& sql = "t", std::size_t at_most = 0) {
    conversation c(scenario);
    c.logs_in();
    c.plays_once();
    if (at_most > 0) c.me().reads_at_most = at_most;
    c.peer_sends(batch(sql));
    return std::exchange(c.me().unread, {});
}
core::bytes healthy(const std::string& sql = "t") { return answer_to({.server = table}, sql); }
core::bytes shaped(const std::string& shape, const std::string& sql = "t") {
    return answer_to(with("{reply: healthy, " + shape + "}"), sql);
}

core::bytes part(const core::bytes& of, std::size_t from, std::size_t to) {
    return {of.begin() + static_cast<std::ptrdiff_t>(from), of.begin() + static_cast<std::ptrdiff_t>(to)};
}
core::bytes joined(core::bytes front, const core::bytes& more) {
    front.insert(front.end(), more.begin(), more.end());
    return front;
}

struct packet {
    tds::packet_header header;
    core::bytes body;
};
std::vector<packet> packets_of(core::byte_view wire) {
    std::vector<packet> out;
    while (wire.size() >= tds::packet_header::size) {
        const auto header = tds::parse_packet_header(wire).value();
        const auto body = wire.subspan(8, std::min<std::size_t>(header.length, wire.size()) - 8);
        out.push_back({header, core::bytes(body.begin(), body.end())});
        wire = wire.subspan(8 + body.size());
    }
    EXPECT_TRUE(wire.empty());
    return out;
}
std::vector<std::size_t> sizes(const core::bytes& wire) {
    std::vector<std::size_t> out;
    for (const auto& p : packets_of(wire))
        out.push_back(p.body.size() + 8);
    return out;
}
core::bytes payload_of(const core::bytes& wire) {
    core::bytes out;
    for (const auto& p : packets_of(wire))
        out.insert(out.end(), p.body.begin(), p.body.end());
    return out;
}
std::vector<std::string> tokens_of(const core::bytes& wire) {
    answer of;
    of.tokens = tds::parse_tokens(payload_of(wire), tds::tds_version::v7_4).value();
    return of.names();
}

// COLMETADATA of one column without a name, three rows of five bytes, DONE of thirteen.
constexpr std::size_t done_size = 13;
constexpr std::size_t row_size = 5;

TEST(Shapes, WithoutAllTokensOfANameOrOne) {
    EXPECT_THAT(tokens_of(healthy()), ElementsAre("colmetadata", "row", "row", "row", "done"));
    EXPECT_THAT(tokens_of(shaped("without: [row]")), ElementsAre("colmetadata", "done"));
    EXPECT_THAT(tokens_of(shaped("without: row.2")), ElementsAre("colmetadata", "row", "row", "done"));
    const auto all = payload_of(healthy());
    EXPECT_EQ(payload_of(shaped("without: [done]")), part(all, 0, all.size() - done_size));
    const auto second = all.size() - done_size - 2 * row_size;
    EXPECT_EQ(
        payload_of(shaped("without: [row.2, done]")),
        joined(part(all, 0, second), part(all, second + row_size, all.size() - done_size))
    );
}

TEST(Shapes, InsertBeforeATokenAByteAndTheEnd) {
    EXPECT_THAT(
        tokens_of(shaped("insert: {done: [info: hello, order: [1]], row.2: [info: second]}")),
        ElementsAre("colmetadata", "row", "info", "row", "row", "info", "order", "done")
    );
    EXPECT_THAT(
        tokens_of(shaped("insert: {end: [doneproc]}")),
        ElementsAre("colmetadata", "row", "row", "row", "done", "doneproc")
    );
    const auto all = payload_of(healthy());
    EXPECT_EQ(
        payload_of(shaped("insert: {10: [raw: aabb]}")),
        joined(joined(part(all, 0, 2), {0xaa, 0xbb}), part(all, 2, all.size()))
    ) << "bytes count the header";
    EXPECT_EQ(
        payload_of(shaped("insert: {done-4: [raw: aa], done: [raw: bb]}")),
        joined(
            joined(
                joined(part(all, 0, all.size() - done_size - 4), {0xaa}),
                joined(part(all, all.size() - done_size - 4, all.size() - done_size), {0xbb})
            ),
            part(all, all.size() - done_size, all.size())
        )
    );
}

TEST(Shapes, PositionsCountWhatWasInsertedAndNotWhatWasLeftOut) {
    const auto changed = shaped("without: [row.1], insert: {done: [order: [1]]}");
    const auto cut = shaped("without: [row.1], insert: {done: [order: [1]]}, cut: order+1");
    EXPECT_EQ(cut, part(changed, 0, changed.size() - done_size - 4));
    const auto second = shaped("without: [row.1], insert: {done: [order: [1]]}, cut: row.2");
    EXPECT_EQ(second, part(changed, 0, changed.size() - done_size - 5 - row_size));
}

TEST(Shapes, PacketSize) {
    const auto wire = shaped("packet-size: 12");
    const auto all = packets_of(wire);
    EXPECT_EQ(payload_of(wire), payload_of(healthy())) << "red control: the same payload";
    EXPECT_THAT(sizes(healthy()), SizeIs(1));
    ASSERT_GT(all.size(), 3U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].header.length, i + 1 < all.size() ? 12 : all[i].body.size() + 8);
        EXPECT_EQ(all[i].header.status, i + 1 < all.size() ? 0 : 1);
        EXPECT_EQ(all[i].header.packet_id, i + 1);
    }
    const text large{
        .faults = {"at: query, do: {reply: healthy, packet-size: 40000}"},
        .server =
            "queries: [{match: t, columns: {a: varchar(max)}, rows: [[" + std::string(50000, 'x') + "]]}]"
    };
    EXPECT_EQ(sizes(answer_to(large)).front(), 40000U) << "longer than agreed on";
}

TEST(Shapes, PacketsEndAtPositions) {
    const auto all = healthy();
    const auto wire = shaped("packets: [12, 30, row.2, done-4]");
    EXPECT_EQ(payload_of(wire), payload_of(all));
    const auto size = payload_of(all).size();
    const auto row2 = size - done_size - 2 * row_size;
    EXPECT_THAT(sizes(wire), ElementsAre(12, 18, 8 + row2 - 4 - 10, 8 + 2 * row_size - 4, 8 + 4 + done_size));
    EXPECT_THAT(sizes(shaped("packets: [row], packet-size: 20")), ::testing::Each(::testing::Le(20U)));
}

TEST(Shapes, CutAndSegmentsCountTheHeadersOfSuchPackets) {
    const auto wire = shaped("packet-size: 12");
    const auto cut = shaped("packet-size: 12, cut: done+1");
    const auto in_payload = payload_of(healthy()).size() - done_size;
    const auto on_wire = in_payload + (in_payload / 4 + 1) * 8;
    EXPECT_EQ(cut, part(wire, 0, on_wire + 1));
    EXPECT_EQ(cut.back(), 0xfd);
}

TEST(Shapes, WithoutTheEndOfTheMessage) {
    auto wire = healthy();
    EXPECT_EQ(wire[1], 1) << "red control";
    wire[1] = 0;
    EXPECT_EQ(shaped("eom: no"), wire);
    EXPECT_EQ(shaped("eom: yes"), healthy());
}

TEST(Shapes, OverwriteCountsTheBytesThatLeave) {
    auto wire = healthy();
    wire[6] = 0xff;
    wire[wire.size() - 1] = 0xee;
    wire[wire.size() - done_size] = 0x01;
    wire[wire.size() - done_size + 1] = 0x02;
    EXPECT_EQ(shaped("overwrite: {6: ff, -1: ee, done: 01 02}"), wire);
    EXPECT_EQ(shaped("eom: no, overwrite: {1: 09}")[1], 9) << "the last word";
}

TEST(Shapes, RepeatSendsAllOfItAgain) {
    const auto once = healthy();
    EXPECT_EQ(shaped("repeat: 3"), joined(once, joined(once, once)));
    EXPECT_EQ(shaped("repeat: 20000").size(), 20000 * once.size()) << "as the client takes it";
    const auto cut = part(once, 0, 9);
    EXPECT_EQ(shaped("cut: 9, repeat: 2"), joined(cut, cut));
    EXPECT_EQ(
        answer_to(with("{send: {hex: 01 02}, overwrite: {1: 03}, repeat: 2}")), (core::bytes{1, 3, 1, 3})
    );
}

TEST(Shapes, RepeatIsCancelledByAttention) {
    conversation c(
        text{.faults = {"at: query, do: {reply: healthy, segments: [8, 1s], repeat: 100}"}, .server = table}
    );
    c.logs_in().peer_sends(batch("t")).after(1s);
    const auto once = healthy();
    c.expect_bytes(joined(once, part(once, 0, 8)));
    c.peer_sends(attention());
    c.expect_bytes(part(once, 8, once.size())).expect_done(0x20).expect_silence();
}

TEST(Shapes, WhatAnAnswerDoesNotHaveIsNoted) {
    for (const std::string shape :
         {"without: [loginack]",
          "insert: {row.9: [done]}",
          "packets: [done+99]",
          "overwrite: {row.4: 00}",
          "overwrite: {9999: 00}",
          "cut: row.7",
          "packets: [row.8]",
          "record-size: 100"}) {
        conversation c(with("{reply: healthy, " + shape + "}"));
        c.logs_in().peer_sends(batch("t")).expect_bytes(healthy());
        c.expect_count(kind::notice, 1);
        const auto& last = *std::ranges::find(c.world().events(), kind::notice, &journal::event::what);
        EXPECT_THAT(fields_of(last), HasSubstr(shape.substr(0, shape.find(':')))) << shape;
    }
}

TEST(Shapes, ALoginWithoutItsAcknowledgementIsNone) {
    conversation c("at: login, times: 1, do: {reply: healthy, without: [loginack]}");
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(login());
    c.expect_tokens({"envchange", "info", "envchange", "envchange", "info", "envchange", "done"});
    c.connects().peer_sends(prelogin()).expect_prelogin().peer_sends(login()).expect_logged_in();
    c.expect_unmet();
}

TEST(Shapes, OfErrorsTokensAndPrelogin) {
    conversation c(
        "at: query, times: 1, do: {error: 1205, without: [done]}",
        "at: query, times: 1, do: {tokens: [done], insert: {done: [info: hi]}, eom: no}",
        "at: prelogin, do: {reply: healthy, packet-size: 20}"
    );
    c.logs_in();
    c.peer_sends(batch("a")).expect_tokens({"error"});
    c.peer_sends(batch("b"));
    EXPECT_EQ(c.me().unread.at(1), 0);
    EXPECT_THAT(tokens_of(c.me().unread), ElementsAre("info", "done"));
    c.me().unread.clear();
    c.plays_once();
}

// ----------------------------------------------------------------------------------------- generated results

std::size_t row_offset(std::size_t number) { // on the wire, in packets of 4096 bytes
    const auto head = payload_of(healthy()).size() - done_size - 3 * row_size;
    const auto at = head + (number - 1) * row_size;
    return at + (at / (4096 - 8) + 1) * 8;
}

TEST(ShapesOfGeneratedRows, CutAtARow) {
    const auto wire = shaped("cut: row.1000", "big");
    const auto all = healthy("big");
    EXPECT_EQ(wire, part(all, 0, row_offset(1000)));
    EXPECT_EQ(shaped("cut: row.99999+2", "big"), part(all, 0, row_offset(99999) + 2));
    EXPECT_EQ(shaped("cut: done-4", "big"), part(all, 0, all.size() - done_size - 4));
    EXPECT_EQ(shaped("cut: -1", "big"), part(all, 0, all.size() - 1));
    EXPECT_EQ(shaped("cut: row.50000", "log"), part(healthy("big"), 0, row_offset(50000)));
}

TEST(ShapesOfGeneratedRows, EveryShapePassesThem) {
    const auto all = healthy("big");
    auto changed = all;
    changed[row_offset(70000) + 1] = 0x77;
    changed[5000] = 0x66;
    EXPECT_EQ(shaped("overwrite: {row.70000+1: 77, 5000: 66}", "big"), changed);
    EXPECT_EQ(payload_of(shaped("packet-size: 512", "big")), payload_of(all));
    EXPECT_EQ(sizes(shaped("packet-size: 512", "big"))[7], 512U);
    EXPECT_EQ(packets_of(shaped("eom: no", "big")).back().header.status, 0);
    const auto first = payload_of(healthy()).size() - done_size - 3 * row_size;
    const auto payload = payload_of(all);
    EXPECT_EQ(
        payload_of(
            shaped("without: [row.60000], insert: {row.60000: [raw: aabbcc], done: [order: [1]]}", "big")
        ),
        joined(
            joined(
                joined(part(payload, 0, first + 59999 * row_size), {0xaa, 0xbb, 0xcc}),
                part(payload, first + 60000 * row_size, payload.size() - done_size)
            ),
            joined({0xa9, 2, 0, 1, 0}, part(payload, payload.size() - done_size, payload.size()))
        )
    );
    const auto split = shaped("packets: [row.80000, done]", "big");
    EXPECT_EQ(payload_of(split), payload);
    EXPECT_EQ(packets_of(split).back().body.size(), done_size);
}

TEST(ShapesOfGeneratedRows, SegmentsAndPausesWithinThem) {
    conversation c(with("{reply: healthy, segments: [row.90000, 2s, done]}"));
    c.plays_once();
    c.logs_in().peer_sends(batch("big"));
    const auto all = healthy("big");
    c.expect_bytes(part(all, 0, row_offset(90000))).expect_silence();
    c.after(2s);
    c.expect_bytes(part(all, row_offset(90000), all.size()));
    EXPECT_EQ(c.me().segments.back().size(), done_size);
    c.expect_noted(kind::sent, "message=result ended");
}

TEST(ShapesOfGeneratedRows, PaceTakesThemAsTheyCome) {
    conversation c(with("{reply: healthy, pace: {bytes: 1000, every: 1s}}"));
    c.plays_once();
    c.logs_in().peer_sends(batch("log")).after(99s);
    const auto all = healthy("big");
    c.expect_bytes(part(all, 0, 100000)).expect_silence();
    c.peer_sends(attention());
    EXPECT_LT(c.me().unread.size(), 3U * 4096) << "no more than what was under way";
    const auto rest = std::exchange(c.me().unread, {});
    EXPECT_EQ(rest[rest.size() - 13], 0xfd);
    EXPECT_EQ(rest[rest.size() - 12], 0x20) << "acknowledged";
}

TEST(ShapesOfGeneratedRows, RepeatIsNoted) {
    conversation c(with("{reply: healthy, repeat: 2}"));
    c.plays_once();
    c.logs_in().peer_sends(batch("big")).expect_bytes(healthy("big")).expect_silence();
    c.expect_noted(kind::notice, "text=repeat: a generated result is sent once");
}

// ---------------------------------------------------------------------------------------------- one write

TEST(OneWrite, StepsThatNothingSeparatesLeaveTogether) {
    conversation c(
        "at: query, times: 1, do: [reply, send: {hex: aa}, wait: 1s, send: {hex: bb}, send: {hex: cc}]",
        "at: query, do: [{reply: healthy, segments: [end]}, send: {hex: aa}]"
    );
    c.logs_in();
    c.me().writes.clear();
    c.peer_sends(batch("SELECT 1"));
    ASSERT_THAT(c.me().writes, SizeIs(1));
    EXPECT_EQ(c.me().writes[0].back(), 0xaa);
    c.after(1s);
    ASSERT_THAT(c.me().writes, SizeIs(2));
    EXPECT_EQ(c.me().writes[1], (core::bytes{0xbb, 0xcc}));
    c.peer_sends(batch("SELECT 1"));
    EXPECT_THAT(c.me().writes, SizeIs(4)) << "red control: an end of a segment separates";
    c.me().unread.clear();
    c.plays_once();
}

// ---------------------------------------------------------------------------------------------------- MARS

TEST(ShapesOfMars, APacketOfSmpIsWhatIsSaidAndElseTheSessions) {
    conversation c("at: query, do: [send: {smp: {flag: fin}}, "
                   "send: {smp: {flag: data, session: 9, seq: 7, window: 1, length: 99, payload: aa}}]");
    with_mars(c).peer_sends(smp(syn, 0, 0, 4)).peer_sends(smp(data, 0, 1, 4, batch("SELECT 1")));
    c.expect_bytes(smp(fin, 0, 0, 4));
    auto lies = smp(data, 9, 7, 1, {0xaa});
    lies[4] = 99;
    c.expect_bytes(lies).expect_silence();
    c.plays_once();
}

TEST(ShapesOfMars, PacketsOfOneSessionAreShapedBeneathSmp) {
    conversation c("at: query, do: {reply: healthy, packet-size: 20, eom: no}");
    with_mars(c).peer_sends(smp(syn, 0, 0, 40)).peer_sends(smp(data, 0, 1, 40, batch("SELECT 1")));
    const auto all = taken(c);
    ASSERT_GT(all.size(), 2U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].sequence, i + 1);
        EXPECT_LE(all[i].payload.size(), 20U);
        EXPECT_EQ(all[i].payload.at(1), 0) << "no end";
    }
    EXPECT_TRUE(ends_with_result_of_one(data_of(all, 0)));
}

} // namespace
} // namespace tdsfake::session::testing
