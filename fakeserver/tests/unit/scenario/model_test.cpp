// What the loader makes of a file: servers, faults, queries, verify.
#include "test_files.hpp"

namespace tdsfake::scenario {
namespace {

using namespace std::chrono_literals;

TEST(model, an_empty_scenario_is_one_healthy_server) {
    const auto s = loaded("tdsfake: 1\n");
    ASSERT_EQ(s.servers.size(), 1U);
    const auto& only = s.servers[0];
    EXPECT_EQ(only.name, "server");
    ASSERT_EQ(only.listen.size(), 1U);
    EXPECT_EQ(only.listen[0].address, "127.0.0.1");
    EXPECT_EQ(only.listen[0].port, 0);
    ASSERT_EQ(only.gate.size(), 1U);
    EXPECT_EQ(only.gate[0].mode, gate_mode::accept);
    EXPECT_TRUE(only.faults.empty());
    EXPECT_TRUE(s.verify.empty());
    EXPECT_EQ(s.file, "file");
}

TEST(model, servers_keep_their_order_and_names) {
    const auto s = loaded("tdsfake: 1\nservers: {zeta: {}, alpha: {gate: refuse}, m-2: {}}\n");
    ASSERT_EQ(s.servers.size(), 3U);
    EXPECT_EQ(s.servers[0].name, "zeta");
    EXPECT_EQ(s.servers[1].name, "alpha");
    EXPECT_EQ(s.servers[1].gate[0].mode, gate_mode::refuse);
    EXPECT_EQ(s.servers[2].name, "m-2");
}

TEST(model, addresses) {
    const auto s = loaded_server("listen: [127.0.0.1, '127.0.0.2:1433', '::1', '[::2]', '[::3]:99', "
                                 "{address: 127.0.0.3, gate: drop}]");
    ASSERT_EQ(s.listen.size(), 6U);
    const auto is = [&](std::size_t i, std::string_view address, int port) {
        EXPECT_EQ(s.listen[i].address, address);
        EXPECT_EQ(s.listen[i].port, port);
    };
    is(0, "127.0.0.1", 0);
    is(1, "127.0.0.2", 1433);
    is(2, "::1", 0);
    is(3, "::2", 0);
    is(4, "::3", 99);
    is(5, "127.0.0.3", 0);
    EXPECT_FALSE(s.listen[0].gate);
    EXPECT_EQ(s.listen[5].gate.value().at(0).mode, gate_mode::drop);
}

TEST(model, gate_phases) {
    const auto s =
        loaded_server("gate: [refuse: {for: 3s}, drop: {attempts: 2}, refuse: {until: up}, accept]");
    ASSERT_EQ(s.gate.size(), 4U);
    EXPECT_EQ(s.gate[0].mode, gate_mode::refuse);
    EXPECT_EQ(s.gate[0].lasts, 3s);
    EXPECT_EQ(s.gate[1].mode, gate_mode::drop);
    EXPECT_EQ(s.gate[1].attempts, 2U);
    EXPECT_EQ(s.gate[2].until, "up");
    EXPECT_EQ(s.gate[3].mode, gate_mode::accept);
    EXPECT_FALSE(s.gate[3].lasts || s.gate[3].until || s.gate[3].attempts);
}

TEST(model, identity) {
    const auto s =
        loaded_server("identity: {name: DB1, instance: I, version: 15.1.2000, tds: 7.2, packet-size: 512}");
    EXPECT_EQ(s.identity.name, "DB1");
    EXPECT_EQ(s.identity.instance, "I");
    EXPECT_EQ(s.identity.version, (std::array<std::uint8_t, 4>{15, 1, 0x07, 0xd0}));
    EXPECT_EQ(s.identity.tds, tds::tds_version::v7_2);
    EXPECT_EQ(s.identity.packet_size, 512U);
}

TEST(model, tls_of_a_server) {
    const auto s = loaded_server(
        "identity: {encryption: required, certificate: {kind: wrong-name, names: [a.example, 192.0.2.7]}, "
        "tls: {min: 1.0, max: 1.3, ciphers: AES128-SHA, client-certificate: ask}}"
    );
    EXPECT_EQ(s.identity.encryption, encryption_policy::required);
    const auto& tls = s.identity.tls;
    EXPECT_EQ(tls.certificate.kind, tls::certificate_kind::wrong_name);
    EXPECT_EQ(tls.certificate.names, (std::vector<std::string>{"a.example", "192.0.2.7"}));
    EXPECT_FALSE(tls.certificate.from_files());
    EXPECT_EQ(tls.min, tls::version::v1_0);
    EXPECT_EQ(tls.max, tls::version::v1_3);
    EXPECT_EQ(tls.ciphers, "AES128-SHA");
    EXPECT_EQ(tls.client_certificate, tls::client_certificate::ask);
    EXPECT_EQ(
        loaded_server("identity: {certificate: weak, encryption: strict}").identity.tls.certificate.kind,
        tls::certificate_kind::weak
    );
}

TEST(model, every_word_of_encryption) {
    using enum encryption_policy;
    EXPECT_EQ(loaded_server("identity: {encryption: off}").identity.encryption, off);
    EXPECT_EQ(loaded_server("identity: {encryption: required}").identity.encryption, required);
    EXPECT_EQ(loaded_server("identity: {encryption: not-supported}").identity.encryption, not_supported);
    EXPECT_EQ(loaded_server("identity: {encryption: strict}").identity.encryption, strict);
}

TEST(model, a_certificate_of_a_server_without_tls_is_warned_about) {
    const auto text = [](const char* identity) {
        return "tdsfake: 1\nserver: {identity: " + std::string(identity) + "}";
    };
    EXPECT_EQ(load(text("{certificate: weak, encryption: not-supported}"), "file").warnings.size(), 1U);
    EXPECT_EQ(load(text("{certificate: weak, encryption: off}"), "file").warnings.size(), 0U);
}

TEST(model, logins) {
    const auto s = loaded_server("logins: [{user: sa, password: ''}, {user: app, databases: [a, b]}]");
    ASSERT_EQ(s.logins.size(), 2U);
    EXPECT_EQ(s.logins[0].password, "");
    EXPECT_FALSE(s.logins[1].password);
    EXPECT_EQ(s.logins[1].databases, (std::vector<std::string>{"a", "b"}));
}

TEST(model, queries) {
    const auto s = loaded_server("queries: [{match: [a, /b/], columns: {id: int, t: nvarchar(30)}, rows: "
                                 "[[-1, x], [null, 'null'], [2, 3.50]]},"
                                 " {match: c, affected: 7}, {match: d, results: [{columns: {x: int}}, "
                                 "{columns: {y: int}, rows: [[1]]}]},"
                                 " {match: e, error: 1205}]");
    ASSERT_EQ(s.queries.size(), 4U);
    EXPECT_EQ(s.queries[0].match.size(), 2U);
    const auto& first = s.queries[0].results.at(0);
    ASSERT_EQ(first.columns.size(), 2U);
    EXPECT_EQ(first.columns[0].name, "id");
    EXPECT_EQ(tds::name(first.columns[0].type), "int");
    EXPECT_EQ(tds::name(first.columns[1].type), "nvarchar(30)");
    ASSERT_EQ(first.rows.size(), 3U);
    const auto text = [&](std::size_t row, std::size_t column) {
        const auto& value = first.rows[row][column].value;
        return value ? tds::value_text(first.columns[column].type, *value) : "(null)";
    };
    EXPECT_EQ(text(0, 0), "-1");
    EXPECT_EQ(text(1, 0), "(null)");
    EXPECT_EQ(text(1, 1), "null");
    EXPECT_EQ(text(2, 1), "3.50");
    EXPECT_EQ(s.queries[1].results.at(0).affected, 7U);
    EXPECT_EQ(s.queries[2].results.size(), 2U);
    EXPECT_EQ(s.queries[3].error.value().number, 1205);
}

TEST(model, columns_of_every_kind) {
    const auto s = loaded_server("queries: [{match: a, columns: [{id: int not null}, {id: {type: "
                                 "'decimal(5,2)', flags: 0x18, user-type: 7}}], "
                                 "plp: {length: unknown, chunk: 100}}]");
    const auto& result = s.queries.at(0).results.at(0);
    ASSERT_EQ(result.columns.size(), 2U);
    EXPECT_EQ(result.columns[0].name, "id");
    EXPECT_FALSE(result.columns[0].nullable);
    EXPECT_EQ(result.columns[1].name, "id");
    EXPECT_TRUE(result.columns[1].nullable);
    EXPECT_EQ(tds::name(result.columns[1].type), "decimal(5,2)");
    EXPECT_EQ(result.columns[1].flags, 0x18);
    EXPECT_EQ(result.columns[1].user_type, 7U);
    EXPECT_FALSE(result.plp.length_known);
    EXPECT_EQ(result.plp.chunk, 100U);
}

TEST(model, generated_rows) {
    const auto s = loaded_server("queries: [{match: a, columns: {id: int, t: nvarchar(30)}, rows: {count: 5, "
                                 "values: [$row, item $row]}}, "
                                 "{match: b, columns: {id: int}, rows: endless}]");
    const auto& counted = s.queries.at(0).results.at(0).generated;
    ASSERT_TRUE(counted);
    EXPECT_EQ(counted->count, 5U);
    ASSERT_EQ(counted->values.size(), 2U);
    EXPECT_EQ(counted->values[1].text, "item \x01row\x02");
    const auto& endless = s.queries.at(1).results.at(0).generated;
    ASSERT_TRUE(endless);
    EXPECT_FALSE(endless->count);
    EXPECT_EQ(endless->values.at(0).text, "\x01row\x02");
}

TEST(model, procedures_outputs_and_messages) {
    const auto s = loaded_server("queries: [{procedure: get_it, info: [hello, {number: 50001, class: 5, "
                                 "message: to $user}], return: -3, "
                                 "outputs: {id: $@key, '@name': null, '3': x}}]");
    const auto& query = s.queries.at(0);
    EXPECT_TRUE(query.match.empty());
    EXPECT_EQ(query.procedure.size(), 1U);
    ASSERT_EQ(query.info.size(), 2U);
    EXPECT_EQ(query.info[0].message, "hello");
    EXPECT_EQ(query.info[0].number, 0);
    EXPECT_EQ(query.info[1].severity, 5);
    EXPECT_EQ(query.info[1].message, "to \x01user\x02");
    EXPECT_EQ(query.return_status, -3);
    ASSERT_EQ(query.outputs.size(), 3U);
    EXPECT_EQ(query.outputs[0].name, "id");
    EXPECT_EQ(query.outputs[0].text, "\x01@key\x02");
    EXPECT_EQ(query.outputs[1].name, "name");
    EXPECT_FALSE(query.outputs[1].text);
}

TEST(model, steps_beside_an_answer_are_a_fault_that_earlier_queries_come_before) {
    const auto s = loaded_server(
        "queries: [{match: a}, {match: /a/, do: {wait: 1s}, affected: 2}], faults: [{at: login, do: close}]"
    );
    ASSERT_EQ(s.faults.size(), 2U);
    const auto& f = s.faults[1];
    EXPECT_EQ(f.at, (std::vector{stage::batch, stage::rpc}));
    EXPECT_EQ(f.when.sql.at(0).text(), "/a/");
    EXPECT_EQ(f.when.other_sql.at(0).text(), "a");
    EXPECT_TRUE(f.unused_allowed);
    EXPECT_EQ(f.text, "wait: 1s");
}

TEST(model, a_fault_and_its_defaults) {
    const auto f = loaded_fault("{at: login, do: close}");
    EXPECT_EQ(f.at, std::vector{stage::login});
    EXPECT_TRUE(f.when.empty());
    EXPECT_EQ(f.skip, 0U);
    EXPECT_EQ(f.every, 1U);
    EXPECT_FALSE(f.times || f.chance || f.since || f.until || f.lasts);
    EXPECT_FALSE(f.per_connection);
    EXPECT_FALSE(f.unused_allowed);
    EXPECT_EQ(f.after, 60s);
    EXPECT_EQ(f.where.line, 2);
    EXPECT_EQ(f.text, "close");
}

TEST(model, a_fault_with_everything) {
    const auto f =
        loaded_fault("{at: [idle, query], when: {connection: 2.., user: [a, b]}, skip: 1, every: 3, times: "
                     "4, chance: 25%, "
                     "per: connection, since: up, until: 1m, for: 45s, after: 5s, unused: allowed, "
                     "do: [wait: 1s..3s, {send: {hex: 00 ff}, pace: {bytes: 1, every: 5ms}}, reset: {which: "
                     "all, when: {user: c}}]}");
    EXPECT_EQ(f.at, (std::vector{stage::idle, stage::query}));
    EXPECT_EQ(f.when.connection.value().least, 2U);
    EXPECT_TRUE(f.when.connection.value().contains(99));
    EXPECT_EQ(f.when.user.size(), 2U);
    EXPECT_EQ(f.skip, 1U);
    EXPECT_EQ(f.every, 3U);
    EXPECT_EQ(f.times, 4U);
    EXPECT_EQ(f.chance, 25U);
    EXPECT_TRUE(f.per_connection);
    EXPECT_EQ(std::get<std::string>(f.since.value()), "up");
    EXPECT_EQ(std::get<core::duration>(f.until.value()), 1min);
    EXPECT_EQ(f.lasts, 45s);
    EXPECT_EQ(f.after, 5s);
    EXPECT_TRUE(f.unused_allowed);
    EXPECT_EQ(
        f.text,
        "[{wait: 1s..3s}, {send: {hex: 00 ff}, pace: {bytes: 1, every: 5ms}}, {reset: {which: all, when: "
        "{user: c}}}]"
    );
}

TEST(model, verify) {
    const auto s = loaded("tdsfake: 1\n"
                          "verify:\n"
                          "  - logins: 3\n"
                          "  - attempts: {since: cancelled, at-most: 0, server: server}\n"
                          "  - spacing: {of: logins, at-least: 900ms, growth: 1.5}\n"
                          "  - closed: {by: server, of: prelogin, within: 5s}\n"
                          "  - never: {at: [login, query], when: {user: sa}}\n");
    ASSERT_EQ(s.verify.size(), 5U);
    const auto& count = std::get<count_check>(s.verify[0].what);
    EXPECT_EQ(count.of, counter::logins);
    EXPECT_EQ(count.expected.least, 3U);
    EXPECT_EQ(count.expected.most, 3U);
    EXPECT_EQ(s.verify[0].text, "logins: 3");
    EXPECT_EQ(s.verify[0].where.line, 3);
    EXPECT_EQ(s.verify[1].server, "server");
    EXPECT_EQ(s.verify[1].text, "attempts: {since: cancelled, at-most: 0, server: server}");
    const auto& attempts = std::get<count_check>(s.verify[1].what);
    EXPECT_EQ(std::get<std::string>(attempts.since.value()), "cancelled");
    EXPECT_EQ(attempts.expected.least, 0U);
    EXPECT_EQ(attempts.expected.most, 0U);
    const auto& spacing = std::get<spacing_check>(s.verify[2].what);
    EXPECT_EQ(spacing.of, counter::logins);
    EXPECT_EQ(spacing.at_least, 900ms);
    EXPECT_DOUBLE_EQ(spacing.growth.value(), 1.5);
    const auto& closed = std::get<closed_check>(s.verify[3].what);
    EXPECT_EQ(closed.by, closer::server);
    EXPECT_EQ(closed.of, stage::prelogin);
    EXPECT_EQ(closed.within, 5s);
    const auto& never = std::get<seen_check>(s.verify[4].what);
    EXPECT_TRUE(never.never);
    EXPECT_EQ(never.at.size(), 2U);
}

TEST(model, the_browser) {
    EXPECT_FALSE(loaded("tdsfake: 1\n").browser);
    const auto healthy = loaded("tdsfake: 1\nbrowser: {}\n").browser.value();
    ASSERT_EQ(healthy.listen.size(), 1U);
    EXPECT_EQ(healthy.listen[0].address, "127.0.0.1");
    EXPECT_EQ(healthy.listen[0].port, 0);
    ASSERT_EQ(healthy.gate.size(), 1U);
    EXPECT_EQ(healthy.gate[0].mode, gate_mode::accept);
    EXPECT_TRUE(healthy.faults.empty());

    const auto s =
        loaded("tdsfake: 1\n"
               "servers: {a: {}, b: {identity: {instance: B}}}\n"
               "browser:\n"
               "  listen: [127.0.0.1:1434, {address: '::1', gate: drop}]\n"
               "  gate: [refuse: {until: up}, accept]\n"
               "  faults: [{at: lookup, when: {instance: B, request: dac}, do: {reply: {server: b}}}]\n"
               "verify: [lookups: {at-most: 2, when: {instance: B}}]\n");
    EXPECT_EQ(s.browser_index(), 2U);
    const auto& browser = s.browser.value();
    ASSERT_EQ(browser.listen.size(), 2U);
    EXPECT_EQ(browser.listen[0].port, 1434);
    EXPECT_EQ(browser.listen[1].gate.value().at(0).mode, gate_mode::drop);
    EXPECT_EQ(browser.gate[0].until, "up");
    ASSERT_EQ(browser.faults.size(), 1U);
    EXPECT_EQ(browser.faults[0].at, (std::vector{stage::lookup}));
    EXPECT_FALSE(browser.faults[0].when.empty());
    EXPECT_TRUE(matches_any(browser.faults[0].when.instance, "b"));
    EXPECT_TRUE(matches_any(browser.faults[0].when.request, "dac"));
    const auto& reply = std::get<reply_step>(browser.faults[0].steps.at(0).what);
    EXPECT_EQ(reply.overrides.at(0).field, "server");
    EXPECT_EQ(reply.overrides.at(0).value, "b");
    const auto& lookups = std::get<count_check>(s.verify.at(0).what);
    EXPECT_EQ(lookups.of, counter::lookups);
    EXPECT_TRUE(matches_any(lookups.when.instance, "B"));
}

TEST(model, servers_of_one_instance_beside_a_browser_are_warned_about) {
    const std::string two = "tdsfake: 1\nservers: {a: {}, b: {}}\n";
    EXPECT_TRUE(load(two, "file").warnings.empty());
    const auto warned = load(two + "browser: {}\n", "file").warnings;
    ASSERT_EQ(warned.size(), 1U);
    EXPECT_NE(warned[0].message.find("are both the instance `MSSQLSERVER`"), std::string::npos);
}

} // namespace
} // namespace tdsfake::scenario
