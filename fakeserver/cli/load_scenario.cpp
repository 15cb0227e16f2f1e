#include "cli/arguments.hpp"
#include "cli/isolated.hpp"
#include "core/text.hpp"
#include "net/endpoint.hpp"
#include "scenario/library.hpp"
#include "scenario/load.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

namespace tdsfake::cli {

namespace {

scenario::listen_address parse_listen(const std::string& text) {
    const auto wrong = [&] {
        return bad_input(
            "--listen " + text + ": expected ADDRESS or ADDRESS:PORT, like 127.0.0.1:1433 or [::1]:1433"
        );
    };
    scenario::listen_address result;
    std::string port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string::npos) throw wrong();
        result.address = text.substr(1, end - 1);
        if (end + 1 < text.size()) {
            if (text[end + 1] != ':') throw wrong();
            port = text.substr(end + 2);
        }
    } else if (const auto colon = text.rfind(':'); colon != std::string::npos && text.find(':') == colon) {
        result.address = text.substr(0, colon);
        port = text.substr(colon + 1);
    } else {
        result.address = text;
    }
    if (!port.empty()) {
        const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), result.port);
        if (failure != std::errc{} || end != port.data() + port.size()) throw wrong();
    }
    if (!net::endpoint::parse(result.address, result.port)) throw wrong();
    return result;
}

std::string all_of(const scenario::load_result& loaded, const std::string& file) {
    std::string text;
    for (const auto& finding : loaded.errors)
        text += (text.empty() ? "" : "\n") + scenario::format(finding, file);
    return text;
}

} // namespace

source read_source(const std::string& file) {
    if (file == "-") return {"<stdin>", std::string(std::istreambuf_iterator<char>(std::cin), {})};
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) {
        std::ifstream in(file, std::ios::binary);
        if (in) return {file, std::string(std::istreambuf_iterator<char>(in), {})};
        throw bad_input(file + ": cannot read it: " + std::strerror(errno));
    }
    if (const auto* entry = scenario::find_in_library(file)) {
        return {std::string(entry->name) + ".yaml", std::string(entry->text)};
    }
    if (std::filesystem::exists(file, ignored)) throw bad_input(file + ": is not a file");
    std::vector<std::string_view> names;
    for (const auto& entry : scenario::library())
        names.push_back(entry.name);
    const auto near = core::nearest(file, names);
    throw bad_input(
        file + ": no such file, and no scenario of that name in the library" +
        (near.empty() ? "; `tdsfake list` shows the names" : "; did you mean " + std::string(near) + "?")
    );
}

loaded_scenario load_scenario(const run_arguments& arguments) {
    auto from = read_source(arguments.file);
    scenario::load_options options;
    for (const auto& pair : arguments.set) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0)
            throw bad_input("--set " + pair + ": expected NAME=VALUE");
        options.set.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    }
    auto loaded = scenario::load(from.text, from.name, options);
    if (!loaded.errors.empty()) throw bad_input(all_of(loaded, from.name));
    auto first = std::make_shared<scenario::scenario>(std::move(loaded.value));
    if (arguments.seed) {
        first->seed = *arguments.seed;
    } else if (!first->seed_given) {
        first->seed = std::random_device{}();
    }
    if (!arguments.listen.empty()) first->servers.front().listen = {parse_listen(arguments.listen)};
    if (arguments.isolated) take_real_ports(*first);
    if (!loaded.asks_for_places) return {first, [first](const auto&) { return first; }};
    // Its texts are read again with the addresses in them.
    return {first, [first, from = std::move(from), options](const auto& places) mutable {
                options.places = places;
                auto again = scenario::load(from.text, from.name, options);
                if (!again.errors.empty()) throw bad_input(all_of(again, from.name));
                again.value.seed = first->seed;
                for (std::size_t i = 0; i < first->servers.size(); ++i)
                    again.value.servers[i].listen = first->servers[i].listen;
                if (first->browser) again.value.browser->listen = first->browser->listen;
                return std::make_shared<const scenario::scenario>(std::move(again.value));
            }};
}

} // namespace tdsfake::cli
