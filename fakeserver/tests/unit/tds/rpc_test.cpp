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
    EXPECT_EQ(sql_of({by_id(12), hex("00 00 99 99 99")}), "") << "not even looked at";
}

TEST(Rpc, SkipsParameterNames) {
    EXPECT_EQ(sql_of({by_id(10), hex("02 40 00 73 00 00 e7 40 1f 09 04 d0 00 34 02 00 61 00")}), "a");
}

TEST(Rpc, EndsTheSearchAtTheNextRequest) {
    for (const auto* const separator : {"ff", "fe", "80"}) {
        EXPECT_EQ(
            sql_of({by_id(11), testing::null_handle, hex(separator), nvarchar("a"), nvarchar("b")}), ""
        );
    }
}

TEST(Rpc, HasNoStatementWhenItsParameterIsMissingOrNull) {
    EXPECT_EQ(sql_of({by_id(10)}), "");
    EXPECT_EQ(sql_of({by_id(11), testing::null_handle}), "");
    EXPECT_EQ(sql_of({by_id(10), hex("00 00 e7 40 1f 09 04 d0 00 34 ff ff")}), "");
    EXPECT_EQ(sql_of({by_id(10), hex("00 00 26 04 04 01 00 00 00")}), "") << "an INT is no statement";
}

TEST(Rpc, EndsTheSearchAtATypeItCannotReadPast) {
    for (const auto* const type : {"f3", "f5", "99", "00", "ff"}) { // TVP, VECTOR, and no types at all
        EXPECT_EQ(sql_of({by_id(11), hex("00 00"), hex(type), hex("01 02 03")}), "") << type;
    }
}

TEST(Rpc, EndsTheSearchAtAnEncryptedParameter) {
    EXPECT_EQ(sql_of({by_id(14), hex("00 08 26 04 00"), nvarchar("x")}), "");
}

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
