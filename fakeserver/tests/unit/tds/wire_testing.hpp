// What the tests of the wire share: bytes as a person writes them, and the treatments every decoder gets.
#pragma once

#include "core/bytes.hpp"
#include "core/hex.hpp"
#include "core/utf16.hpp"
#include "tds/types/sql_type.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <string_view>

namespace tdsfake::tds::testing {

inline core::bytes hex(std::string_view text) {
    auto data = core::from_hex(text);
    if (!data) {
        std::cerr << "a test holds ill-formed hex: " << text << '\n';
        std::abort();
    }
    return std::move(*data);
}

inline core::bytes utf16(std::string_view text) { return core::utf8_to_utf16le(text); }

// A column's type as a scenario spells it.
inline sql_type declared(std::string_view text) {
    std::string problem;
    const auto read = parse_type(text, problem);
    EXPECT_TRUE(read) << text << ": " << problem;
    return read.value_or(sql_type{});
}

inline core::bytes joined(std::initializer_list<core::bytes> parts) {
    core::bytes all;
    for (const auto& part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

// A copy of its own, exactly as long as it is: so AddressSanitizer sees the first byte read past the end.
inline core::bytes cut(core::byte_view data, std::size_t length) {
    return {data.begin(), data.begin() + static_cast<std::ptrdiff_t>(length)};
}

// Every proper prefix is an error, except those whose lengths are in `whole`: they are messages themselves.
template <class Parser>
void expect_truncations_fail(const core::bytes& data, Parser parse, const std::set<std::size_t>& whole = {}) {
    ASSERT_FALSE(parse(data).has_error()) << "the whole message: " << core::to_hex(data);
    for (std::size_t length = 0; length < data.size(); ++length) {
        const auto prefix = cut(data, length);
        EXPECT_EQ(parse(prefix).has_error(), whole.count(length) == 0)
            << "cut after " << length << " of " << data.size() << " bytes: " << core::to_hex(prefix);
    }
}

// Every single byte set to 00, 7F, 80 and FF in turn: the verdict is free, over-reading and throwing are not.
template <class Parser>
void survives_every_byte_changed(const core::bytes& data, Parser parse) {
    for (std::size_t at = 0; at < data.size(); ++at) {
        for (const std::uint8_t value : core::bytes{0x00, 0x7f, 0x80, 0xff}) {
            auto changed = cut(data, data.size());
            changed[at] = value;
            EXPECT_NO_THROW((void)parse(changed)) << "byte " << at << " set to " << int{value};
        }
    }
}

} // namespace tdsfake::tds::testing
