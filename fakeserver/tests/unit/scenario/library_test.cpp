// The embedded library, and the examples of the reference.
#include "scenario/library.hpp"
#include "test_files.hpp"

#include <set>

namespace tdsfake::scenario {
namespace {

namespace fs = std::filesystem;

TEST(library, is_what_the_folder_holds) {
    std::set<std::string> names;
    for (const auto& entry : library()) {
        EXPECT_TRUE(names.insert(std::string(entry.name)).second) << entry.name << " stands in two folders";
        const auto path = fs::path(SCENARIOS_FOLDER) / entry.folder / (std::string(entry.name) + ".yaml");
        EXPECT_EQ(entry.text, read_whole(path)) << path;
    }
    std::size_t files = 0;
    for (const auto& file : fs::recursive_directory_iterator(SCENARIOS_FOLDER)) {
        if (file.path().extension() == ".yaml") ++files;
    }
    EXPECT_EQ(names.size(), files);
    EXPECT_GE(names.size(), 15U);
    EXPECT_EQ(schema_text(), read_whole(fs::path(SCENARIOS_FOLDER) / "scenario.schema.json"));
}

TEST(library, loads_without_errors_and_warnings) {
    for (const auto& entry : library()) {
        const auto result = load(entry.text, std::string(entry.name));
        EXPECT_TRUE(result.errors.empty()) << all_of(result.errors);
        EXPECT_TRUE(result.warnings.empty()) << entry.name << "\n" << all_of(result.warnings);
        EXPECT_EQ(result.value.about, entry.about) << entry.name;
        EXPECT_FALSE(entry.about.empty()) << entry.name;
    }
}

TEST(library, opens_each_scenario_with_wire_user_and_remedy) {
    for (const auto& entry : library()) {
        EXPECT_TRUE(entry.text.starts_with("# On the wire: ")) << entry.name;
        EXPECT_NE(entry.text.find("\n# What a user sees: "), std::string_view::npos) << entry.name;
        EXPECT_NE(entry.text.find("\n# What to do: "), std::string_view::npos) << entry.name;
    }
}

TEST(library, is_found_by_name_with_or_without_the_folder) {
    const auto* refused = find_in_library("refused-10061");
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->folder, "tcp");
    EXPECT_EQ(find_in_library("tcp/refused-10061"), refused);
    EXPECT_EQ(find_in_library("login/refused-10061"), nullptr);
    EXPECT_EQ(find_in_library("refused"), nullptr);
    EXPECT_EQ(find_in_library(""), nullptr);
}

TEST(reference, lists_the_library) {
    const auto text = read_whole(fs::path(SCENARIOS_FOLDER) / "README.md");
    for (const auto& entry : library()) {
        EXPECT_NE(text.find("`" + std::string(entry.name) + "`"), std::string::npos) << entry.name;
    }
}

// Every ```yaml block of the reference is a scenario that can be run.
TEST(reference, examples_load_without_errors_and_warnings) {
    const auto text = read_whole(fs::path(SCENARIOS_FOLDER) / "README.md");
    constexpr std::string_view open = "\n```yaml\n";
    int examples = 0;
    for (auto at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
        const auto begin = at + open.size();
        const auto end = text.find("\n```", begin);
        ASSERT_NE(end, std::string::npos);
        const auto result = load(std::string_view(text).substr(begin, end + 1 - begin), "README.md");
        EXPECT_TRUE(result.errors.empty()) << text.substr(begin, end - begin) << "\n"
                                           << all_of(result.errors);
        EXPECT_TRUE(result.warnings.empty()) << text.substr(begin, end - begin) << "\n"
                                             << all_of(result.warnings);
        ++examples;
        at = end;
    }
    EXPECT_GE(examples, 10);
}

} // namespace
} // namespace tdsfake::scenario
