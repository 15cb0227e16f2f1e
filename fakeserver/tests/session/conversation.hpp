// A conversation with one server, told step by step:
//
//     conversation("at: login, times: 1, do: {error: 40613}")
//         .connects().peer_sends(prelogin()).expect_prelogin()
//         .peer_sends(login()).expect_tokens({"error", "done"}).expect_end("FIN");
//
// Time passes only where the story says so. When a conversation is over it is replayed in the ways of
// every_step.hpp.
#pragma once

#include "tds/prelogin.hpp"
#include "tds/tokens/token_reader.hpp"
#include "tests/session/client_messages.hpp"
#include "tests/session/rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::session::testing {

using namespace std::chrono_literals;

// What a client did, or time, when: enough to play it again.
struct input {
    enum class kind : std::uint8_t { connect, bytes, fin, rst, signal, time };
    kind what = kind::time;
    std::size_t who = 0;
    core::instant at{};
    core::bytes data;
    std::string signal;
};
void play(rig& on, const input& next, bool byte_by_byte = false);

// A scenario of one server, from its rules (without the braces), its other keys and `verify`.
struct text {
    std::vector<std::string> faults;
    std::string server; // "identity: {tds: 7.1}", lines of their own
    std::string verify; // "[logins: 1]"
};
std::shared_ptr<const scenario::scenario> loaded(const text& t);

// A message of the server's, taken apart.
struct answer {
    core::bytes payload;
    std::vector<std::size_t> packets; // sizes
    std::vector<tds::named_token> tokens;

    [[nodiscard]] std::vector<std::string> names() const;
    template <class Value>
    [[nodiscard]] std::vector<Value> all() const {
        std::vector<Value> found;
        for (const auto& t : tokens) {
            if (const auto* v = std::get_if<Value>(&t.value)) found.push_back(*v);
        }
        return found;
    }
};

class conversation {
public:
    using where = std::source_location;

    conversation() : conversation(text{}) {}
    template <class... More>
        requires(std::is_convertible_v<More, std::string> && ...)
    explicit conversation(const std::string& fault, const More&... more)
        : conversation(text{.faults = {fault, more...}}) {}
    explicit conversation(const text& t, options opts = {});
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;
    ~conversation();

    // --- what happens
    conversation& connects();             // one more connection; the story goes on with it
    conversation& as(std::size_t number); // goes on with connection `number`, from 1
    conversation& peer_sends(const core::bytes& data);
    conversation& peer_closes();
    conversation& peer_resets();
    conversation& after(core::duration d);
    conversation& raises(const std::string& signal);
    // connects, PRELOGIN and login, all answered.
    conversation& logs_in(const credentials& who = {}, where from = where::current());
    conversation& speaks(tds::tds_version version); // how token streams are to be read from here on

    // --- what is expected; each takes the next message of the server's
    conversation& expect_prelogin(where from = where::current());
    conversation& expect_tokens(std::vector<std::string> names, where from = where::current());
    conversation& expect_logged_in(where from = where::current());
    conversation& expect_error(std::int32_t number, where from = where::current());
    conversation& expect_rows(std::vector<std::vector<tds::cell>> rows, where from = where::current());
    conversation& expect_done(std::uint16_t status, where from = where::current()); // and nothing else
    conversation& expect_bytes(const core::bytes& data, where from = where::current());
    // --- the rest
    conversation& expect_silence(where from = where::current()); // nothing came, and the connection is open
    conversation& expect_end(const std::string& how, where from = where::current()); // and nothing before it
    conversation& expect_half_closed(where from = where::current());
    conversation& expect_vanished(where from = where::current());
    conversation&
    expect_noted(journal::kind what, const std::string& fields = {}, where from = where::current());
    conversation&
    expect_count(journal::kind what, std::size_t count, where from = where::current()); // of this connection
    conversation& expect_unmet(std::vector<std::string> seen = {}, where from = where::current());

    [[nodiscard]] const answer& last() const noexcept { return last_; }
    [[nodiscard]] const tds::prelogin& last_prelogin() const noexcept { return last_prelogin_; }
    [[nodiscard]] rig& world() noexcept { return *rig_; }
    [[nodiscard]] peer& me() { return rig_->at(who_); }

    // For a conversation whose replays mean nothing.
    conversation& plays_once() {
        plays_once_ = true;
        return *this;
    }

private:
    void act(input&& next);
    bool next_message(bool tokens);
    std::string unread();

    std::shared_ptr<const scenario::scenario> scenario_;
    options options_;
    bool handles_client_close_ = false;
    std::unique_ptr<rig> rig_;
    std::vector<input> script_;
    std::size_t who_ = 0;
    tds::tds_version version_ = tds::tds_version::v7_4;
    answer last_;
    tds::prelogin last_prelogin_;
    bool plays_once_ = false;
};

} // namespace tdsfake::session::testing
