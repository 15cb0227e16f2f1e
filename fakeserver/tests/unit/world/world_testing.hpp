// A world of a scenario's text, with its journal.
#pragma once

#include "scenario/load.hpp"
#include "world/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::world::testing {

using namespace std::chrono_literals;
using scenario::stage;

inline scenario::scenario loaded(const std::string& text, std::uint64_t seed = 0) {
    auto result = scenario::load("tdsfake: 1\n" + text, "file");
    for (const auto& error : result.errors)
        ADD_FAILURE() << scenario::format(error, "file") << "\n" << text;
    result.value.seed = seed;
    return std::move(result.value);
}

// The one server of these faults.
inline scenario::server server_of(const std::string& faults) {
    return loaded("server: {faults: [" + faults + "]}").servers.at(0);
}

class world_of {
public:
    explicit world_of(const std::string& text, std::uint64_t seed = 0)
        : it(std::make_shared<const scenario::scenario>(loaded(text, seed)), journal_) {
        journal_.close(); // so that reading never waits for more
    }

    // "gate mode=refuse", one line each, since the last call.
    std::vector<std::string> news() {
        std::vector<std::string> lines;
        const auto read = journal_.read(*cursor_, 0ms);
        for (const auto& block : read.blocks) {
            for (const auto& e : *block) {
                if (e.sequence < read.from) continue;
                lines.emplace_back(journal::name(e.what));
                for (const auto& f : e.fields)
                    lines.back() += " " + std::string(f.name) + "=" + journal::to_text(f.value);
            }
        }
        return lines;
    }

private:
    journal::journal journal_{1};
    std::shared_ptr<journal::cursor> cursor_ = journal_.open(true);

public:
    world it;
};

} // namespace tdsfake::world::testing
