#include "tds/login7.hpp"
#include "tds/version.hpp"
#include "tests/unit/tds/wire_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::hex;
using testing::utf16;

void put_u16(core::bytes& wire, std::size_t at, std::size_t value) {
    wire.at(at) = static_cast<std::uint8_t>(value);
    wire.at(at + 1) = static_cast<std::uint8_t>(value >> 8);
}

void put_u32(core::bytes& wire, std::size_t at, std::size_t value) {
    put_u16(wire, at, value & 0xffff);
    put_u16(wire, at + 2, value >> 16);
}

// The same length field as there are bytes, so that a cut is not caught by that alone.
core::bytes cut_and_relabelled(const core::bytes& wire, std::size_t length) {
    auto shorter = testing::cut(wire, length);
    if (length >= 4) put_u32(shorter, 0, length);
    return shorter;
}

login7 full_login() {
    login7 login;
    login.tds_version = to_login7_version(tds_version::v7_4);
    login.packet_size = 4096;
    login.client_prog_ver = 0x06000000;
    login.client_pid = 4711;
    login.connection_id = 9;
    login.option_flags1 = 0xe0;
    login.option_flags2 = 0x83;
    login.type_flags = 0x20;
    login.option_flags3 = 0x18;
    login.client_time_zone = -120;
    login.client_lcid = 0x0409;
    login.host_name = "box";
    login.user_name = "sä";
    login.password = "secret";
    login.app_name = "app";
    login.server_name = "127.0.0.1,1433";
    login.library_name = "TDS-Library";
    login.language = "us_english";
    login.database = "\xf0\x9f\x98\x80"
                     "db";
    login.client_id = {1, 2, 3, 4, 5, 6};
    login.sspi = hex("4e 54 4c 4d");
    login.attach_db_file = "c:\\x.mdf";
    login.change_password = "better";
    login.features = {{0x0a, hex("01")}, {0x01, {}}};
    login.has_feature_extension = true;
    return login;
}

// One text in each field, laid out by hand: 94 fixed bytes (86 up to 7.1), then the data.
core::bytes small_login(std::uint32_t version, std::size_t fixed_size) {
    core::bytes wire(fixed_size, 0);
    put_u32(wire, 4, version);
    std::size_t field = 36;
    for (const auto* const text : {"h", "u", "", "a", "s", "", "l", "e", "d"}) {
        put_u16(wire, field, wire.size());
        put_u16(wire, field + 2, std::string_view(text).size());
        const auto data = utf16(text);
        wire.insert(wire.end(), data.begin(), data.end());
        field += 4;
    }
    put_u32(wire, 0, wire.size());
    return wire;
}

TEST(Password, IsObfuscatedAsClientsDoIt) {
    const auto wire = hex("92 a5 f3 a5 93 a5 82 a5 f3 a5 e2 a5"); // fact sheet 3
    EXPECT_EQ(obfuscate_password(utf16("secret")), wire);
    EXPECT_EQ(deobfuscate_password(wire), utf16("secret"));
    for (int i = 0; i < 256; ++i) {
        const core::bytes byte{static_cast<std::uint8_t>(i)};
        EXPECT_EQ(deobfuscate_password(obfuscate_password(byte)), byte);
    }
}

TEST(FeatureName, IsTheNumberWhenUnknown) {
    EXPECT_EQ(feature_name(0x01), "sessionrecovery");
    EXPECT_EQ(feature_name(0x02), "fedauth");
    EXPECT_EQ(feature_name(0x0a), "utf8-support");
    EXPECT_EQ(feature_name(0x10), "useragent");
    EXPECT_EQ(feature_name(0x42), "0x42");
}

TEST(Login7, GoesThereAndBackWithEveryField) {
    const auto sent = full_login();
    const auto wire = encode_login7(sent);
    const auto read = parse_login7(wire);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().length, wire.size());
    EXPECT_EQ(read.value().tds_version, 0x74000004U);
    EXPECT_EQ(read.value().packet_size, sent.packet_size);
    EXPECT_EQ(read.value().client_prog_ver, sent.client_prog_ver);
    EXPECT_EQ(read.value().client_pid, sent.client_pid);
    EXPECT_EQ(read.value().connection_id, sent.connection_id);
    EXPECT_EQ(read.value().option_flags1, sent.option_flags1);
    EXPECT_EQ(read.value().option_flags2, sent.option_flags2);
    EXPECT_EQ(read.value().type_flags, sent.type_flags);
    EXPECT_EQ(read.value().option_flags3, sent.option_flags3);
    EXPECT_EQ(read.value().client_time_zone, -120);
    EXPECT_EQ(read.value().client_lcid, sent.client_lcid);
    EXPECT_EQ(read.value().host_name, sent.host_name);
    EXPECT_EQ(read.value().user_name, sent.user_name);
    EXPECT_EQ(read.value().password, "secret");
    EXPECT_EQ(read.value().app_name, sent.app_name);
    EXPECT_EQ(read.value().server_name, sent.server_name);
    EXPECT_EQ(read.value().library_name, sent.library_name);
    EXPECT_EQ(read.value().language, sent.language);
    EXPECT_EQ(read.value().database, sent.database);
    EXPECT_EQ(read.value().client_id, sent.client_id);
    EXPECT_EQ(read.value().sspi, sent.sspi);
    EXPECT_EQ(read.value().attach_db_file, sent.attach_db_file);
    EXPECT_EQ(read.value().change_password, "better");
    EXPECT_TRUE(read.value().has_feature_extension);
    ASSERT_EQ(read.value().features.size(), 2U);
    EXPECT_EQ(read.value().features[0].id, 0x0a);
    EXPECT_EQ(read.value().features[0].data, hex("01"));
    EXPECT_EQ(read.value().features[1].id, 0x01);
    EXPECT_TRUE(read.value().features[1].data.empty());
    EXPECT_TRUE(read.value().integrated_security());
    EXPECT_TRUE(read.value().read_only_intent());
    EXPECT_EQ(encode_login7(read.value()), wire);
}

TEST(Login7, KeepsThePasswordOffTheWire) {
    const auto wire = encode_login7(full_login());
    const auto clear = utf16("secret");
    EXPECT_EQ(std::search(wire.begin(), wire.end(), clear.begin(), clear.end()), wire.end());
}

TEST(Login7, ReadsTheShortLayoutOf70And71) {
    for (const auto version : {tds_version::v7_0, tds_version::v7_1, tds_version::v7_1r1}) {
        const auto read = parse_login7(small_login(to_login7_version(version), 86));
        ASSERT_TRUE(read.has_value()) << name(version) << ": " << read.error().message();
        EXPECT_EQ(read.value().host_name, "h");
        EXPECT_EQ(read.value().user_name, "u");
        EXPECT_EQ(read.value().app_name, "a");
        EXPECT_EQ(read.value().server_name, "s");
        EXPECT_EQ(read.value().library_name, "l");
        EXPECT_EQ(read.value().language, "e");
        EXPECT_EQ(read.value().database, "d");
        EXPECT_EQ(read.value().change_password, "");
    }
}

TEST(Login7, ReadsTheLongLayoutFrom72OnAndOfUnknownVersions) {
    for (const std::uint32_t version : {0x72090002U, 0x730a0003U, 0x74000004U, 0x08000000U, 0x99000000U}) {
        const auto read = parse_login7(small_login(version, 94));
        ASSERT_TRUE(read.has_value()) << std::hex << version;
        EXPECT_EQ(read.value().database, "d");
        EXPECT_EQ(read.value().tds_version, version);
    }
    EXPECT_EQ(parse_login7(small_login(0x74000004, 86)).error(), wire_errc::bad_length)
        << "data where fixed fields belong";
}

TEST(Login7, IgnoresTheExtensionBitBefore72) {
    auto wire = small_login(0x71000001, 86);
    wire[27] = 0x10;
    const auto read = parse_login7(wire);
    ASSERT_TRUE(read.has_value());
    EXPECT_FALSE(read.value().has_feature_extension);
}

TEST(Login7, AcceptsAnyOffsetOfAnEmptyItem) {
    for (const std::size_t offset : {0U, 1U, 0xffffU}) {
        auto wire = small_login(0x74000004, 94);
        put_u16(wire, 44, offset); // password
        put_u16(wire, 78, offset); // SSPI
        EXPECT_TRUE(parse_login7(wire).has_value()) << offset;
    }
}

TEST(Login7, RejectsEveryTruncation) {
    testing::expect_truncations_fail(encode_login7(full_login()), parse_login7);
    testing::expect_truncations_fail(small_login(0x71000001, 86), parse_login7);
}

TEST(Login7, RejectsEveryTruncationWhoseLengthFieldAgrees) {
    const auto wire = encode_login7(full_login());
    for (std::size_t length = 0; length < wire.size(); ++length) {
        EXPECT_TRUE(parse_login7(cut_and_relabelled(wire, length)).has_error()) << length;
    }
    const auto shorter = small_login(0x71000001, 86);
    for (std::size_t length = 0; length < shorter.size(); ++length) {
        EXPECT_TRUE(parse_login7(cut_and_relabelled(shorter, length)).has_error()) << length;
    }
}

TEST(Login7, RejectsOneByteMore) {
    auto wire = encode_login7(full_login());
    wire.push_back(0);
    EXPECT_EQ(parse_login7(wire).error(), wire_errc::extra_bytes);
}

TEST(Login7, RejectsALengthThatLies) {
    for (const std::uint32_t length : {0U, 8U, 93U}) {
        auto wire = small_login(0x74000004, 94);
        put_u32(wire, 0, length);
        EXPECT_EQ(parse_login7(wire).error(), wire_errc::bad_length) << length;
    }
    for (const std::uint32_t length : {200U, 0x7fffffffU, 0xffffffffU}) {
        auto wire = small_login(0x74000004, 94);
        put_u32(wire, 0, length);
        EXPECT_EQ(parse_login7(wire).error(), wire_errc::truncated) << length;
    }
}

TEST(Login7, RejectsWhatIsLongerThanAServerTakes) {
    EXPECT_EQ(parse_login7(core::bytes(128 * 1024 - 1)).error(), wire_errc::message_too_long);
    EXPECT_EQ(parse_login7(core::bytes(128 * 1024 - 2)).error(), wire_errc::bad_length);
}

// MS-TDS 2.2.6.4: 128 characters of each, 260 of a path.
TEST(Login7, RejectsATextThatIsTooLong) {
    const std::vector<std::pair<std::string login7::*, std::size_t>> all{
        {&login7::host_name, 128},
        {&login7::user_name, 128},
        {&login7::password, 128},
        {&login7::app_name, 128},
        {&login7::server_name, 128},
        {&login7::library_name, 128},
        {&login7::language, 128},
        {&login7::database, 128},
        {&login7::attach_db_file, 260},
        {&login7::change_password, 128},
    };
    for (const auto& [field, most] : all) {
        auto login = full_login();
        login.*field = std::string(most, 'x');
        EXPECT_TRUE(parse_login7(encode_login7(login)).has_value()) << most;
        login.*field += 'x';
        EXPECT_EQ(parse_login7(encode_login7(login)).error(), wire_errc::bad_length) << most;
    }
}

struct pointer_field {
    std::string_view name;
    std::size_t at;
};
class Login7Item : public ::testing::TestWithParam<pointer_field> {
protected:
    // The verdict on an otherwise good login whose item has this offset and length.
    static boost::system::error_code verdict(std::size_t offset, std::size_t length) {
        auto login = full_login();
        login.option_flags3 = 0;
        login.features.clear();
        login.has_feature_extension = false;
        auto wire = encode_login7(login);
        put_u16(wire, GetParam().at, offset);
        put_u16(wire, GetParam().at + 2, length);
        if (GetParam().at == 56) wire[27] = 0x10; // otherwise nobody looks at the extension
        return parse_login7(wire).error();
    }
};

TEST_P(Login7Item, RejectsOffsetPastEnd) {
    EXPECT_EQ(verdict(0xffff, 1), wire_errc::bad_length);
    EXPECT_EQ(verdict(0x7fff, 1), wire_errc::bad_length);
}
TEST_P(Login7Item, RejectsLengthPastEnd) {
    EXPECT_EQ(verdict(94, 0x7fff), wire_errc::bad_length);
    EXPECT_EQ(verdict(94, 0xffff), wire_errc::bad_length);
    EXPECT_EQ(verdict(0xffff, 0xffff), wire_errc::bad_length);
}
TEST_P(Login7Item, RejectsDataInTheFixedPart) { EXPECT_EQ(verdict(93, 4), wire_errc::bad_length); }

INSTANTIATE_TEST_SUITE_P(
    Table,
    Login7Item,
    ::testing::Values(
        pointer_field{"HostName", 36},
        pointer_field{"UserName", 40},
        pointer_field{"Password", 44},
        pointer_field{"AppName", 48},
        pointer_field{"ServerName", 52},
        pointer_field{"Extension", 56},
        pointer_field{"CltIntName", 60},
        pointer_field{"Language", 64},
        pointer_field{"Database", 68},
        pointer_field{"Sspi", 78},
        pointer_field{"AtchDbFile", 82},
        pointer_field{"ChangePassword", 86}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(Login7, AcceptsAnItemThatEndsExactlyAtTheEnd) {
    auto wire = small_login(0x74000004, 94);
    put_u16(wire, 68, wire.size() - 4);
    put_u16(wire, 70, 2);
    EXPECT_EQ(parse_login7(wire).value().database, "ed");
    put_u16(wire, 68, wire.size() - 3);
    EXPECT_EQ(parse_login7(wire).error(), wire_errc::bad_length) << "half a UTF-16 unit too far";
}

TEST(Login7, ReadsALongSspiBlob) {
    login7 login;
    login.tds_version = to_login7_version(tds_version::v7_4);
    for (const std::size_t size : {0xfffeU, 0xffffU, 0x10000U, 0x12345U}) {
        login.sspi.assign(size, 0x5a);
        login.attach_db_file = "x";
        const auto read = parse_login7(encode_login7(login));
        ASSERT_TRUE(read.has_value()) << size;
        EXPECT_EQ(read.value().sspi.size(), size);
        EXPECT_EQ(read.value().attach_db_file, "x");
    }
}

TEST(Login7, RejectsALongSspiLengthPastTheEnd) {
    login7 login;
    login.tds_version = to_login7_version(tds_version::v7_4);
    login.sspi.assign(0x10000, 0x5a);
    auto wire = encode_login7(login);
    for (const std::uint32_t length : {0x10001U, 0x7fffffffU, 0xffffffffU}) {
        put_u32(wire, 90, length);
        EXPECT_EQ(parse_login7(wire).error(), wire_errc::bad_length) << length;
    }
}

struct bad_features {
    std::string_view name;
    std::string_view list; // stands at the end of the message
    wire_errc expected;
};
class Login7Features : public ::testing::TestWithParam<bad_features> {};

TEST_P(Login7Features, Rejects) {
    auto wire = small_login(0x74000004, 94);
    wire[27] = 0x10;
    put_u16(wire, 56, wire.size());
    put_u16(wire, 58, 4);
    wire.resize(wire.size() + 4);
    put_u32(wire, wire.size() - 4, wire.size());
    const auto list = hex(GetParam().list);
    wire.insert(wire.end(), list.begin(), list.end());
    put_u32(wire, 0, wire.size());
    EXPECT_EQ(parse_login7(wire).error(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    Login7Features,
    ::testing::Values(
        bad_features{"NoList", "", wire_errc::truncated},
        bad_features{"NoTerminator", "0a 01 00 00 00 01", wire_errc::truncated},
        bad_features{"CutInLength", "0a 01 00", wire_errc::truncated},
        bad_features{"CutInData", "0a 02 00 00 00 01", wire_errc::truncated},
        bad_features{"HugeLength", "0a ff ff ff ff 01 ff", wire_errc::truncated}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

// As tedious 19.2.2 sends it with tdsVersion 7_2 and 7_3_B.
TEST(Login7, AcceptsTheExtensionBitWithoutAnExtension) {
    auto wire = small_login(0x72090002, 94);
    wire[27] = 0x18;
    put_u16(wire, 56, wire.size());
    const auto read = parse_login7(wire);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_FALSE(read->has_feature_extension);
    EXPECT_EQ(read->database, "d");
}

TEST(Login7, RejectsAnExtensionThatHoldsNoPointer) {
    auto wire = small_login(0x74000004, 94);
    wire[27] = 0x10;
    put_u16(wire, 56, 94);
    put_u16(wire, 58, 3);
    EXPECT_EQ(parse_login7(wire).error(), wire_errc::bad_length) << "three bytes";
}

TEST(Login7, RejectsAFeaturePointerPastTheEnd) {
    auto wire = encode_login7(full_login());
    for (const std::uint32_t offset : {0x10000U, 0xffffffffU}) {
        put_u32(wire, 94, offset);
        EXPECT_EQ(parse_login7(wire).error(), wire_errc::bad_length);
    }
}

TEST(Login7, SurvivesEveryByteChanged) {
    testing::survives_every_byte_changed(encode_login7(full_login()), parse_login7);
}

} // namespace
} // namespace tdsfake::tds
