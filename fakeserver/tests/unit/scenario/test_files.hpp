// Files for tests, and a loaded scenario in one call.
#pragma once

#include "scenario/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tdsfake::scenario {

inline std::string read_whole(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in) << path;
    std::string text(static_cast<std::size_t>(std::filesystem::file_size(path)), '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    EXPECT_TRUE(in) << path;
    return text;
}

inline std::string all_of(const std::vector<diagnostic>& list) {
    std::string out;
    for (const auto& finding : list)
        out += format(finding, "file") + "\n";
    return out;
}

// A scenario that must be without errors.
inline scenario loaded(std::string_view text, const load_options& options = {}) {
    auto result = load(text, "file", options);
    EXPECT_TRUE(result.errors.empty()) << all_of(result.errors);
    return std::move(result.value);
}

// The one server of a scenario whose `server:` has these lines.
inline server loaded_server(std::string_view lines) {
    return std::move(loaded("tdsfake: 1\nserver: {" + std::string(lines) + "}\n").servers.at(0));
}

inline fault loaded_fault(std::string_view text) {
    return std::move(loaded_server("faults: [" + std::string(text) + "]").faults.at(0));
}

} // namespace tdsfake::scenario
