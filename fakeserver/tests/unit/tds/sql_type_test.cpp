#include "tds/types/sql_type.hpp"

#include <gtest/gtest.h>

namespace tdsfake::tds {
namespace {

TEST(SqlType, IsWrittenAsItIsRead) {
    for (const auto* const text :
         {"bit",
          "tinyint",
          "smallint",
          "int",
          "bigint",
          "real",
          "float",
          "smallmoney",
          "money",
          "decimal(18,4)",
          "numeric(38,0)",
          "date",
          "time(0)",
          "datetime2(7)",
          "datetimeoffset(3)",
          "smalldatetime",
          "datetime",
          "char(1)",
          "varchar(8000)",
          "varchar(max)",
          "text",
          "nchar(10)",
          "nvarchar(4000)",
          "nvarchar(max)",
          "ntext",
          "binary(8)",
          "varbinary(1)",
          "varbinary(max)",
          "image",
          "xml",
          "json",
          "uniqueidentifier",
          "sql_variant"}) {
        std::string problem;
        const auto read = parse_type(text, problem);
        ASSERT_TRUE(read) << text << ": " << problem;
        EXPECT_EQ(name(*read), text);
        EXPECT_EQ(problem, "");
    }
}

TEST(SqlType, IsReadInOtherForms) {
    const auto read = [](std::string_view text) {
        std::string problem;
        const auto found = parse_type(text, problem);
        return found ? name(*found) : problem;
    };
    EXPECT_EQ(read(" NVarChar ( 30 ) "), "nvarchar(30)");
    EXPECT_EQ(read("VARCHAR(MAX)"), "varchar(max)");
    EXPECT_EQ(read("decimal"), "decimal(18,0)");
    EXPECT_EQ(read("decimal(5)"), "decimal(5,0)");
    EXPECT_EQ(read("dec(5, 2)"), "decimal(5,2)");
    EXPECT_EQ(read("time"), "time(7)");
    EXPECT_EQ(read("datetime2"), "datetime2(7)");
    EXPECT_EQ(read("integer"), "int");
    EXPECT_EQ(read("sysname"), "nvarchar(128)");
    EXPECT_EQ(read("rowversion"), "binary(8)");
    EXPECT_EQ(read("float(53)"), "float");
    EXPECT_EQ(read("float(24)"), "real");
}

TEST(SqlType, SaysWhatIsWrong) {
    const auto problem = [](std::string_view text) {
        std::string out;
        EXPECT_FALSE(parse_type(text, out)) << text;
        return out;
    };
    EXPECT_EQ(problem("nvarchr(30)"), "did you mean `nvarchar`?");
    EXPECT_EQ(problem("geography"), "there is no such type");
    EXPECT_EQ(problem(""), "there is no such type");
    EXPECT_EQ(problem("nvarchar(30"), "a parenthesis is not closed");
    for (const auto* const text :
         {"nvarchar", "nvarchar(0)", "nvarchar(4001)", "nvarchar(-1)", "nvarchar(x)", "nvarchar()"})
        EXPECT_EQ(problem(text), "nvarchar(n) has an n from 1 to 4000, or max");
    EXPECT_EQ(problem("char(max)"), "char(n) has an n from 1 to 8000");
    EXPECT_EQ(problem("binary(8001)"), "binary(n) has an n from 1 to 8000");
    for (const auto* const text :
         {"decimal(39)", "decimal(0)", "decimal(5,6)", "decimal(5,2,1)", "decimal(,)"})
        EXPECT_EQ(problem(text), "decimal(p,s) has 1 to 38 digits, of which 0 to p stand after the point");
    EXPECT_EQ(problem("time(8)"), "time(n) has an n from 0 to 7: digits of a second");
    EXPECT_EQ(problem("int(4)"), "int takes nothing in parentheses");
}

TEST(SqlType, SizesOfDecimalsAndTimes) {
    EXPECT_EQ(decimal_size(1), 5);
    EXPECT_EQ(decimal_size(9), 5);
    EXPECT_EQ(decimal_size(10), 9);
    EXPECT_EQ(decimal_size(19), 9);
    EXPECT_EQ(decimal_size(20), 13);
    EXPECT_EQ(decimal_size(28), 13);
    EXPECT_EQ(decimal_size(29), 17);
    EXPECT_EQ(decimal_size(38), 17);
    EXPECT_EQ(time_size(0), 3);
    EXPECT_EQ(time_size(2), 3);
    EXPECT_EQ(time_size(3), 4);
    EXPECT_EQ(time_size(4), 4);
    EXPECT_EQ(time_size(5), 5);
    EXPECT_EQ(time_size(7), 5);
}

} // namespace
} // namespace tdsfake::tds
