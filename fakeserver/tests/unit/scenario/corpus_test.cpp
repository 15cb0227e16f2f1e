// corpus/valid must load; corpus/invalid must give exactly the error that its first line expects.
#include "test_files.hpp"

#include <algorithm>
#include <cstdio>

namespace tdsfake::scenario {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const char* folder) {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(fs::path(CORPUS_FOLDER) / folder)) {
        if (entry.path().extension() == ".yaml") out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
    auto name = info.param.stem().string();
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

// `# expect: 3:5: unknown key` in the first line; line 0 if it is not there.
diagnostic expectation_of(const std::string& text) {
    diagnostic out;
    int length = 0;
    const auto line = text.substr(0, text.find('\n'));
    if (std::sscanf(line.c_str(), "# expect: %d:%d: %n", &out.where.line, &out.where.column, &length) != 2)
        return {};
    out.message = line.substr(static_cast<std::size_t>(length));
    return out.message.empty() ? diagnostic{} : out;
}

class valid_file : public testing::TestWithParam<fs::path> {};
class invalid_file : public testing::TestWithParam<fs::path> {};

TEST_P(valid_file, loads) {
    const auto result = load(read_whole(GetParam()), GetParam().string());
    EXPECT_TRUE(result.errors.empty()) << all_of(result.errors);
    EXPECT_FALSE(result.value.servers.empty());
}

TEST_P(invalid_file, gives_the_expected_error_alone) {
    const auto text = read_whole(GetParam());
    const auto expected = expectation_of(text);
    ASSERT_GT(expected.where.line, 0) << "line 1 must be `# expect: LINE:COLUMN: MESSAGE`";
    const auto result = load(text, GetParam().string());
    ASSERT_EQ(result.errors.size(), 1U) << all_of(result.errors);
    const auto& error = result.errors.front();
    EXPECT_EQ(error.where.line, expected.where.line) << all_of(result.errors);
    EXPECT_EQ(error.where.column, expected.where.column) << all_of(result.errors);
    EXPECT_NE(error.message.find(expected.message), std::string::npos) << all_of(result.errors);
    EXPECT_FALSE(error.remedy.empty()) << "an error must say what to do: " << all_of(result.errors);
}

INSTANTIATE_TEST_SUITE_P(corpus, valid_file, testing::ValuesIn(files_of("valid")), test_name);
INSTANTIATE_TEST_SUITE_P(corpus, invalid_file, testing::ValuesIn(files_of("invalid")), test_name);

TEST(errors, all_of_a_file_are_found_in_one_pass) {
    const auto result = load(
        "tdsfake: 1\n"
        "server:\n"
        "  gaet: refuse\n"
        "  faults:\n"
        "    - {at: logn, do: close}\n"
        "    - {at: login, times: x, do: {wiat: 2s}}\n"
        "verify: [logins: few]\n",
        "file"
    );
    std::vector<int> lines;
    for (const auto& error : result.errors)
        lines.push_back(error.where.line);
    EXPECT_EQ(lines, (std::vector{3, 5, 6, 6, 7})) << all_of(result.errors);
}

TEST(errors, are_printed_with_place_and_remedy) {
    const auto result = load("tdsfake: 1\nserver: {gaet: refuse}\n", "a.yaml");
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_EQ(
        format(result.errors.front(), "a.yaml"),
        "a.yaml:2:10: error: unknown key `gaet` in a server\n    did you mean `gate`?"
    );
}

TEST(errors, of_characters_are_found_before_yaml_sees_them) {
    const auto first = [](std::string_view text) {
        const auto result = load(text, "file");
        return result.errors.empty() ? std::string() : format(result.errors.front(), "f");
    };
    EXPECT_EQ(first("tdsfake: 1\nabout: \xff\n").substr(0, 25), "f:2:8: error: not UTF-8\n ");
    EXPECT_EQ(
        first(std::string_view("tdsfake: 1\nabout: a\0b\n", 22)).substr(0, 31),
        "f:2:9: error: control character"
    );
    EXPECT_EQ(first("\xef\xbb\xbftdsfake: 1\n"), "");
    EXPECT_EQ(first("tdsfake: 1\r\nserver: {}\r\n"), "");
}

TEST(errors, end_with_a_count_when_there_are_too_many) {
    std::string text = "tdsfake: 1\nserver:\n  faults:\n";
    for (int i = 0; i < 300; ++i)
        text += "    - {at: logon, do: close}\n";
    const auto result = load(text, "file");
    EXPECT_EQ(result.errors.size(), 101U);
    EXPECT_NE(all_of(result.errors).find("too many errors"), std::string::npos);
}

TEST(errors, alias_bombs_are_refused) {
    std::string text = "tdsfake: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 10; ++k)
            text += before + (k < 9 ? ", " : "]\n");
    }
    const auto result = load(text, "file");
    ASSERT_EQ(result.errors.size(), 1U) << all_of(result.errors);
    EXPECT_NE(result.errors.front().message.find("more than 500000 values"), std::string::npos);
}

TEST(warnings, name_faults_that_never_fire_and_signals_that_nobody_raises) {
    const auto result = load(
        "tdsfake: 1\n"
        "params: {unused: 1}\n"
        "server:\n"
        "  faults:\n"
        "    - {at: request, do: close}\n"
        "    - {at: query, when: {sql: x}, do: reset}\n"
        "    - {at: login, since: outge, do: reset}\n"
        "    - {at: start, do: {signal: outage}}\n"
        "    - {at: attention, times: 0, do: reset}\n",
        "file"
    );
    EXPECT_TRUE(result.errors.empty()) << all_of(result.errors);
    std::vector<int> lines;
    for (const auto& warning : result.warnings)
        lines.push_back(warning.where.line);
    EXPECT_EQ(lines, (std::vector{2, 6, 7, 9})) << all_of(result.warnings);
    EXPECT_NE(all_of(result.warnings).find("did you mean `outage`?"), std::string::npos);
    EXPECT_NE(all_of(result.warnings).find("warning: "), std::string::npos);
}

TEST(warnings, spare_faults_that_an_earlier_one_lets_pass) {
    const auto result = load(
        "tdsfake: 1\n"
        "server:\n"
        "  faults:\n"
        "    - {at: login, times: 1, do: close}\n"
        "    - {at: login, when: {user: a}, do: close}\n"
        "    - {at: query, when: {sql: x}, do: close}\n"
        "    - {at: batch, do: close}\n"
        "    - {at: query, do: close}\n"
        "    - {at: idle, after: 2s, do: close}\n"
        "    - {at: idle, after: 1s, do: close}\n"
        "    - {at: login, when: {user: b}, do: close}\n",
        "file"
    );
    EXPECT_TRUE(result.errors.empty()) << all_of(result.errors);
    EXPECT_TRUE(result.warnings.empty()) << all_of(result.warnings);
}

} // namespace
} // namespace tdsfake::scenario
