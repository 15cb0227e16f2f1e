// `do`: every step, its values and its shapes.
#include "test_files.hpp"

namespace tdsfake::scenario {
namespace {

using namespace std::chrono_literals;

std::vector<step> steps_at(std::string_view at, std::string_view text) {
    return loaded_fault("{at: " + std::string(at) + ", do: " + std::string(text) + "}").steps;
}

template <class Step>
Step only(std::string_view at, std::string_view text) {
    auto steps = steps_at(at, text);
    EXPECT_EQ(steps.size(), 1U);
    return std::get<Step>(steps.at(0).what);
}

TEST(steps, have_the_names_of_the_language) {
    const auto steps = steps_at(
        "query",
        "[wait: 1s, hold: a, stall, ignore, stay, reply, error: 1205, send: {hex: 00}, signal: a, gate: "
        "drop, close: all, "
        "half-close, vanish: {for: 1s}, reset]"
    );
    std::string names;
    for (const auto& s : steps)
        names += std::string(name(s)) + " ";
    EXPECT_EQ(
        names, "wait hold stall ignore stay reply error send signal gate close half-close vanish reset "
    );
}

TEST(steps, that_answer_and_that_belong_to_the_server) {
    std::string answering;
    std::string of_server;
    for (const auto& s : steps_at(
             "query",
             "[wait: 1s, hold: a, stay, stall, ignore, reply, error: 1205, send: {hex: 00}, signal: a, gate: "
             "drop, "
             "close: all, reset: others, vanish: idle, close]"
         )) {
        if (answers(s)) answering += std::string(name(s)) + " ";
        if (is_server_step(s)) of_server += std::string(name(s)) + " ";
    }
    EXPECT_EQ(answering, "stall ignore reply error send ");
    EXPECT_EQ(of_server, "signal gate close reset vanish ");
}

TEST(steps, wait_takes_a_range) {
    EXPECT_EQ(only<wait_step>("login", "{wait: 1s..3s}").time.least, 1s);
    EXPECT_EQ(only<wait_step>("login", "{wait: 1s..3s}").time.most, 3s);
    EXPECT_EQ(only<wait_step>("login", "{wait: 2s}").time.most, 2s);
}

TEST(steps, reply_overrides_fields) {
    const auto reply = only<reply_step>(
        "prelogin",
        "{reply: {encryption: required, version: none, mars: {value: on, offset: 0xffff, length: 3}}}"
    );
    ASSERT_EQ(reply.overrides.size(), 3U);
    EXPECT_EQ(reply.overrides[0].field, "encryption");
    EXPECT_EQ(reply.overrides[0].value, "required");
    EXPECT_TRUE(reply.overrides[1].none);
    EXPECT_FALSE(reply.overrides[1].value);
    EXPECT_EQ(reply.overrides[2].value, "on");
    EXPECT_EQ(reply.overrides[2].offset, 0xffff);
    EXPECT_EQ(reply.overrides[2].length, 3);
    EXPECT_TRUE(only<reply_step>("prelogin", "{reply: healthy}").overrides.empty());
}

TEST(steps, error_is_filled_from_the_catalogue) {
    const auto plain = only<error_step>("login", "{error: 18456}").error;
    EXPECT_EQ(plain.number, 18456);
    EXPECT_EQ(plain.severity, 14);
    EXPECT_EQ(plain.state, 1);
    EXPECT_EQ(plain.message, "Login failed for user '{user}'.");
    const auto changed =
        only<error_step>("login", "{error: {number: 18456, state: 8, class: 20, line: 9}}").error;
    EXPECT_EQ(changed.state, 8);
    EXPECT_EQ(changed.severity, 20);
    EXPECT_EQ(changed.line, 9U);
    EXPECT_EQ(changed.message, plain.message);
    const auto own =
        only<error_step>("login", "{error: {number: 50001, message: x, server: S, procedure: p}}").error;
    EXPECT_EQ(own.severity, 16);
    EXPECT_EQ(own.state, 1);
    EXPECT_EQ(own.server, "S");
    EXPECT_EQ(own.procedure, "p");
}

TEST(steps, tokens_are_read_with_every_field) {
    const auto step = only<tokens_step>(
        "query",
        "{tokens: [{info: hello}, {colmetadata: {id: int}}, {row: [7]}, {done: {status: [more, count], "
        "count: 3}}, "
        "{envchange: {type: database, new: a, length: 9}}, {raw: 04 01}, done]}"
    );
    std::vector<std::string> names;
    for (const auto& token : step.tokens)
        names.emplace_back(tds::name(token));
    EXPECT_EQ(
        names, (std::vector<std::string>{"info", "colmetadata", "row", "done", "envchange", "raw", "done"})
    );
    const auto& row = std::get<tds::scripted_row>(step.tokens[2].what);
    EXPECT_EQ(row.values.at(0), (core::bytes{7, 0, 0, 0}));
    EXPECT_EQ(row.columns.at(0).name, "id");
    const auto& done = std::get<tds::scripted_done>(step.tokens[3].what);
    EXPECT_EQ(done.done.status, 0x11);
    EXPECT_EQ(done.done.row_count, 3U);
    EXPECT_EQ(step.tokens[4].length, 9U);
}

core::bytes sent(std::string_view text) {
    return std::get<core::bytes>(only<send_step>("connect", "{send: " + std::string(text) + "}").what);
}

TEST(steps, send_takes_bytes_in_four_forms) {
    EXPECT_EQ(sent("{hex: 04 01ff}"), (core::bytes{4, 1, 255}));
    EXPECT_EQ(sent("{text: \"a\\r\\n\"}"), (core::bytes{'a', '\r', '\n'}));
    EXPECT_EQ(
        sent("{packet: {type: prelogin, status: 0, payload: ff 00}}"),
        (core::bytes{0x12, 0, 0, 10, 0, 0, 1, 0, 0xff, 0})
    );
    EXPECT_EQ(sent("{packet: {type: 0x99}}"), (core::bytes{0x99, 1, 0, 8, 0, 0, 1, 0}));
    const auto file = load(
        "tdsfake: 1\nserver: {faults: [{at: connect, do: {send: {file: valid/empty-server.yaml}}}]}\n",
        "-",
        {.set = {}, .folder = CORPUS_FOLDER}
    );
    ASSERT_TRUE(file.errors.empty()) << all_of(file.errors);
    const auto& step = std::get<send_step>(file.value.servers[0].faults[0].steps[0].what);
    EXPECT_EQ(std::get<core::bytes>(step.what).size(), 11U);
}

TEST(steps, send_takes_a_packet_that_lies) {
    EXPECT_EQ(
        sent("{packet: {type: result, length: 0x1234, spid: 51, packet-id: 7, window: 1, payload: fd}}"),
        (core::bytes{4, 1, 0x12, 0x34, 0, 51, 7, 1, 0xfd})
    );
}

TEST(steps, send_takes_packets_of_smp_and_alerts) {
    const auto smp = std::get<smp_packet>(
        only<send_step>("query", "{send: {smp: {flag: fin, session: 3, seq: 9, length: 99}}}").what
    );
    EXPECT_EQ(smp.flag, 4);
    EXPECT_EQ(smp.session, 3);
    EXPECT_EQ(smp.sequence, 9U);
    EXPECT_FALSE(smp.window);
    EXPECT_EQ(smp.length, 99U);
    const auto alert = [](std::string_view text) {
        return std::get<tls::alert>(
            only<send_step>("query", "{send: {alert: " + std::string(text) + "}}").what
        );
    };
    EXPECT_EQ(alert("unknown-ca").description, 48);
    EXPECT_EQ(alert("unknown-ca").level, 2);
    EXPECT_EQ(alert("close-notify").level, 1) << "as TLS 1.2 sends it";
    EXPECT_EQ(alert("{name: 99, level: 7}").description, 99);
    EXPECT_EQ(alert("{name: 99, level: 7}").level, 7);
    EXPECT_EQ(
        std::get<tls::alert>(only<send_step>("tls", "{reply: {alert: access-denied}}").what).description, 49
    );
    EXPECT_TRUE(only<send_step>("query", "{send: {hex: 00, plain: yes}}").plain);
    EXPECT_FALSE(only<send_step>("query", "{send: {hex: 00}}").plain);
    EXPECT_FALSE(only<end_step>("query", "{close: {close-notify: no}}").close_notify);
    EXPECT_TRUE(only<end_step>("query", "close").close_notify);
}

TEST(steps, shapes_of_every_kind) {
    const auto shape =
        only<reply_step>(
            "query",
            "{reply: healthy, without: [loginack, row.3], insert: {done: [{info: a}], end: [done]}, "
            "packet-size: 512, packets: [100, done-4], eom: no, overwrite: {6: ff, done+1: 01 02}, "
            "record-size: 1KiB, repeat: 3}"
        )
            .shape;
    ASSERT_EQ(shape.without.size(), 2U);
    EXPECT_EQ(shape.without[0].token, "loginack");
    EXPECT_EQ(shape.without[0].ordinal, 0U) << "all of them";
    EXPECT_EQ(shape.without[1].ordinal, 3U);
    ASSERT_EQ(shape.insert.size(), 2U);
    EXPECT_EQ(shape.insert[0].tokens.size(), 1U);
    EXPECT_EQ(shape.insert[1].before.from, position::base::end);
    EXPECT_EQ(shape.packet_size, 512U);
    EXPECT_EQ(shape.packets.size(), 2U);
    EXPECT_FALSE(shape.ends_message);
    ASSERT_EQ(shape.overwrite.size(), 2U);
    EXPECT_EQ(shape.overwrite[1].data, (core::bytes{1, 2}));
    EXPECT_EQ(shape.record_size, 1024U);
    EXPECT_EQ(shape.repeat, 3U);
    EXPECT_TRUE(only<reply_step>("query", "reply").shape.empty());
}

TEST(steps, endings_take_targets) {
    const auto end = [](std::string_view text) { return only<end_step>("login", text); };
    EXPECT_EQ(end("close").whom, target::self);
    EXPECT_EQ(end("{reset: all}").how, ending::reset);
    EXPECT_EQ(end("{reset: all}").whom, target::all);
    EXPECT_EQ(end("{close: idle}").whom, target::idle);
    EXPECT_EQ(end("{half-close: others}").whom, target::others);
    EXPECT_EQ(end("{vanish: {for: 30s}}").heals_after, 30s);
    EXPECT_EQ(end("{vanish: {for: 30s}}").whom, target::self);
    const auto some = end("{vanish: {which: all, for: 1s, when: {user: sa}}}");
    EXPECT_EQ(some.whom, target::all);
    EXPECT_EQ(some.when.value().user.size(), 1U);
    EXPECT_FALSE(end("{reset: all}").when);
}

TEST(steps, positions_in_every_form) {
    const auto cut = [](std::string_view text) {
        return only<reply_step>("query", "{reply: healthy, cut: '" + std::string(text) + "'}")
            .shape.cut.value();
    };
    const auto is =
        [&](std::string_view text, position::base from, std::string_view token, unsigned ordinal, int delta) {
            const auto at = cut(text);
            EXPECT_EQ(at.from, from) << text;
            EXPECT_EQ(at.token, token) << text;
            EXPECT_EQ(at.ordinal, ordinal) << text;
            EXPECT_EQ(at.delta, delta) << text;
        };
    is("17", position::base::start, "", 1, 17);
    is("0", position::base::start, "", 1, 0);
    is("-1", position::base::end, "", 1, -1);
    is("end", position::base::end, "", 1, 0);
    is("end-4", position::base::end, "", 1, -4);
    is("done", position::base::token, "done", 1, 0);
    is("done-4", position::base::token, "done", 1, -4);
    is("row.10+2", position::base::token, "row", 10, 2);
    is("row+2", position::base::token, "row", 1, 2);
    is("row.3", position::base::token, "row", 3, 0);
}

TEST(steps, shapes) {
    const auto shape =
        only<error_step>(
            "login",
            "{error: 18456, segments: [8, 2s, error+4, 1ms..2ms, end], pace: {bytes: 2KiB, every: 10ms}}"
        )
            .shape;
    ASSERT_EQ(shape.segments.size(), 5U);
    EXPECT_EQ(std::get<position>(shape.segments[0]).delta, 8);
    EXPECT_EQ(std::get<duration_range>(shape.segments[1]).least, 2s);
    EXPECT_EQ(std::get<position>(shape.segments[2]).token, "error");
    EXPECT_EQ(std::get<duration_range>(shape.segments[3]).most, 2ms);
    EXPECT_EQ(std::get<position>(shape.segments[4]).from, position::base::end);
    EXPECT_EQ(shape.pace_bytes, 2048U);
    EXPECT_EQ(shape.pace_every.least, 10ms);
    EXPECT_FALSE(shape.cut);
}

TEST(steps, know_where_they_stand) {
    const auto s = loaded(
        "tdsfake: 1\nserver:\n  faults:\n    - at: login\n      do:\n        - wait: 1s\n        - close\n"
    );
    const auto& steps = s.servers[0].faults[0].steps;
    EXPECT_EQ(steps[0].where.line, 6);
    EXPECT_EQ(steps[1].where.line, 7);
    EXPECT_EQ(steps[1].where.column, 11);
}

} // namespace
} // namespace tdsfake::scenario
