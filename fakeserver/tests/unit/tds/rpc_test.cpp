#include "tests/unit/tds/rpc_testing.hpp"

namespace tdsfake::tds {
namespace {

using core::wire_errc;
using testing::by_id;
using testing::by_name;
using testing::hex;
using testing::joined;
using testing::nvarchar;
using testing::rpc_headers;

auto parse(core::byte_view payload) { return parse_rpc(payload, tds_version::v7_4); }

// The statement found in a 7.4 message of these parts.
std::string sql_of(std::initializer_list<core::bytes> parts) {
    const auto read = parse(joined({rpc_headers, joined(parts)}));
    EXPECT_TRUE(read.has_value()) << read.error().message();
    return read.has_value() ? read.value().sql : "(error)";
}

boost::system::error_code error_of(std::initializer_list<core::bytes> parts) {
    return parse(joined({rpc_headers, joined(parts)})).error();
}

TEST(Rpc, ReadsAProcedureCalledByName) {
    const auto read = parse(joined({rpc_headers, hex("03 00  66 00 6f 00 6f 00  02 00")}));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().procedure, "foo");
    EXPECT_EQ(read.value().procedure_id, 0);
    EXPECT_EQ(read.value().flags, 2);
    EXPECT_EQ(read.value().sql, "");
    EXPECT_EQ(read.value().headers.size, 0x16U);
}

TEST(Rpc, KnowsTheFifteenProcedureIds) {
    const char* const names[] = {
        "sp_cursor",
        "sp_cursoropen",
        "sp_cursorprepare",
        "sp_cursorexecute",
        "sp_cursorprepexec",
        "sp_cursorunprepare",
        "sp_cursorfetch",
        "sp_cursoroption",
        "sp_cursorclose",
        "sp_executesql",
        "sp_prepare",
        "sp_execute",
        "sp_prepexec",
        "sp_prepexecrpc",
        "sp_unprepare"
    };
    for (int id = 1; id <= 15; ++id) {
        const auto read = parse(joined({rpc_headers, by_id(id)}));
        ASSERT_TRUE(read.has_value()) << id;
        EXPECT_EQ(read.value().procedure, names[id - 1]);
        EXPECT_EQ(read.value().procedure_id, id);
    }
}

TEST(Rpc, RejectsIdsThatDoNotExist) {
    for (const int id : {0, 16, 0xffff})
        EXPECT_EQ(error_of({by_id(id)}), wire_errc::bad_value) << id;
}

TEST(Rpc, RejectsAnEmptyName) { EXPECT_EQ(error_of({by_name("")}), wire_errc::bad_value); }

TEST(Rpc, RejectsANameLongerThanTheMessage) {
    EXPECT_EQ(error_of({hex("fe ff 61 00 00 00")}), wire_errc::truncated);
}

TEST(Rpc, FindsTheStatementOfEachProcedureThatHasOne) {
    const auto stmt = nvarchar("SELECT 1");
    const auto params = nvarchar("@a int");
    const auto& handle = testing::null_handle;
    EXPECT_EQ(sql_of({by_id(10), stmt, params}), "SELECT 1");
    EXPECT_EQ(sql_of({by_id(11), handle, params, stmt, hex("00 00 26 04 04 01 00 00 00")}), "SELECT 1");
    EXPECT_EQ(sql_of({by_id(13), handle, params, stmt, nvarchar("x")}), "SELECT 1");
    EXPECT_EQ(sql_of({by_id(14), handle, stmt}), "SELECT 1");
    EXPECT_EQ(sql_of({by_id(2), handle, stmt}), "SELECT 1");
    EXPECT_EQ(sql_of({by_id(3), handle, params, stmt}), "SELECT 1");
    EXPECT_EQ(sql_of({by_id(5), handle, handle, params, stmt}), "SELECT 1");
}

TEST(Rpc, FindsTheStatementOfAProcedureCalledByName) {
    for (const auto* const name :
         {"sp_executesql", "SP_ExecuteSql", "sys.sp_executesql", "master..sp_executesql"}) {
        EXPECT_EQ(sql_of({by_name(name), nvarchar("SELECT 1")}), "SELECT 1") << name;
    }
    EXPECT_EQ(sql_of({by_name("my_sp_executesql"), nvarchar("SELECT 1")}), "");
}

TEST(Rpc, LeavesTheParametersOfOtherProceduresAlone) {
    EXPECT_EQ(sql_of({by_name("foo"), nvarchar("x")}), "");
    EXPECT_EQ(sql_of({by_id(12), hex("00 00 99 99 99")}), "");
}

TEST(Rpc, SkipsParameterNames) {
    EXPECT_EQ(sql_of({by_id(10), hex("02 40 00 73 00 00 e7 40 1f 09 04 d0 00 34 02 00 61 00")}), "a");
}

TEST(Rpc, ReadsSeveralCallsOfOneMessage) {
    for (const auto& [separator, version] :
         {std::pair{"ff", tds_version::v7_4}, {"80", tds_version::v7_1}, {"fe", tds_version::v7_4}}) {
        const auto headers = at_least(version, tds_version::v7_2) ? rpc_headers : core::bytes();
        const auto read = parse_rpc(
            joined(
                {headers,
                 by_id(10),
                 nvarchar("a"),
                 hex(separator),
                 by_name("p"),
                 nvarchar("b"),
                 hex(separator),
                 by_id(10),
                 nvarchar("c")}
            ),
            version
        );
        ASSERT_TRUE(read.has_value()) << separator << ": " << read.error().message();
        EXPECT_EQ(read.value().sql, "a");
        ASSERT_EQ(read.value().more.size(), 2U);
        EXPECT_EQ(read.value().more[0].procedure, "p");
        EXPECT_EQ(read.value().more[0].parameters.size(), 1U);
        EXPECT_EQ(read.value().more[1].sql, "c");
        EXPECT_EQ(read.value().executes, std::string_view(separator) != "fe");
    }
    EXPECT_EQ(error_of({by_id(11), testing::null_handle, hex("80"), by_id(11)}), wire_errc::bad_value)
        << "the separator of TDS 7.1";
    EXPECT_EQ(error_of({by_id(10), nvarchar("a"), hex("ff 01")}), wire_errc::truncated);
    EXPECT_EQ(sql_of({by_id(10), nvarchar("a"), hex("ff")}), "a") << "a separator that separates nothing";
}

TEST(Rpc, HasNoStatementWhenItsParameterIsMissingOrNull) {
    EXPECT_EQ(sql_of({by_id(10)}), "");
    EXPECT_EQ(sql_of({by_id(11), testing::null_handle}), "");
    EXPECT_EQ(sql_of({by_id(10), hex("00 00 e7 40 1f 09 04 d0 00 34 ff ff")}), "");
    EXPECT_EQ(sql_of({by_id(10), hex("00 00 26 04 04 01 00 00 00")}), "") << "an INT is no statement";
}

TEST(Rpc, EndsAtAParameterOfAnUnknownType) {
    for (const int type : {0x99, 0x00, 0xff}) {
        const auto read = parse(joined(
            {rpc_headers,
             by_id(11),
             testing::null_handle,
             hex("02 40 00 78 00 00"),
             core::bytes{static_cast<std::uint8_t>(type)},
             hex("01 02 03")}
        ));
        ASSERT_TRUE(read.has_value()) << type;
        EXPECT_EQ(read.value().sql, "");
        EXPECT_EQ(read.value().parameters.size(), 1U);
        ASSERT_TRUE(read.value().unreadable);
        EXPECT_EQ(read.value().unreadable->position, 2U);
        EXPECT_EQ(read.value().unreadable->name, "@x");
        EXPECT_EQ(read.value().unreadable->type_number, type);
    }
}

TEST(Rpc, EndsAtAnEncryptedParameter) {
    const auto read = parse(joined({rpc_headers, by_id(14), hex("00 08 26 04 00"), nvarchar("x")}));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read.value().sql, "");
    EXPECT_TRUE(read.value().unreadable);
}

TEST(Rpc, ReadsTheDeclarationOfTheParameters) {
    const auto read =
        parse(joined({rpc_headers, by_id(13), testing::null_handle, nvarchar("@a int"), nvarchar("s")}));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read.value().declaration, "@a int");
    EXPECT_TRUE(read.value().parameters[0].output);
}

struct described {
    std::string_view name;
    std::string_view wire; // name, status, TYPE_INFO, value
    std::string_view text;
};
class RpcParameter : public ::testing::TestWithParam<described> {};
TEST_P(RpcParameter, IsDescribed) {
    const auto head = joined({rpc_headers, by_name("p")});
    const auto whole = joined({head, hex(GetParam().wire)});
    const auto read = parse(whole);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    ASSERT_EQ(read.value().parameters.size(), 1U);
    EXPECT_EQ(describe(read.value().parameters[0]), GetParam().text);
    testing::expect_truncations_fail(whole, parse, {head.size()});
    testing::survives_every_byte_changed(whole, parse);
}
INSTANTIATE_TEST_SUITE_P(
    Table,
    RpcParameter,
    ::testing::Values(
        described{"Int", "02 40 00 69 00 00 26 04 04 05 00 00 00", "@i int = 5"},
        described{"NullOutput", "02 40 00 69 00 01 26 08 00", "@i bigint = NULL output"},
        described{"Default", "02 40 00 69 00 02 26 04 00", "@i int = default"},
        described{"Unnamed", "00 00 68 01 01 01", "bit = 1"},
        described{"Text", "00 00 e7 3c 00 09 04 d0 00 34 06 00 61 00 27 00 62 00", "nvarchar(30) = N'a''b'"},
        described{
            "Max",
            "00 00 a7 ff ff 09 04 d0 00 34 fe ff ff ff ff ff ff ff 02 00 00 00 61 62 01 00 00 00 63 00 00 00 "
            "00",
            "varchar(max) = 'abc'"
        },
        described{"Bytes", "00 00 a5 08 00 02 00 0a ff", "varbinary(8) = 0x0AFF"},
        described{"Decimal", "00 00 6a 09 12 04 09 00 44 d6 12 00 00 00 00 00", "decimal(18,4) = -123.4500"},
        described{"Udt", "00 00 f0 01 64 00 01 73 00 01 67 00 ff ff ff ff ff ff ff ff", "g = NULL"},
        described{"Vector", "00 00 f5 08 00 00 02 00 01 02", "vector = 0x0102"},
        described{
            "Table",
            "02 40 00 74 00 00 f3 00 03 64 00 62 00 6f 00 01 54 00"         // no database, dbo, T
            "02 00  00 00 00 00 00 00 26 04 00  00 00 00 00 00 02 26 04 00" // two INTs, the second one
                                                                            // default
            "10 01 00 01 00 02  11 01 00 01 00  00"                         // what is optional, end
            "01 04 07 00 00 00  01 00  00",                                 // two rows, end
            "@t dbo.T = table of 2 columns, 2 rows"
        },
        described{"NullTable", "00 00 f3 00 00 01 54 00 ff ff 00 00", "T = NULL"}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(Rpc, CutsLongValuesInDescriptions) {
    core::byte_writer value;
    value.append(hex("00 00 a7 40 1f 09 04 d0 00 34"));
    value.u16_le(1000);
    value.fill(1000, 'x');
    const auto read = parse(joined({rpc_headers, by_name("p"), value.take()}));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(
        describe(read.value().parameters.at(0)),
        "varchar(8000) = '" + std::string(200, 'x') + "…' (1000 characters)"
    );
}

struct bad_table {
    std::string_view name;
    std::string_view wire; // behind F3
    wire_errc expected;
};
class RpcTableRejects : public ::testing::TestWithParam<bad_table> {};
TEST_P(RpcTableRejects, Parameter) {
    EXPECT_EQ(error_of({by_name("p"), hex("00 00 f3 00 00 00"), hex(GetParam().wire)}), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Table,
    RpcTableRejects,
    ::testing::Values(
        bad_table{"TooManyColumns", "01 04", wire_errc::bad_value},
        bad_table{"ColumnOfNull", "01 00 00 00 00 00 00 00 1f 00 00 00", wire_errc::bad_value},
        bad_table{"ColumnOfUnknownType", "01 00 00 00 00 00 00 00 99 00 00 00", wire_errc::bad_value},
        bad_table{"UnknownMetadata", "00 00 12 00 00", wire_errc::bad_value},
        bad_table{"RowsOfNoTable", "ff ff 00 01 00", wire_errc::bad_value},
        bad_table{"UnknownRow", "00 00 00 02 00", wire_errc::bad_value}
    ),
    [](const auto& tested) { return std::string(tested.param.name); }
);

TEST(Rpc, RejectsTruncation) {
    const auto call = joined({rpc_headers, by_id(13)});
    const auto with_handle = joined({call, testing::null_handle});
    const auto with_params = joined({with_handle, nvarchar("@a int")});
    const auto whole = joined({with_params, nvarchar("SELECT 1")});
    // Between two parameters the request may end.
    testing::expect_truncations_fail(whole, parse, {call.size(), with_handle.size(), with_params.size()});
    testing::expect_truncations_fail(joined({rpc_headers, by_name("foo")}), parse);
    testing::survives_every_byte_changed(whole, parse);
}

TEST(Rpc, HasNoHeadersBefore72) {
    const auto read = parse_rpc(joined({by_id(10), nvarchar("SELECT 1")}), tds_version::v7_1);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(read.value().sql, "SELECT 1");
    EXPECT_EQ(read.value().headers.size, 0U);
}

TEST(Rpc, HasNoCollationsIn70) {
    const auto wire = joined({by_id(10), hex("00 00 e7 40 1f  02 00  61 00")});
    EXPECT_EQ(parse_rpc(wire, tds_version::v7_0).value().sql, "a");
    EXPECT_TRUE(parse_rpc(wire, tds_version::v7_1).has_error());
}

} // namespace
} // namespace tdsfake::tds
