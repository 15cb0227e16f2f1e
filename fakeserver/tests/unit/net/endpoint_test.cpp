#include "net/endpoint.hpp"

#include <gtest/gtest.h>

namespace tdsfake::net {
namespace {

TEST(Endpoint, IsPrintedAsItIsRead) {
    for (const auto* const text : {"127.0.0.1", "0.0.0.0", "192.0.2.7", "255.255.255.255"}) {
        const auto e = endpoint::parse(text, 1433);
        ASSERT_TRUE(e) << text;
        EXPECT_FALSE(e->v6());
        EXPECT_EQ(e->host(), text);
        EXPECT_EQ(e->to_string(), std::string(text) + ":1433");
        EXPECT_EQ(e->size(), sizeof(sockaddr_in));
    }
    for (const auto* const text : {"::1", "::", "2001:db8::7"}) {
        const auto e = endpoint::parse(text, 65535);
        ASSERT_TRUE(e) << text;
        EXPECT_TRUE(e->v6());
        EXPECT_EQ(e->to_string(), "[" + std::string(text) + "]:65535");
        EXPECT_EQ(e->size(), sizeof(sockaddr_in6));
    }
}

TEST(Endpoint, LocalhostIsTheLoopbackOfIpv4) {
    EXPECT_EQ(endpoint::parse("localhost", 0)->to_string(), "127.0.0.1:0");
}

TEST(Endpoint, RefusesAllOtherText) {
    for (const auto* const text :
         {"", "example.test", "127.0.0", "127.0.0.256", "127.0.0.1:80", "[::1]", "::1::", " 127.0.0.1", "1"
         }) {
        EXPECT_FALSE(endpoint::parse(text, 0)) << text;
    }
}

TEST(Endpoint, KnowsLoopbackAndWildcard) {
    EXPECT_TRUE(endpoint::parse("127.9.9.9", 0)->loopback());
    EXPECT_TRUE(endpoint::parse("::1", 0)->loopback());
    EXPECT_FALSE(endpoint::parse("128.0.0.1", 0)->loopback());
    EXPECT_FALSE(endpoint::parse("::2", 0)->loopback());
    EXPECT_TRUE(endpoint::parse("0.0.0.0", 0)->wildcard());
    EXPECT_TRUE(endpoint::parse("::", 0)->wildcard());
    EXPECT_FALSE(endpoint::parse("0.0.0.1", 0)->wildcard());
    EXPECT_FALSE(endpoint::parse("::1", 0)->wildcard());
}

TEST(Endpoint, TakesAnotherPort) {
    for (const auto* const text : {"127.0.0.1", "::1"}) {
        auto e = *endpoint::parse(text, 1);
        e.set_port(50001);
        EXPECT_EQ(e.port(), 50001);
        EXPECT_EQ(e.host(), text);
    }
}

TEST(Endpoint, ComparesAddressesWithoutPorts) {
    const auto at = [](const char* text, std::uint16_t port) { return *endpoint::parse(text, port); };
    EXPECT_TRUE(at("127.0.0.1", 1).same_address(at("127.0.0.1", 2)));
    EXPECT_FALSE(at("127.0.0.1", 1).same_address(at("127.0.0.2", 1)));
    EXPECT_FALSE(at("0.0.0.0", 1).same_address(at("::", 1)));
}

TEST(Endpoint, ComesFromTheKernelsForm) {
    const auto e = *endpoint::parse("2001:db8::1", 1433);
    sockaddr_storage storage{};
    std::copy_n(
        static_cast<const std::uint8_t*>(static_cast<const void*>(e.data())),
        e.size(),
        static_cast<std::uint8_t*>(static_cast<void*>(&storage))
    );
    EXPECT_EQ(endpoint::from(storage).to_string(), "[2001:db8::1]:1433");
}

} // namespace
} // namespace tdsfake::net
