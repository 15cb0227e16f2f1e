// Every encoding a statement may come in, and every type that may stand before it.
#include "tests/unit/tds/rpc_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::by_id;
using testing::hex;
using testing::joined;
using testing::rpc_headers;

core::result<rpc_request> call(std::string_view parameters, tds_version version = tds_version::v7_4) {
    const auto headers = at_least(version, tds_version::v7_2) ? rpc_headers : core::bytes();
    return parse_rpc(joined({headers, by_id(10), hex(parameters)}), version);
}

struct statement_case {
    std::string_view name;
    std::string_view wire; // of the one parameter
    std::string_view sql;
};
class RpcStatement : public ::testing::TestWithParam<statement_case> {};

TEST_P(RpcStatement, IsRead) {
    const auto read = call(GetParam().wire);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().sql, GetParam().sql);
}

TEST_P(RpcStatement, RejectsTruncation) {
    const auto front = joined({rpc_headers, by_id(10)});
    testing::expect_truncations_fail(
        joined({front, hex(GetParam().wire)}),
        [](core::byte_view payload) { return parse_rpc(payload, tds_version::v7_4); },
        {front.size()}
    );
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    RpcStatement,
    ::testing::Values(
        statement_case{"NVarchar", "00 00 e7 40 1f 09 04 d0 00 34  04 00  61 00 62 00", "ab"},
        statement_case{"NVarcharEmpty", "00 00 e7 40 1f 09 04 d0 00 34  00 00", ""},
        statement_case{"NChar", "00 00 ef 04 00 09 04 d0 00 34  04 00  61 00 20 00", "a "},
        statement_case{
            "MaxOfKnownLength",
            "00 00 e7 ff ff 09 04 d0 00 34  04 00 00 00 00 00 00 00  04 00 00 00 61 00 62 00  00 00 00 00",
            "ab"
        },
        statement_case{
            "MaxOfUnknownLength",
            "00 00 e7 ff ff 09 04 d0 00 34  fe ff ff ff ff ff ff ff  04 00 00 00 61 00 62 00  00 00 00 00",
            "ab"
        },
        statement_case{
            "MaxInChunksThatCutAUnit",
            "00 00 e7 ff ff 09 04 d0 00 34  fe ff ff ff ff ff ff ff  03 00 00 00 61 00 62  01 00 00 00 00  "
            "00 00 00 00",
            "ab"
        },
        statement_case{"MaxEmpty", "00 00 e7 ff ff 09 04 d0 00 34  00 00 00 00 00 00 00 00  00 00 00 00", ""},
        statement_case{"MaxNull", "00 00 e7 ff ff 09 04 d0 00 34  ff ff ff ff ff ff ff ff", ""},
        statement_case{"NText", "00 00 63 ff ff ff 7f 09 04 d0 00 34  04 00 00 00  61 00 62 00", "ab"},
        statement_case{"NTextNull", "00 00 63 ff ff ff 7f 09 04 d0 00 34  ff ff ff ff", ""},
        statement_case{"Varchar", "00 00 a7 40 1f 09 04 d0 00 34  02 00  61 80", "a€"},
        statement_case{"Char", "00 00 af 02 00 09 04 d0 00 34  02 00  61 62", "ab"},
        statement_case{"Text", "00 00 23 ff ff ff 7f 09 04 d0 00 34  02 00 00 00  61 62", "ab"}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

struct bad_value {
    std::string_view name;
    std::string_view wire;
    wire_errc expected;
};
class RpcStatementRejects : public ::testing::TestWithParam<bad_value> {};
TEST_P(RpcStatementRejects, Value) { EXPECT_EQ(call(GetParam().wire).error(), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Table,
    RpcStatementRejects,
    ::testing::Values(
        bad_value{"OddNVarchar", "00 00 e7 40 1f 09 04 d0 00 34  03 00  61 00 62", wire_errc::bad_length},
        bad_value{"OddNText", "00 00 63 ff ff ff 7f 09 04 d0 00 34  01 00 00 00  61", wire_errc::bad_length},
        bad_value{
            "OddMax",
            "00 00 e7 ff ff 09 04 d0 00 34  fe ff ff ff ff ff ff ff  01 00 00 00 61  00 00 00 00",
            wire_errc::bad_length
        },
        bad_value{"NVarcharPastEnd", "00 00 e7 40 1f 09 04 d0 00 34  40 1f  61 00", wire_errc::truncated},
        bad_value{
            "NTextHuge", "00 00 63 ff ff ff 7f 09 04 d0 00 34  fe ff ff ff  61 00", wire_errc::truncated
        },
        bad_value{
            "ChunkHuge",
            "00 00 e7 ff ff 09 04 d0 00 34  fe ff ff ff ff ff ff ff  ff ff ff ff 61 00",
            wire_errc::truncated
        },
        bad_value{
            "TotalHuge",
            "00 00 e7 ff ff 09 04 d0 00 34  fd ff ff ff ff ff ff ff  02 00 00 00 61 00  00 00 00 00",
            wire_errc::bad_length
        },
        bad_value{
            "TotalAboveChunks",
            "00 00 e7 ff ff 09 04 d0 00 34  04 00 00 00 00 00 00 00  02 00 00 00 61 00  00 00 00 00",
            wire_errc::bad_length
        },
        bad_value{
            "TotalBelowChunks",
            "00 00 e7 ff ff 09 04 d0 00 34  01 00 00 00 00 00 00 00  02 00 00 00 61 00  00 00 00 00",
            wire_errc::bad_length
        },
        bad_value{"NamePastEnd", "7f 61 00", wire_errc::truncated}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(RpcTypes, MaxTypesDoNotExistBefore72) {
    // FFFF is an ordinary maximum there and the value has an ordinary length.
    EXPECT_EQ(call("00 00 e7 ff ff 09 04 d0 00 34  02 00  61 00", tds_version::v7_1).value().sql, "a");
}

struct skipped_case {
    std::string_view name;
    std::string_view wire; // TYPE_INFO and value
};
class RpcSkips : public ::testing::TestWithParam<skipped_case> {};

// sp_prepexecrpc takes its statement second: what stands before it has to be measured exactly.
TEST_P(RpcSkips, Parameter) {
    const auto wire =
        joined({rpc_headers, by_id(14), hex("00 00"), hex(GetParam().wire), testing::nvarchar("SELECT 1")});
    const auto read = parse_rpc(wire, tds_version::v7_4);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().sql, "SELECT 1");
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    RpcSkips,
    ::testing::Values(
        skipped_case{"Null", "1f"},
        skipped_case{"TinyInt", "30 01"},
        skipped_case{"Bit", "32 01"},
        skipped_case{"SmallInt", "34 01 02"},
        skipped_case{"Int", "38 01 02 03 04"},
        skipped_case{"SmallDateTime", "3a 01 02 03 04"},
        skipped_case{"Real", "3b 01 02 03 04"},
        skipped_case{"Money", "3c 01 02 03 04 05 06 07 08"},
        skipped_case{"DateTime", "3d 01 02 03 04 05 06 07 08"},
        skipped_case{"Float", "3e 01 02 03 04 05 06 07 08"},
        skipped_case{"SmallMoney", "7a 01 02 03 04"},
        skipped_case{"BigInt", "7f 01 02 03 04 05 06 07 08"},
        skipped_case{"IntN", "26 04 04 01 02 03 04"},
        skipped_case{"IntNNull", "26 04 00"},
        skipped_case{"BitN", "68 01 01 01"},
        skipped_case{"FltN", "6d 04 04 01 02 03 04"},
        skipped_case{"MoneyN", "6e 04 04 01 02 03 04"},
        skipped_case{"DateTimN", "6f 04 04 01 02 03 04"},
        skipped_case{"Guid", "24 10 10 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10"},
        skipped_case{"GuidNull", "24 10 00"},
        skipped_case{"DecimalN", "6a 09 12 04 09 00 44 d6 12 00 00 00 00 00"},
        skipped_case{"NumericN", "6c 05 05 02 05 01 01 00 00 00"},
        skipped_case{"Date", "28 03 01 02 03"},
        skipped_case{"DateNull", "28 00"},
        skipped_case{"Time", "29 07 05 01 02 03 04 05"},
        skipped_case{"DateTime2", "2a 07 08 07 17 68 b7 19 46 46 0b"},
        skipped_case{"DateTimeOffset", "2b 07 0a 01 02 03 04 05 06 07 08 09 0a"},
        skipped_case{"VarBinary", "a5 40 1f 02 00 01 02"},
        skipped_case{"VarBinaryNull", "a5 40 1f ff ff"},
        skipped_case{"Binary", "ad 02 00 02 00 01 02"},
        skipped_case{"VarBinaryMax", "a5 ff ff fe ff ff ff ff ff ff ff 01 00 00 00 ee 00 00 00 00"},
        skipped_case{"Image", "22 ff ff ff 7f 02 00 00 00 01 02"},
        skipped_case{"NText", "63 ff ff ff 7f 09 04 d0 00 34 02 00 00 00 61 00"},
        skipped_case{"SqlVariant", "62 49 1f 00 00 06 00 00 00 38 00 01 00 00 00"},
        skipped_case{"Xml", "f1 00 ff ff ff ff ff ff ff ff"},
        skipped_case{"XmlWithSchema", "f1 01 01 64 00 01 6f 00 01 00 63 00 ff ff ff ff ff ff ff ff"},
        skipped_case{"Udt", "f0 01 64 00 01 73 00 01 74 00 ff ff ff ff ff ff ff ff"},
        skipped_case{"Json", "f4 ff ff ff ff ff ff ff ff"},
        skipped_case{"OldVarchar", "27 ff 02 61 62"},
        skipped_case{"OldChar", "2f 02 02 61 62"},
        skipped_case{"OldVarBinary", "25 ff 01 ee"},
        skipped_case{"OldBinary", "2d 01 01 ee"},
        skipped_case{"OldDecimal", "37 05 05 02 05 01 01 00 00 00"},
        skipped_case{"OldNumeric", "3f 05 05 02 05 01 01 00 00 00"},
        skipped_case{"IntNOf1", "26 01 01 07"},
        skipped_case{"IntNOf2", "26 02 02 07 00"},
        skipped_case{"IntNOf8", "26 08 08 01 02 03 04 05 06 07 08"},
        skipped_case{"IntNSmallerThanDeclared", "26 08 04 01 02 03 04"},
        skipped_case{"BitNNull", "68 01 00"},
        skipped_case{"FltNOf8", "6d 08 08 01 02 03 04 05 06 07 08"},
        skipped_case{"FltNNull", "6d 08 00"},
        skipped_case{"MoneyNOf8", "6e 08 08 01 02 03 04 05 06 07 08"},
        skipped_case{"DateTimNOf8", "6f 08 08 01 02 03 04 05 06 07 08"},
        skipped_case{"DecimalNOf17", "6a 11 26 00 11 01 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10"},
        skipped_case{"DecimalNOf13", "6a 0d 1c 00 0d 01 01 02 03 04 05 06 07 08 09 0a 0b 0c"},
        skipped_case{"DecimalNWithoutItsZeros", "6a 11 26 00 02 01 07"},    // mssql-jdbc, jTDS
        skipped_case{"NumericNOfJustItsDigits", "6c 03 03 00 03 01 07 00"}, // FreeTDS, pytds
        skipped_case{"DecimalNNull", "6a 11 12 00 00"},
        skipped_case{"TimeOfScale2", "29 02 03 01 02 03"},
        skipped_case{"TimeOfScale4", "29 04 04 01 02 03 04"},
        skipped_case{"TimeNull", "29 07 00"},
        skipped_case{"DateTime2OfScale0", "2a 00 06 01 02 03 04 05 06"},
        skipped_case{"DateTime2OfScale3", "2a 03 07 01 02 03 04 05 06 07"},
        skipped_case{"DateTimeOffsetOfScale0", "2b 00 08 01 02 03 04 05 06 07 08"},
        skipped_case{"DateTimeOffsetOfScale3", "2b 03 09 01 02 03 04 05 06 07 08 09"},
        skipped_case{"NVarcharOfAllDeclared", "e7 02 00 09 04 d0 00 34 02 00 61 00"},
        skipped_case{"NVarcharNull", "e7 02 00 09 04 d0 00 34 ff ff"},
        skipped_case{"VarcharOfAllDeclared", "a7 02 00 09 04 d0 00 34 02 00 61 62"},
        skipped_case{"VarBinaryOfNothing", "a5 00 00 00 00"},
        skipped_case{"TextBeyondDeclared", "23 00 00 00 00 09 04 d0 00 34 02 00 00 00 61 62"} // pytds
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

class RpcRejects : public ::testing::TestWithParam<bad_value> {};

TEST_P(RpcRejects, Parameter) {
    const auto wire =
        joined({rpc_headers, by_id(14), hex("00 00"), hex(GetParam().wire), testing::nvarchar("SELECT 1")});
    EXPECT_EQ(parse_rpc(wire, tds_version::v7_4).error(), GetParam().expected);
}

// Both what is declared and what comes are of the type; what comes fits what is declared.
INSTANTIATE_TEST_SUITE_P(
    Table,
    RpcRejects,
    ::testing::Values(
        bad_value{"IntNDeclared0", "26 00 00", wire_errc::bad_value},
        bad_value{"IntNDeclared5", "26 05 04 01 02 03 04", wire_errc::bad_value},
        bad_value{"IntNOf3", "26 04 03 01 02 03", wire_errc::bad_length},
        bad_value{"IntNBeyondDeclared", "26 04 08 01 02 03 04 05 06 07 08", wire_errc::bad_length},
        bad_value{"BitNDeclared2", "68 02 01 01", wire_errc::bad_value},
        bad_value{"BitNOf2", "68 01 02 01 01", wire_errc::bad_length},
        bad_value{"FltNDeclared5", "6d 05 04 01 02 03 04", wire_errc::bad_value},
        bad_value{"FltNOf5", "6d 08 05 01 02 03 04 05", wire_errc::bad_length},
        bad_value{"FltNBeyondDeclared", "6d 04 08 01 02 03 04 05 06 07 08", wire_errc::bad_length},
        bad_value{"MoneyNDeclared5", "6e 05 04 01 02 03 04", wire_errc::bad_value},
        bad_value{"MoneyNOf5", "6e 08 05 01 02 03 04 05", wire_errc::bad_length},
        bad_value{"DateTimNDeclared5", "6f 05 04 01 02 03 04", wire_errc::bad_value},
        bad_value{"DateTimNOf5", "6f 08 05 01 02 03 04 05", wire_errc::bad_length},
        bad_value{"GuidDeclared7", "24 07 07 01 02 03 04 05 06 07", wire_errc::bad_value},
        bad_value{"GuidOf7", "24 10 07 01 02 03 04 05 06 07", wire_errc::bad_length},
        bad_value{"DecimalNDeclared18", "6a 12 26 00 02 01 07", wire_errc::bad_value},
        bad_value{"DecimalNDeclared1", "6a 01 01 00 01 01", wire_errc::bad_value},
        bad_value{
            "DecimalNOf18",
            "6a 11 26 00 12 01 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11",
            wire_errc::bad_length
        },
        bad_value{"DecimalNOfASign", "6a 11 26 00 01 01", wire_errc::bad_length},
        bad_value{
            "NumericNBeyondDeclared", "6c 05 05 02 09 01 01 02 03 04 05 06 07 08", wire_errc::bad_length
        },
        bad_value{"OldDecimalDeclared18", "37 12 05 02 05 01 01 00 00 00", wire_errc::bad_value},
        bad_value{"OldNumericOf18", "3f 05 05 02 12 01 01 00 00 00", wire_errc::bad_length},
        bad_value{"DateOf9", "28 09 01 02 03 04 05 06 07 08 09", wire_errc::bad_length},
        bad_value{"DateOf2", "28 02 01 02", wire_errc::bad_length},
        bad_value{"TimeOfScale8", "29 08 05 01 02 03 04 05", wire_errc::bad_value},
        bad_value{"TimeTooLong", "29 02 05 01 02 03 04 05", wire_errc::bad_length},
        bad_value{"TimeTooShort", "29 07 03 01 02 03", wire_errc::bad_length},
        bad_value{"DateTime2TooShort", "2a 07 07 01 02 03 04 05 06 07", wire_errc::bad_length},
        bad_value{"DateTime2TooLong", "2a 00 08 01 02 03 04 05 06 07 08", wire_errc::bad_length},
        bad_value{"DateTimeOffsetTooShort", "2b 07 08 01 02 03 04 05 06 07 08", wire_errc::bad_length},
        bad_value{"DateTimeOffsetTooLong", "2b 00 0a 01 02 03 04 05 06 07 08 09 0a", wire_errc::bad_length},
        bad_value{
            "NVarcharBeyondDeclared", "e7 02 00 09 04 d0 00 34 06 00 61 00 62 00 63 00", wire_errc::bad_length
        },
        bad_value{"OddNVarchar", "e7 40 1f 09 04 d0 00 34 03 00 61 00 62", wire_errc::bad_length},
        bad_value{"NCharBeyondDeclared", "ef 02 00 09 04 d0 00 34 04 00 61 00 62 00", wire_errc::bad_length},
        bad_value{"VarcharBeyondDeclared", "a7 02 00 09 04 d0 00 34 03 00 61 62 63", wire_errc::bad_length},
        bad_value{"CharBeyondDeclared", "af 02 00 09 04 d0 00 34 03 00 61 62 63", wire_errc::bad_length},
        bad_value{"VarBinaryBeyondDeclared", "a5 01 00 02 00 01 02", wire_errc::bad_length},
        bad_value{"BinaryBeyondDeclared", "ad 01 00 02 00 01 02", wire_errc::bad_length},
        bad_value{"OldVarcharBeyondDeclared", "27 01 02 61 62", wire_errc::bad_length},
        bad_value{"OldCharBeyondDeclared", "2f 01 02 61 62", wire_errc::bad_length},
        bad_value{"OldVarBinaryBeyondDeclared", "25 01 02 61 62", wire_errc::bad_length},
        bad_value{"OldBinaryBeyondDeclared", "2d 01 02 61 62", wire_errc::bad_length}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

} // namespace
} // namespace tdsfake::tds
