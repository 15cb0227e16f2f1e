// A server's engine with what it shares, for the tests of it.
#pragma once

#include "tests/unit/tls/client.hpp"
#include "tls/engine.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tdsfake::tls_testing {

inline std::string text_of(const core::bytes& bytes) { return {bytes.begin(), bytes.end()}; }
inline core::byte_view bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct rig {
    tls::authority authority;
    tls::context context;
    tls::engine engine;
    explicit rig(tls::context_settings settings = {})
        : context(std::move(settings), authority),
          engine(context) {}
};

inline tls::context_settings strict(tls::settings of = {}) {
    return {.tls = std::move(of), .in = tls::carrier::strict};
}
inline tls::context_settings wrapped(tls::settings of = {}) {
    return {.tls = std::move(of), .in = tls::carrier::wrapped};
}

inline void expect_echo(tls::engine& server, tls_client& client) {
    client.write("question");
    server.received(client.take_ciphertext());
    ASSERT_EQ(server.step(), tls::status::data);
    EXPECT_EQ(text_of(server.take_plaintext()), "question");
    EXPECT_EQ(server.step(), tls::status::wants_more);
    client.received(server.encrypt(bytes_of("answer")));
    EXPECT_EQ(client.read(), "answer");
}

} // namespace tdsfake::tls_testing
