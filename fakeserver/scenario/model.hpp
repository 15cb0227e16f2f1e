// The scenario, as the rest of the house sees it: plain values, checked by the loader, immutable afterwards.
// The words are those of scenarios/README.md.
#pragma once

#include "core/bytes.hpp"
#include "core/duration.hpp"
#include "scenario/pattern.hpp"
#include "scenario/shapes.hpp"
#include "tds/tokens/scripted.hpp"
#include "tds/tokens/token_writer.hpp"
#include "tds/version.hpp"
#include "tls/alert.hpp"
#include "tls/settings.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tdsfake::scenario {

// `3`, `2..4`, `3..`.
struct number_range {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    [[nodiscard]] bool contains(std::uint64_t n) const noexcept { return n >= least && n <= most; }
};

// A SIGNAL or a DURATION from ready, for since/until.
using moment = std::variant<core::duration, std::string>;

// ------------------------------------------------------------------------------------------------ gate

enum class gate_mode : std::uint8_t { accept, refuse, drop, slow, unreachable, backlog_full };
inline constexpr std::array<std::string_view, 6> gate_mode_words{
    "accept", "refuse", "drop", "slow", "unreachable", "backlog-full"
};
// What the ICMP message says that answers the SYN.
enum class unreachable : std::uint8_t { host, net, port, admin_prohibited };
inline constexpr std::array<std::string_view, 4> unreachable_words{"host", "net", "port", "admin-prohibited"};

// One phase; the last of a gate stays for ever. At most one of the ends is set.
struct gate_phase {
    gate_mode mode = gate_mode::accept;
    core::duration late{};                 // slow: how long after its SYN a connect is answered
    unreachable what = unreachable::host;  // unreachable
    std::optional<core::duration> lasts;   // `for:`
    std::optional<std::string> until;      // a signal
    std::optional<std::uint64_t> attempts; // connects; needs CAP_NET_RAW
    location where;
};
using gate = std::vector<gate_phase>;

// ------------------------------------------------------------------------------------------------ stages

enum class stage : std::uint8_t {
    start,
    connect,
    prelogin,
    tls,
    login,
    fedauth,
    sspi,
    batch,
    rpc,
    bulk,
    transaction,
    request,
    query,
    attention,
    smp, // MARS
    idle,
    client_close,
    lookup, // of the SQL Server Browser
};
// As the language spells it: "client-close".
std::string_view name(stage s) noexcept;

// A decoded field of the message that was read, by its name in the journal. As text, or a number in a range;
// `absent`: it is not there.
struct field_condition {
    std::string name;
    std::vector<pattern> texts;
    std::optional<number_range> numbers;
    bool absent = false;
};

// All that are set must hold. An empty condition always does.
struct condition {
    std::optional<number_range> connection; // number on this server, from 1
    std::optional<number_range> session;    // of MARS, from 0
    std::vector<pattern> from, to;          // addresses, with the port or without
    std::vector<pattern> user, database, app, host, library, server_name;
    std::vector<pattern> sql;
    std::vector<pattern> procedure; // its whole name or the last part of it
    std::vector<pattern> status;    // `reset`, `ignore`
    std::vector<pattern> flag;      // of SMP: `syn`, `ack`, `fin`
    std::vector<pattern> instance,
        request;                     // at `lookup`: the instance asked for; broadcast, all, instance, dac
    std::vector<pattern> encryption; // asked for in PRELOGIN: `off`, …; `none`: there was no PRELOGIN
    std::vector<pattern> flight;     // of TLS: `client-hello`, `client-finished`
    std::vector<pattern> intent;     // `read-only`, `read-write`
    std::vector<pattern> tds;        // that LOGIN7 asks for
    std::vector<pattern> features;   // any of those that LOGIN7 asks for
    std::vector<stage> seen;         // any of them, earlier on this connection
    std::vector<field_condition> fields;
    // Of a query with `do`: the texts of the queries before it, which win.
    std::vector<pattern> other_sql;
    [[nodiscard]] bool empty() const noexcept;
};

// A key of `when` whose value is text to match.
struct condition_key {
    std::string_view word;
    std::vector<pattern> condition::* texts;
};
std::span<const condition_key> condition_keys() noexcept;

// ------------------------------------------------------------------------------------------------ steps

struct wait_step {
    duration_range time;
};
struct hold_step {
    std::string signal;
};
struct stall_step {};
struct ignore_step {};
struct stay_step {};

// A field of the healthy reply, set to other than it would be.
struct field_override {
    std::string field; // a name of tds/reply_fields
    bool none = false; // left out
    std::optional<std::string> value;
    std::optional<std::uint16_t> offset; // lies, PRELOGIN options only
    std::optional<std::uint16_t> length;
    location where;
};
struct reply_step {
    std::vector<field_override> overrides;
    shapes shape;
};

// ERROR and DONE; filled from the catalogue where the file leaves something out. `{user}`, `{database}`,
// `{server}` in the text stand for what the client asked for, `{spid}` for its session.
struct error_step {
    tds::server_message error;
    shapes shape;
};
// An answer spelled out token by token.
struct tokens_step {
    std::vector<tds::scripted_token> tokens;
    shapes shape;
};
// A packet of SMP. What is not said is what the session would send; its LENGTH may lie.
struct smp_packet {
    std::uint8_t flag = 0;
    std::optional<std::uint16_t> session;
    std::optional<std::uint32_t> sequence, window, length;
    core::bytes payload;
};
struct send_step {
    std::variant<core::bytes, smp_packet, tls::alert> what;
    bool plain = false; // beneath TLS
    shapes shape;
};

// The login answer sends the client elsewhere: to a server of this scenario, or to a host and port.
struct route_step {
    std::string to; // a server; else
    std::string host;
    std::uint16_t port = 0;
    std::optional<std::string> database; // with one it is ENVCHANGE 21, else 20
    shapes shape;
};

enum class ending : std::uint8_t { close, half_close, reset, vanish };
// self: the connection the list runs on.
enum class target : std::uint8_t { self, all, idle, others };
struct end_step {
    ending how = ending::close;
    target whom = target::self;
    std::optional<condition> when;             // of `{which: all, when: {…}}`
    std::optional<core::duration> heals_after; // vanish: {for: 30s}
    bool close_notify = true;                  // close, half-close: TLS says that it ends
};
struct gate_step {
    gate phases;
};
struct signal_step {
    std::string signal;
};

// The next message of the conversation is for this list, which goes on with it.
struct expect_step {
    std::vector<stage> at;
    condition when;
    std::optional<core::duration> within;
    std::string text; // as the file says it, for messages
};
// Nothing more is read of the connection (with MARS: of the session), or not for so long.
struct stop_reading_step {
    std::optional<core::duration> lasts;
};

struct step {
    std::variant<
        wait_step,
        hold_step,
        stall_step,
        ignore_step,
        stay_step,
        reply_step,
        error_step,
        tokens_step,
        send_step,
        route_step,
        end_step,
        gate_step,
        signal_step,
        expect_step,
        stop_reading_step>
        what;
    location where;
};
// The word of the language: "wait", "half-close", ….
std::string_view name(const step& s) noexcept;
// True for the steps that answer a message: reply, error, tokens, send, route, ignore, stall.
bool answers(const step& s) noexcept;
// True for gate, signal and targeted endings, which outlive the connection.
bool is_server_step(const step& s) noexcept;

struct fault {
    std::vector<stage> at;
    condition when;
    std::uint64_t skip = 0;
    std::uint64_t every = 1;
    std::optional<std::uint64_t> times;
    std::optional<unsigned> chance; // percent, 0..100
    bool per_connection = false;    // per: connection
    std::optional<moment> since, until;
    std::optional<core::duration> lasts;             // `for:`, from the first firing
    core::duration after = std::chrono::seconds(60); // stage idle only
    std::optional<std::uint64_t> after_bytes;        // of a message that is on its way
    bool unused_allowed = false;
    std::vector<step> steps;
    location where;
    std::string text; // `do` as the file says it, on one line, for the journal and messages
};

// ------------------------------------------------------------------------------------------------ servers

struct listen_address {
    std::string address;                // without brackets
    std::uint16_t port = 0;             // 0: one free port that all such addresses of the server share
    std::optional<scenario::gate> gate; // its own gate
    location where;
};

// What a server says to a client's wish for TLS (fact sheet 2.1). strict: TDS 8.0, TLS comes first.
enum class encryption_policy : std::uint8_t { off, required, not_supported, strict };

// What FEATUREEXTACK says of a feature that a client asks for.
struct feature_rule {
    enum class answer : std::uint8_t { acknowledged, refused, left_out, bytes };
    std::uint8_t id = 0; // fact sheet 3.1
    answer what = answer::acknowledged;
    core::bytes data; // as it is
};

struct identity {
    std::string name = "FAKE";
    std::string instance = "MSSQLSERVER";
    std::array<std::uint8_t, 4> version{16, 0, 0x10, 0x13}; // major, minor, build (high, low): 16.0.4115
    tds::tds_version tds = tds::tds_version::v8_0;          // the newest it speaks
    std::uint32_t packet_size = 32767;                      // the most it grants
    encryption_policy encryption = encryption_policy::off;
    tls::settings tls;
    bool mars = true;                   // if the client asks for it
    std::vector<feature_rule> features; // where they differ from what a server does
    std::string failover_partner;       // told in each login answer; empty: none
};

struct login_rule {
    std::string user;
    std::optional<std::string> password; // anything, if unset
    std::vector<std::string> databases;  // any, if empty
    bool must_change = false;            // the password; until a login changes it
    bool expired = false;                // likewise
    bool locked = false;
    bool disabled = false;
};

// A value of a row.
struct cell {
    tds::datum value; // its bytes, or nothing for NULL
    std::string text; // not empty: a text with values of the request in it instead (request_values.hpp)
};
// `rows: {count, values}`, `rows: endless`.
struct generated_rows {
    std::optional<std::uint64_t> count; // nothing: endless
    std::vector<cell> values;           // one for each column
};
// A canned result: rows, or the number of rows that a statement without a result has changed.
struct result_set {
    std::vector<tds::column> columns;
    std::vector<std::vector<cell>> rows;
    std::optional<generated_rows> generated; // instead of `rows`
    std::optional<std::uint64_t> affected;   // instead of all of these
    tds::plp_form plp;
};
// An output parameter, by its name or its position from 1. Its type is the one that the client declares.
struct output {
    std::string name;
    std::optional<std::string> text; // nothing: NULL; values of the request may stand in it
    location where;
};
struct query {
    std::vector<pattern> match;     // the SQL of a batch or an RPC
    std::vector<pattern> procedure; // the name of a procedure that is called by name
    std::vector<tds::server_message> info;
    std::vector<result_set> results;
    std::vector<output> outputs;
    std::int32_t return_status = 0;
    std::optional<tds::server_message> error; // after the results
    location where;
};

// What a real server insists on. What breaks it is journalled and ends the connection.
struct enforcement {
    bool prelogin = false;    // comes before the login, and asks for what there is
    bool packet_size = false; // 4096 until a login answer has granted another
    bool tls_record = false;  // holds one packet at most
    bool smp = false;         // no DATA beyond the window
};

struct server {
    std::string name = "server";
    std::vector<listen_address> listen;
    std::vector<std::string> names; // of these addresses, in an isolated run
    scenario::gate gate{gate_phase{}};
    scenario::identity identity;
    std::vector<login_rule> logins; // empty: anyone
    std::vector<query> queries;
    std::vector<fault> faults;
    enforcement enforce;
    location where;
};

// The SQL Server Browser, which tells clients the ports of the servers' instances. Its gate knows no
// `attempts`, its faults stand at `lookup` and `start`.
struct browser {
    std::vector<listen_address> listen;
    scenario::gate gate{gate_phase{}};
    std::vector<fault> faults;
    location where;
};
inline constexpr std::string_view browser_name = "browser";

// ------------------------------------------------------------------------------------------------ verify

enum class counter : std::uint8_t {
    connections,
    prelogins,
    logins,
    accepted,
    requests,
    attentions,
    abandoned,
    attempts,
    open,
    lookups,
};
std::string_view name(counter c) noexcept;

// `logins: 3` or `logins: {at-least: 2, server: a, when: {…}, since: s, until: 5s}`.
struct count_check {
    counter of = counter::connections;
    number_range expected;
    condition when;
    std::optional<moment> since, until;
};
// Gaps between consecutive events of one kind that match. growth: each gap at least `growth` times the one
// before.
struct spacing_check {
    counter of = counter::attempts;
    condition when;
    std::optional<core::duration> at_least, at_most;
    std::optional<double> growth;
};
enum class closer : std::uint8_t { client, server };
// Every connection that reached `of` with an event that matches was closed by `by` (within that time of
// reaching it).
struct closed_check {
    closer by = closer::client;
    std::optional<stage> of;
    condition when;
    std::optional<core::duration> within;
};
// `seen` / `never`: an event of that stage that matches.
struct seen_check {
    bool never = false;
    std::vector<stage> at;
    condition when;
};
struct verification {
    std::variant<count_check, spacing_check, closed_check, seen_check> what;
    std::string server; // empty: all
    std::string text;   // as the file says it, on one line, for messages
    location where;
};

struct scenario {
    std::string file; // as given, for messages
    std::string about;
    std::uint64_t seed = 0;
    bool seed_given = false;
    std::vector<server> servers; // at least one, in file order
    std::optional<tdsfake::scenario::browser> browser;
    std::vector<verification> verify;

    // Servers are known by their index; the Browser has the one behind the last.
    [[nodiscard]] std::uint32_t browser_index() const noexcept {
        return static_cast<std::uint32_t>(servers.size());
    }
};

} // namespace tdsfake::scenario
