#include "tests/session/conversation.hpp"

#include "core/hex.hpp"
#include "scenario/load.hpp"
#include "tests/session/every_step.hpp"

#include <algorithm>

namespace tdsfake::session::testing {

namespace {

std::string_view token_name(std::uint8_t token) {
    switch (token) {
    case 0x79: return "returnstatus";
    case 0x81: return "colmetadata";
    case 0xaa: return "error";
    case 0xab: return "info";
    case 0xad: return "loginack";
    case 0xae: return "featureextack";
    case 0xd1: return "row";
    case 0xd2: return "nbcrow";
    case 0xa9: return "order";
    case 0xac: return "returnvalue";
    case 0xe3: return "envchange";
    case 0xed: return "sspi";
    case 0xee: return "fedauthinfo";
    case 0xfd: return "done";
    case 0xfe: return "doneproc";
    case 0xff: return "doneinproc";
    default: return "?";
    }
}

struct at_line : ::testing::ScopedTrace {
    explicit at_line(const std::source_location& from)
        : ScopedTrace(from.file_name(), static_cast<int>(from.line()), "the story") {}
};

} // namespace

void play(rig& on, const input& next, bool byte_by_byte) {
    using kind = input::kind;
    on.advance_to(next.at);
    switch (next.what) {
    case kind::connect: on.connect(); break;
    case kind::bytes:
        if (byte_by_byte) {
            for (const auto byte : next.data)
                on.receive(next.who, core::byte_view(&byte, 1));
        } else {
            on.receive(next.who, next.data);
        }
        break;
    case kind::fin: on.fin(next.who); break;
    case kind::rst: on.rst(next.who); break;
    case kind::signal: on.raise(next.signal); break;
    case kind::time: break;
    }
}

std::shared_ptr<const scenario::scenario> loaded(const text& t) {
    std::string all = "tdsfake: 1\nserver:\n";
    all += "  faults:\n";
    for (const auto& fault : t.faults)
        all += "    - {" + fault + "}\n";
    all += "    - {at: start, do: [hold: " + std::string(cancel_signal) + ", reset: all]}\n";
    // Never fires: the signals that a story itself may raise, which the loader wants to see raised somewhere.
    all += "    - {at: connect, when: {connection: 1000000}, unused: allowed, do: [signal: go, signal: over, "
           "signal: " +
           std::string(cancel_signal) + "]}\n";
    if (!t.server.empty()) all += "  " + t.server + "\n";
    if (!t.verify.empty()) all += "verify: " + t.verify + "\n";
    auto result = scenario::load(all, "story");
    for (const auto& error : result.errors)
        ADD_FAILURE() << scenario::format(error, "story") << "\n" << all;
    return std::make_shared<const scenario::scenario>(std::move(result.value));
}

std::vector<std::string> answer::names() const {
    std::vector<std::string> out;
    for (const auto& t : tokens)
        out.emplace_back(token_name(t.token));
    return out;
}

conversation::conversation(const text& t, options opts)
    : scenario_(loaded(t)),
      options_(opts),
      rig_(std::make_unique<rig>(scenario_, opts)) {
    for (const auto& fault : t.faults)
        handles_client_close_ = handles_client_close_ || fault.find("client-close") != std::string::npos;
}

conversation::~conversation() {
    for (std::size_t i = 0; i < rig_->peers(); ++i)
        EXPECT_THAT(rig_->at(i).misdeeds, ::testing::IsEmpty());
    if (plays_once_ || ::testing::Test::HasFailure()) return;
    const replay again{*scenario_, scenario_, options_, script_, handles_client_close_};
    same_byte_by_byte(again, *rig_);
    fails_at_every_step(again);
    cancelled_at_every_step(again);
}

void conversation::act(input&& next) {
    next.at = std::max(next.at, rig_->now());
    play(*rig_, next);
    script_.push_back(std::move(next));
}

conversation& conversation::connects() {
    who_ = rig_->peers();
    act({.what = input::kind::connect, .who = who_});
    return *this;
}

conversation& conversation::as(std::size_t number) {
    who_ = number - 1;
    return *this;
}

conversation& conversation::peer_sends(const core::bytes& data) {
    act({.what = input::kind::bytes, .who = who_, .data = data});
    return *this;
}

conversation& conversation::peer_closes() {
    act({.what = input::kind::fin, .who = who_});
    return *this;
}

conversation& conversation::peer_resets() {
    act({.what = input::kind::rst, .who = who_});
    return *this;
}

conversation& conversation::after(core::duration d) {
    act({.what = input::kind::time, .who = who_, .at = rig_->now() + d});
    return *this;
}

conversation& conversation::raises(const std::string& signal) {
    act({.what = input::kind::signal, .who = who_, .signal = signal});
    return *this;
}

conversation& conversation::logs_in(const credentials& who, where from) {
    const at_line here(from);
    connects().peer_sends(prelogin()).expect_prelogin();
    return peer_sends(login(who)).expect_logged_in();
}

conversation& conversation::speaks(tds::tds_version version) {
    version_ = version;
    return *this;
}

// Takes one message apart from what was received; by hand, because the server's reader is what is tested.
bool conversation::next_message(bool tokens) {
    last_ = {};
    auto& unread = me().unread;
    std::size_t at = 0;
    for (std::uint8_t id = 1;; ++id) {
        if (unread.size() < at + 8) {
            ADD_FAILURE() << "no whole message of the server's: " << core::hexdump(unread);
            return false;
        }
        const auto* header = unread.data() + at;
        const std::size_t length = std::size_t{header[2]} << 8 | header[3];
        EXPECT_EQ(header[0], wire::tabular);
        EXPECT_EQ(header[1] & ~wire::eom, 0) << "status bits that servers never set";
        EXPECT_EQ(header[6], id) << "packet id";
        EXPECT_EQ(header[7], 0) << "window";
        if (length < 8 || unread.size() < at + length) {
            ADD_FAILURE() << "a packet of " << length << " bytes: " << core::hexdump(unread);
            return false;
        }
        last_.packets.push_back(length);
        last_.payload.insert(last_.payload.end(), header + 8, header + length);
        at += length;
        if ((header[1] & wire::eom) != 0) break;
    }
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(at));
    if (!tokens) return true;
    auto parsed = tds::parse_tokens(last_.payload, version_);
    if (parsed.has_error()) {
        ADD_FAILURE() << parsed.error().message() << ": " << core::hexdump(last_.payload);
        return false;
    }
    last_.tokens = std::move(*parsed);
    return true;
}

conversation& conversation::expect_prelogin(where from) {
    const at_line here(from);
    if (!next_message(false)) return *this;
    auto parsed = tds::parse_prelogin_leniently(last_.payload);
    EXPECT_TRUE(parsed.has_value()) << core::hexdump(last_.payload);
    if (parsed.has_value()) last_prelogin_ = std::move(*parsed);
    return *this;
}

conversation& conversation::expect_tokens(std::vector<std::string> names, where from) {
    const at_line here(from);
    if (!next_message(true)) return *this;
    EXPECT_EQ(last_.names(), names);
    return *this;
}

conversation& conversation::expect_logged_in(where from) {
    const at_line here(from);
    if (!next_message(true)) return *this;
    EXPECT_THAT(last_.names(), ::testing::Contains("loginack"));
    return *this;
}

conversation& conversation::expect_error(std::int32_t number, where from) {
    const at_line here(from);
    if (!next_message(true)) return *this;
    const auto errors = last_.all<tds::server_message>();
    EXPECT_THAT(errors, ::testing::Contains(::testing::Field(&tds::server_message::number, number)));
    const auto ends = last_.all<tds::done>();
    EXPECT_TRUE(!ends.empty() && (ends.back().status & 0x02) != 0)
        << "DONE_ERROR ends an answer with an error";
    EXPECT_TRUE(!ends.empty() && (ends.back().status & 0x01) == 0) << "the last DONE promises more";
    return *this;
}

conversation& conversation::expect_rows(std::vector<std::vector<tds::cell>> rows, where from) {
    const at_line here(from);
    if (!next_message(true)) return *this;
    EXPECT_EQ(last_.all<std::vector<tds::cell>>(), rows);
    return *this;
}

conversation& conversation::expect_done(std::uint16_t status, where from) {
    const at_line here(from);
    if (!next_message(true)) return *this;
    EXPECT_EQ(last_.names(), std::vector<std::string>{"done"});
    const auto ends = last_.all<tds::done>();
    EXPECT_TRUE(!ends.empty() && ends.front().status == status)
        << "status of " << (ends.empty() ? -1 : ends.front().status);
    return *this;
}

conversation& conversation::expect_bytes(const core::bytes& data, where from) {
    const at_line here(from);
    auto& unread = me().unread;
    const auto size = std::min(unread.size(), data.size());
    const core::bytes front(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(core::to_hex(front), core::to_hex(data));
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(size));
    return *this;
}

std::string conversation::unread() { return me().unread.empty() ? "" : core::hexdump(me().unread); }

conversation& conversation::expect_silence(where from) {
    const at_line here(from);
    EXPECT_EQ(unread(), "");
    EXPECT_EQ(me().ended, "") << "the connection has ended";
    return *this;
}

conversation& conversation::expect_end(const std::string& how, where from) {
    const at_line here(from);
    EXPECT_EQ(unread(), "");
    EXPECT_EQ(me().ended, how);
    EXPECT_TRUE(me().link->over());
    return *this;
}

conversation& conversation::expect_half_closed(where from) {
    const at_line here(from);
    EXPECT_EQ(unread(), "");
    EXPECT_TRUE(me().half_closed);
    EXPECT_EQ(me().ended, "") << "the connection has ended";
    return *this;
}

conversation& conversation::expect_vanished(where from) {
    const at_line here(from);
    EXPECT_EQ(unread(), "");
    EXPECT_TRUE(me().vanished);
    EXPECT_EQ(me().ended, "") << "the connection has ended";
    return *this;
}

conversation& conversation::expect_noted(journal::kind what, const std::string& fields, where from) {
    const at_line here(from);
    std::string of_this_kind;
    bool found = false;
    for (const auto& event : rig_->events()) {
        if (event.what != what) continue;
        of_this_kind += "\n  " + fields_of(event);
        found = found || fields_of(event).find(fields) != std::string::npos;
    }
    EXPECT_TRUE(found) << "no " << journal::name(what) << " with " << fields << " among" << of_this_kind;
    return *this;
}

conversation& conversation::expect_count(journal::kind what, std::size_t count, where from) {
    const at_line here(from);
    std::size_t seen = 0;
    for (const auto& event : rig_->events())
        seen += event.what == what && (event.connection == who_ + 1 || event.connection == 0) ? 1 : 0;
    EXPECT_EQ(seen, count) << journal::name(what);
    return *this;
}

conversation& conversation::expect_unmet(std::vector<std::string> seen, where from) {
    const at_line here(from);
    std::vector<std::string> found;
    for (const auto& line : rig_->the_world().judge())
        found.push_back(line.seen);
    EXPECT_EQ(found, seen);
    return *this;
}

} // namespace tdsfake::session::testing
