// Conversations inside TLS, broken after each step. Their client has to be alive (its bytes follow from the
// server's), so that they cannot be replayed from a script as others are.
#include "tests/session/conversation.hpp"
#include "tests/unit/tls/client.hpp"

namespace tdsfake::session::testing {
namespace {

using journal::kind;

enum class carrier : std::uint8_t { wrapped, strict };
enum class disaster : std::uint8_t { fin, rst, reset_by_the_world };

class live_client {
public:
    explicit live_client(const text& t, carrier in)
        : on(loaded(t)),
          in_(in),
          tls_(
              {.host = "localhost",
               .alpn =
                   in == carrier::strict ? std::vector<std::string>{"tds/8.0"} : std::vector<std::string>{}}
          ) {}

    static constexpr std::size_t steps = 7;

    // The client's next step; what the server says to it is read.
    void step(std::size_t number) {
        if (number == 0) return on.connect();
        if (in_ == carrier::strict && number == 1)
            number = 2; // TLS comes first
        else if (in_ == carrier::strict && number <= 3)
            return number == 2 ? finish() : inside(prelogin(0x01));
        switch (number) {
        case 1: on.receive(0, prelogin(0x01)); break;
        case 2:
            tls_.step();
            send(tls_.take_ciphertext());
            break;
        case 3: finish(); break;
        case 4: inside(login()); break;
        case 5: inside(batch("SELECT 1")); break;
        case 6: inside(attention()); break;
        default: break;
        }
        if (number == 1) on.at(0).unread.clear(); // the PRELOGIN answer
    }
    // The server's bytes so far, decrypted.
    std::string heard() {
        tls_.received(std::exchange(on.at(0).unread, {}));
        tls_.step();
        return tls_.read();
    }
    [[nodiscard]] const tls_testing::tls_client& tls() const { return tls_; }

private:
    void finish() {
        tls_.received(flight());
        tls_.step();
        send(tls_.take_ciphertext());
        tls_.received(flight());
        tls_.step();
    }
    void inside(const core::bytes& packets) {
        tls_.received(tls_.established() ? std::exchange(on.at(0).unread, {}) : flight());
        tls_.step();
        if (!tls_.established()) return; // the server is late
        tls_.write({packets.begin(), packets.end()});
        on.receive(0, tls_.take_ciphertext());
    }
    void send(const core::bytes& ciphertext) {
        if (ciphertext.empty()) return;
        on.receive(0, in_ == carrier::wrapped ? packets(wire::prelogin, ciphertext) : ciphertext);
    }
    // The server's flight, without the headers of packets.
    core::bytes flight() {
        auto raw = std::exchange(on.at(0).unread, {});
        if (in_ == carrier::strict) return raw;
        core::bytes out;
        std::size_t at = 0;
        while (at + 8 <= raw.size()) {
            const auto length = std::size_t{raw[at + 2]} << 8 | raw[at + 3];
            if (at + length > raw.size()) break; // its rest comes later
            out.insert(
                out.end(),
                raw.begin() + static_cast<std::ptrdiff_t>(at + 8),
                raw.begin() + static_cast<std::ptrdiff_t>(at + length)
            );
            at += length;
        }
        on.at(0).unread.assign(raw.begin() + static_cast<std::ptrdiff_t>(at), raw.end());
        return out;
    }

public:
    rig on;

private:
    carrier in_;
    tls_testing::tls_client tls_;
};

class TlsSteps : public ::testing::TestWithParam<std::tuple<carrier, std::string>> {
protected:
    [[nodiscard]] static text story() { return {.faults = {std::get<1>(GetParam())}}; }
};

TEST_P(TlsSteps, BreakAfterEach) {
    for (std::size_t steps = 1; steps <= live_client::steps; ++steps) {
        for (const auto how : {disaster::fin, disaster::rst, disaster::reset_by_the_world}) {
            SCOPED_TRACE(
                "after step " + std::to_string(steps) + ", disaster " + std::to_string(static_cast<int>(how))
            );
            live_client c(story(), std::get<0>(GetParam()));
            for (std::size_t i = 0; i < steps; ++i)
                c.step(i);
            auto& me = c.on.at(0);
            const auto came = me.everything.size();
            ASSERT_EQ(me.ended, "") << "the story itself has no end";
            switch (how) {
            case disaster::fin: c.on.fin(0); break;
            case disaster::rst: c.on.rst(0); break;
            case disaster::reset_by_the_world: c.on.raise(std::string(cancel_signal)); break;
            }
            EXPECT_TRUE(me.link->over());
            EXPECT_TRUE(how != disaster::rst || me.everything.size() == came);
            me.silent_from_here = true;
            c.on.advance_to(c.on.now() + 2h);
            EXPECT_THAT(me.misdeeds, ::testing::IsEmpty());
            std::vector<std::string> closed;
            for (const auto& event : c.on.events()) {
                if (event.what == kind::closed) closed.push_back(fields_of(event));
            }
            ASSERT_EQ(closed.size(), 1U);
            const std::string wanted = how == disaster::fin   ? "by=client how=FIN"
                                       : how == disaster::rst ? "by=client how=RST"
                                                              : "by=server how=RST";
            EXPECT_TRUE(closed.front().starts_with(wanted)) << closed.front();
            EXPECT_EQ(c.on.the_world().open_connections(), 0U);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    TlsSteps,
    ::testing::Combine(
        ::testing::Values(carrier::wrapped, carrier::strict),
        ::testing::Values(
            "at: query, when: {sql: nothing}, unused: allowed, do: close",
            "at: tls, unused: allowed, do: {wait: 5s}",
            "at: login, unused: allowed, do: {wait: 5s}",
            "at: query, unused: allowed, do: [{reply: healthy, pace: {bytes: 1, every: 1ms}}]",
            "at: tls, unused: allowed, do: {reply: healthy, record-size: 20, segments: [9, 1s, 60]}",
            "at: query, unused: allowed, do: [{reply: healthy, record-size: 7}, send: {alert: "
            "internal-error}]"
        )
    )
);

// The red control of the suite: untouched, the conversation comes to its end.
TEST(TlsStepsHealthy, AnswersInsideTls) {
    for (const auto in : {carrier::wrapped, carrier::strict}) {
        live_client c({}, in);
        for (std::size_t i = 0; i < live_client::steps - 1; ++i)
            c.step(i);
        ASSERT_TRUE(c.tls().established()) << c.tls().error();
        const auto heard = c.heard();
        EXPECT_NE(heard.find(std::string("\xd1\x01\x00\x00\x00", 5)), std::string::npos)
            << "the row of SELECT 1";
    }
}

} // namespace
} // namespace tdsfake::session::testing
