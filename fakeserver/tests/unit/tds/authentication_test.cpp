// What LOGIN7 and the messages behind it carry to authenticate a client: FEDAUTH, SSPI, SESSIONRECOVERY.
#include "core/utf16.hpp"
#include "tds/fedauth.hpp"
#include "tds/ntlm.hpp"
#include "tds/session_recovery.hpp"
#include "tds/tokens/login_tokens.hpp"
#include "tds/tokens/token_writer.hpp"
#include "tests/unit/tds/wire_testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace tdsfake;
using core::wire_errc;

namespace {

using tds::testing::hex;
using tds::testing::joined;

// Every prefix of what is whole fails, and so does one byte more.
template <class Parse>
void expect_strict(const core::bytes& whole, Parse parse, std::size_t from = 0) {
    ASSERT_TRUE(parse(whole).has_value());
    for (std::size_t size = from; size < whole.size(); ++size)
        EXPECT_TRUE(parse(core::byte_view(whole).first(size)).has_error()) << size;
    auto longer = whole;
    longer.push_back(0);
    EXPECT_TRUE(parse(longer).has_error());
}

} // namespace

// ------------------------------------------------------------------------------------------------ FEDAUTH

TEST(FedauthFeature, OfASecurityToken) {
    const auto data = hex("03 04 00 00 00 61 00 62 00");
    const auto feature = tds::parse_fedauth_feature(data);
    ASSERT_TRUE(feature.has_value());
    EXPECT_TRUE(feature->has_token());
    EXPECT_TRUE(feature->echo);
    EXPECT_EQ(feature->token, hex("61 00 62 00"));
    EXPECT_TRUE(feature->nonce.empty());
    expect_strict(data, tds::parse_fedauth_feature);
}

TEST(FedauthFeature, MayHaveANonce) {
    const auto data = joined({hex("02 02 00 00 00 61 00"), core::bytes(32, 7)});
    const auto feature = tds::parse_fedauth_feature(data);
    ASSERT_TRUE(feature.has_value());
    EXPECT_FALSE(feature->echo);
    EXPECT_EQ(feature->nonce, core::bytes(32, 7));
    for (std::size_t size = 8; size < data.size(); ++size)
        EXPECT_TRUE(tds::parse_fedauth_feature(core::byte_view(data).first(size)).has_error()) << size;
}

TEST(FedauthFeature, OfAdalSaysHow) {
    const auto feature = tds::parse_fedauth_feature(hex("05 01"));
    ASSERT_TRUE(feature.has_value());
    EXPECT_FALSE(feature->has_token());
    EXPECT_EQ(feature->library_id, 2);
    EXPECT_EQ(feature->workflow_id, 1);
    EXPECT_FALSE(tds::parse_fedauth_feature(hex("04"))->workflow_id) << "old clients do not say";
    EXPECT_EQ(tds::parse_fedauth_feature(hex("04 01 00")).error(), wire_errc::extra_bytes);
    EXPECT_EQ(tds::parse_fedauth_feature({}).error(), wire_errc::truncated);
}

TEST(FedauthToken, IsRead) {
    const auto wire = hex("08 00 00 00 04 00 00 00 61 00 62 00");
    const auto message = tds::parse_fedauth_token(wire);
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->token, hex("61 00 62 00"));
    expect_strict(wire, tds::parse_fedauth_token);

    const auto with_nonce = joined({hex("26 00 00 00 02 00 00 00 61 00"), core::bytes(32, 9)});
    ASSERT_TRUE(tds::parse_fedauth_token(with_nonce).has_value());
    EXPECT_EQ(tds::parse_fedauth_token(with_nonce)->nonce, core::bytes(32, 9));
    EXPECT_EQ(
        tds::parse_fedauth_token(hex("08 00 00 00 05 00 00 00 61 00 62 00")).error(), wire_errc::bad_length
    );
    EXPECT_EQ(
        tds::parse_fedauth_token(hex("08 00 00 00 02 00 00 00 61 00 62 00")).error(), wire_errc::bad_length
    ) << "what follows a token is a nonce of 32 bytes";
}

TEST(FedauthInfo, TellsBothWithTheirPlaces) {
    EXPECT_EQ(
        tds::encode_fedauth_info("u", "sp"),
        hex("ee 1c 00 00 00 02 00 00 00"
            "01 02 00 00 00 16 00 00 00"
            "02 04 00 00 00 18 00 00 00"
            "75 00 73 00 70 00")
    );
}

// --------------------------------------------------------------------------------------------------- SSPI

TEST(Sspi, IsRecognised) {
    using enum tds::sspi_kind;
    EXPECT_EQ(tds::recognise_sspi(hex("4e544c4d53535000 01000000")), ntlm_negotiate);
    EXPECT_EQ(tds::recognise_sspi(hex("4e544c4d53535000 03000000")), ntlm_authenticate);
    EXPECT_EQ(tds::recognise_sspi(hex("4e544c4d53535000 02000000")), unknown);
    EXPECT_EQ(tds::recognise_sspi(hex("4e544c4d53535000 010000")), unknown);
    EXPECT_EQ(tds::recognise_sspi(hex("60 28 06 06")), negotiate);
    EXPECT_EQ(tds::recognise_sspi(hex("a1 07")), negotiate);
    EXPECT_EQ(tds::recognise_sspi({}), unknown);
}

TEST(Sspi, TokenHasALengthOfTwoBytes) {
    EXPECT_EQ(tds::encode_sspi(hex("01 02 03")), hex("ed 03 00 01 02 03"));
}

TEST(Ntlm, ChallengeIsLaidOutAsMsNlmpHasIt) {
    // The client asks for Unicode, a target, extended security and 128 bits.
    const auto negotiate = hex("4e544c4d53535000 01000000 05020820");
    const auto wire = tds::encode_ntlm_challenge(
        {.challenge = {1, 2, 3, 4, 5, 6, 7, 8}, .domain = "DB", .computer = "X"}, negotiate
    );
    core::byte_reader reader(wire);
    EXPECT_TRUE(std::ranges::equal(reader.take(8), hex("4e544c4d53535000")));
    EXPECT_EQ(reader.u32_le(), 2U);
    const auto name_size = reader.u16_le();
    reader.u16_le();
    const auto name_at = reader.u32_le();
    EXPECT_EQ(core::utf16le_to_utf8(core::byte_view(wire).subspan(name_at, name_size)), "DB");
    const auto flags = reader.u32_le();
    EXPECT_EQ(flags & 0x20080205U, 0x20080205U) << "what it asked for, and NTLM";
    EXPECT_EQ(flags & 0x80000000U, 0U) << "56 bits were not asked for";
    EXPECT_EQ(flags & 0x00810000U, 0x00810000U) << "a domain, and target information";
    EXPECT_TRUE(std::ranges::equal(reader.take(8), hex("01 02 03 04 05 06 07 08")));
    reader.take(8);
    const auto info_size = reader.u16_le();
    reader.u16_le();
    const auto info_at = reader.u32_le();
    EXPECT_EQ(info_at + info_size, wire.size());
    const auto info = core::byte_view(wire).subspan(info_at);
    EXPECT_TRUE(std::ranges::equal(info.first(8), hex("02 00 04 00 44 00 42 00")));
    EXPECT_TRUE(std::ranges::equal(info.last(4), hex("00 00 00 00")));
}

TEST(Ntlm, ChallengeToAClientWithoutUnicode) {
    const auto wire = tds::encode_ntlm_challenge(
        {.challenge = {}, .domain = "DB", .computer = "X"}, hex("4e544c4d53535000 01000000 02020000")
    );
    EXPECT_EQ(wire[56], 'D');
    EXPECT_EQ(wire[57], 'B');
}

namespace {

core::bytes authenticate(std::string_view domain, std::string_view user, std::string_view host) {
    constexpr std::size_t head = 64;
    const auto d = core::utf8_to_utf16le(domain);
    const auto u = core::utf8_to_utf16le(user);
    const auto h = core::utf8_to_utf16le(host);
    core::byte_writer out;
    out.append(hex("4e544c4d53535000 03000000"));
    const auto place = [&](std::size_t size, std::size_t at) {
        out.u16_le(size);
        out.u16_le(size);
        out.u32_le(at);
    };
    place(0, head);
    place(0, head);
    place(d.size(), head);
    place(u.size(), head + d.size());
    place(h.size(), head + d.size() + u.size());
    place(0, head);
    out.u32_le(1);
    for (const auto& part : {d, u, h})
        out.append(part);
    return out.take();
}

} // namespace

TEST(Ntlm, AuthenticateSaysWho) {
    const auto wire = authenticate("DOM", "ann", "box");
    const auto message = tds::parse_ntlm_authenticate(wire);
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->domain, "DOM");
    EXPECT_EQ(message->user, "ann");
    EXPECT_EQ(message->workstation, "box");
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_TRUE(tds::parse_ntlm_authenticate(core::byte_view(wire).first(size)).has_error()) << size;
    EXPECT_TRUE(tds::parse_ntlm_authenticate(hex("4e544c4d53535000 01000000 05020820")).has_error());
}

TEST(Negotiate, IsAcceptedInNineBytes) {
    EXPECT_EQ(tds::encode_negotiate_accepted(), hex("a1 07 30 05 a0 03 0a 01 00"));
}

// ------------------------------------------------------------------------------------------------ recovery

TEST(SessionRecovery, TellsHowTheSessionWas) {
    const auto data = hex("15 00 00 00"
                          "02 64 00 62 00" // database db
                          "05 09 04 d0 00 34"
                          "02 65 00 6e 00" // language en
                          "01 03 aa bb cc" // a state
                          "13 00 00 00"
                          "01 78 00" // database x
                          "00 00"
                          "02 ff 08 00 00 00 01 02 03 04 05 06 07 08");
    const auto recovery = tds::parse_session_recovery(data);
    ASSERT_TRUE(recovery.has_value());
    EXPECT_EQ(recovery->initial.database, "db");
    EXPECT_EQ(recovery->initial.collation, hex("09 04 d0 00 34"));
    EXPECT_EQ(recovery->initial.language, "en");
    ASSERT_EQ(recovery->initial.states.size(), 1U);
    EXPECT_EQ(recovery->initial.states[0].id, 1);
    EXPECT_EQ(recovery->initial.states[0].value, hex("aa bb cc"));
    EXPECT_EQ(recovery->database(), "x") << "what has changed counts";
    EXPECT_EQ(recovery->language(), "en") << "what has not, as it was";
    ASSERT_EQ(recovery->changed.states.size(), 1U);
    EXPECT_EQ(recovery->changed.states[0].value.size(), 8U);
    expect_strict(data, tds::parse_session_recovery);
}

TEST(SessionRecovery, BlocksEndWhereTheySay) {
    EXPECT_TRUE(tds::parse_session_recovery(hex("03 00 00 00 00 00 00 03 00 00 00 00 00 00")).has_value());
    EXPECT_TRUE(tds::parse_session_recovery(hex("02 00 00 00 00 00 03 00 00 00 00 00 00")).has_error());
    EXPECT_TRUE(tds::parse_session_recovery(hex("04 00 00 00 00 00 00 01 03 00 00 00 00 00 00")).has_error());
}

// ------------------------------------------------------------------------------------------------- routing

TEST(Routing, WithADatabaseIsType21) {
    tds::token_writer out(tds::tds_version::v7_4);
    out.routing("node2", 1433, "db1");
    EXPECT_EQ(
        out.take().payload,
        hex("e3 1c 00 15 17 00 00 99 05 05 00 6e 00 6f 00 64 00 65 00 32 00 03 00 64 00 62 00 31 00 00 00")
    );
}
