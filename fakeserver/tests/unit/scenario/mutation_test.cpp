// No input makes the loader throw, crash or lose its place: every scenario of the library and the corpus,
// damaged in many small ways.
#include "core/random.hpp"
#include "scenario/library.hpp"
#include "test_files.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::scenario {
namespace {

constexpr std::array<std::string_view, 24> fragments{
    "{",  "}", "[",   "]",  ": ", ", ",   "- ",           "\n",  "\n  ", "&a ", "*a",   "!!str ",
    "\"", "'", "|\n", "$x", "~",  "null", "99999999999s", "/(/", "row.", "-1",  "<<: ", "\xc3",
};

std::string damaged(std::string text, std::uint64_t seed) {
    const auto draw = [&](std::uint64_t what, std::size_t below) {
        return below == 0 ? std::size_t{0} : static_cast<std::size_t>(core::draw(seed, what) % below);
    };
    const auto damages = 1 + draw(0, 3);
    for (std::uint64_t i = 0; i < damages; ++i) {
        const auto at = draw(10 * i + 1, text.size());
        const auto length = std::min(1 + draw(10 * i + 2, 12), text.size() - at);
        switch (draw(10 * i + 3, 5)) {
        case 0: text.erase(at, length); break;
        case 1: text.insert(at, fragments[draw(10 * i + 4, fragments.size())]); break;
        case 2: text.insert(draw(10 * i + 4, text.size()), text.substr(at, length)); break;
        case 3: text[at] = static_cast<char>(draw(10 * i + 4, 256)); break;
        default: text.resize(at); break;
        }
        if (text.empty()) text = "x";
    }
    return text;
}

void survives(std::string_view name, std::string_view text, int rounds) {
    const auto damage_of = core::mix(std::hash<std::string_view>{}(name));
    for (int round = 0; round < rounds; ++round) {
        const auto bad = damaged(std::string(text), core::draw(damage_of, round));
        const auto lines = std::count(bad.begin(), bad.end(), '\n') + 1;
        const auto result = load(bad, "file", {.set = {}, .folder = "/nowhere"});
        for (const auto& error : result.errors) {
            ASSERT_FALSE(error.message.empty()) << bad;
            // Places may lie one behind the last character.
            ASSERT_GE(error.where.line, 1) << all_of(result.errors) << bad;
            ASSERT_LE(error.where.line, lines + 1) << all_of(result.errors) << bad;
            ASSERT_GE(error.where.column, 1) << all_of(result.errors) << bad;
        }
        if (result.errors.empty()) {
            ASSERT_FALSE(result.value.servers.empty()) << bad;
        }
    }
}

TEST(mutation, of_the_library_is_survived) {
    for (const auto& entry : library())
        survives(entry.name, entry.text, 150);
}

TEST(mutation, of_the_corpus_is_survived) {
    for (const auto* folder : {"valid", "invalid"}) {
        for (const auto& file :
             std::filesystem::directory_iterator(std::filesystem::path(CORPUS_FOLDER) / folder)) {
            survives(file.path().filename().string(), read_whole(file.path()), 40);
        }
    }
}

} // namespace
} // namespace tdsfake::scenario
