#include "core/duration.hpp"

#include <gtest/gtest.h>

namespace tdsfake::core {
namespace {

using namespace std::chrono_literals;

struct pair_case {
    std::string_view name;
    std::string_view text;
    duration value;
};
std::string case_name(const testing::TestParamInfo<pair_case>& info) { return std::string(info.param.name); }

class ParseDuration : public testing::TestWithParam<pair_case> {};

TEST_P(ParseDuration, Accepts) { EXPECT_EQ(parse_duration(GetParam().text), GetParam().value); }

INSTANTIATE_TEST_SUITE_P(
    Table,
    ParseDuration,
    testing::Values(
        pair_case{"Microseconds", "250us", 250us},
        pair_case{"Milliseconds", "900ms", 900ms},
        pair_case{"Seconds", "2s", 2s},
        pair_case{"Fraction", "1.5s", 1500ms},
        pair_case{"Minutes", "1m", 1min},
        pair_case{"Hours", "2h", 2h},
        pair_case{"Zero", "0s", 0s},
        pair_case{"LeadingZeros", "007s", 7s},
        pair_case{"FractionOfAMinute", "1.25m", 75s},
        pair_case{"NanosecondByFraction", "0.001us", 1ns},
        pair_case{"TrailingZerosBelowANanosecond", "1.0000us", 1us},
        pair_case{"NineDigits", "0.000000001s", 1ns},
        pair_case{"Largest", "9223372036.854775807s", duration::max()}
    ),
    case_name
);

struct text_case {
    std::string_view name;
    std::string_view text;
};
std::string text_case_name(const testing::TestParamInfo<text_case>& info) {
    return std::string(info.param.name);
}

class ParseDurationRejects : public testing::TestWithParam<text_case> {};

TEST_P(ParseDurationRejects, Text) { EXPECT_EQ(parse_duration(GetParam().text), std::nullopt); }

INSTANTIATE_TEST_SUITE_P(
    Table,
    ParseDurationRejects,
    testing::Values(
        text_case{"Empty", ""},
        text_case{"NoUnit", "5"},
        text_case{"UnknownUnit", "5d"},
        text_case{"Nanoseconds", "5ns"},
        text_case{"UpperCase", "5S"},
        text_case{"UnitOnly", "s"},
        text_case{"Negative", "-1s"},
        text_case{"PlusSign", "+1s"},
        text_case{"Blank", "1 s"},
        text_case{"LeadingBlank", " 1s"},
        text_case{"TrailingBlank", "1s "},
        text_case{"NothingBeforePoint", ".5s"},
        text_case{"NothingBehindPoint", "1.s"},
        text_case{"TwoPoints", "1.2.3s"},
        text_case{"TwoUnits", "1m30s"},
        text_case{"Exponent", "1e3s"},
        text_case{"BelowANanosecond", "0.0001us"},
        text_case{"OverflowOfCount", "99999999999999999999us"},
        text_case{"OverflowOfProduct", "9999999h"},
        text_case{"OverflowByFraction", "9223372036.854775808s"}
    ),
    text_case_name
);

class FormatDuration : public testing::TestWithParam<pair_case> {};

TEST_P(FormatDuration, WritesTheShortestForm) {
    EXPECT_EQ(format_duration(GetParam().value), GetParam().text);
    if (GetParam().value >= 0s) {
        EXPECT_EQ(parse_duration(GetParam().text), GetParam().value);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table,
    FormatDuration,
    testing::Values(
        pair_case{"Zero", "0s", 0s},
        pair_case{"BelowASecond", "900ms", 900ms},
        pair_case{"Second", "1s", 1s},
        pair_case{"SecondAndAHalf", "1.5s", 1500ms},
        pair_case{"Minute", "1m", 60s},
        pair_case{"NinetySeconds", "90s", 90s},
        pair_case{"Hour", "1h", 1h},
        pair_case{"NinetyMinutes", "90m", 90min},
        pair_case{"Micro", "250us", 250us},
        pair_case{"Nano", "0.001us", 1ns},
        pair_case{"NanoAndMore", "1.234567891s", 1'234'567'891ns},
        pair_case{"Negative", "-1.5s", -1500ms},
        pair_case{"Largest", "9223372036.854775807s", duration::max()},
        pair_case{"Smallest", "-9223372036.854775808s", duration::min()}
    ),
    case_name
);

} // namespace
} // namespace tdsfake::core
