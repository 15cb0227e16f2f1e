// Runs a fuzz target over the seeds and the regressions, without libFuzzer: so every build and every
// sanitizer does.
//   fuzz_replay_x TARGET FOLDER [--write-corpus DIR]
// Seeds: FOLDER/seeds.csv, lines "target,name,hex". Regressions: FOLDER/regressions/TARGET-*.hex, "#" begins
// a comment.
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace tdsfake;

struct input {
    std::string name;
    core::bytes data;
};

// False, and a line that says where, when the text is no hex.
bool add(std::vector<input>& inputs, const std::string& name, const std::string& hex) {
    auto data = core::from_hex(hex);
    if (!data) {
        std::cerr << name << ": not pairs of hex digits: " << hex << '\n';
        return false;
    }
    inputs.push_back({name, std::move(*data)});
    return true;
}

bool read_seeds(const std::string& target, const fs::path& file, std::vector<input>& inputs) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        const auto first = line.find(',');
        const auto second = line.find(',', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            std::cerr << file.string() << ": not \"target,name,hex\": " << line << '\n';
            return false;
        }
        if (line.substr(0, first) != target) continue;
        if (!add(inputs, line.substr(first + 1, second - first - 1), line.substr(second + 1))) return false;
    }
    return true;
}

bool read_regressions(const std::string& target, const fs::path& folder, std::vector<input>& inputs) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with(target + "-") || entry.path().extension() != ".hex") continue;
        std::ifstream in(entry.path());
        std::string hex;
        for (std::string line; std::getline(in, line);)
            hex += line.substr(0, line.find('#')) + '\n';
        if (!add(inputs, entry.path().stem().string(), hex)) return false;
    }
    return true;
}

// The input, each of its prefixes, and each of its bytes changed: a small, repeatable fuzzing of its own.
// Every variant is a copy of exactly its length, so that AddressSanitizer sees the first byte beyond.
std::size_t run(const core::bytes& data) {
    std::size_t count = 0;
    const auto one = [&count](const core::bytes& variant) {
        LLVMFuzzerTestOneInput(variant.data(), variant.size());
        ++count;
    };
    one(data);
    for (std::size_t length = 0; length < data.size(); ++length) {
        one(core::bytes(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(length)));
        for (const auto value : core::bytes{0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff}) {
            auto changed = data;
            changed[length] = value;
            one(changed);
        }
    }
    return count;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() < 2) {
        std::cerr << "usage: fuzz_replay_x TARGET FOLDER [--write-corpus DIR]\n";
        return 2;
    }
    const auto& target = arguments[0];
    const fs::path folder = arguments[1];
    std::vector<input> inputs;
    if (!read_seeds(target, folder / "seeds.csv", inputs)) return 1;
    if (!read_regressions(target, folder / "regressions", inputs)) return 1;
    if (inputs.empty()) {
        std::cerr << "no seed and no regression of " << target << " in " << folder << '\n';
        return 1;
    }
    if (arguments.size() == 4 && arguments[2] == "--write-corpus") {
        const fs::path corpus = arguments[3];
        fs::create_directories(corpus);
        for (const auto& [name, data] : inputs) {
            std::ofstream out(corpus / name, std::ios::binary);
            std::copy(data.begin(), data.end(), std::ostreambuf_iterator<char>(out));
        }
        return 0;
    }
    std::size_t runs = 0;
    for (const auto& [name, data] : inputs)
        runs += run(data);
    std::cout << target << ": " << inputs.size() << " inputs, " << runs << " runs\n";
    return 0;
}
