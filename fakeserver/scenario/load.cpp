#include "scenario/load.hpp"

#include "scenario/reader/dead_faults.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/params.hpp"
#include "scenario/reader/read_browser.hpp"
#include "scenario/reader/read_servers.hpp"
#include "scenario/reader/read_verify.hpp"
#include "scenario/reader/values.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <filesystem>

namespace tdsfake::scenario {
namespace reader {
namespace {

constexpr std::array<later_word, 3> later_keys{{
    {"timeline", "write a fault: `{at: start, do: [wait: 10s, reset: all]}`", false},
    {"faults", "it belongs to a server: `server: {faults: …}`", false},
    {"gate", "it belongs to a server: `server: {gate: …}`", false},
}};

void check_version(context& ctx, const node& root) {
    const auto* version = root.find("tdsfake");
    if (version == nullptr) {
        ctx.out.error(
            root.where, "the file does not say that it is a scenario", "begin it with `tdsfake: 1`"
        );
    } else if (!version->is_scalar() || version->text != "1") {
        ctx.out.error(version->where, "this program reads version 1 of the language", "write `tdsfake: 1`");
    }
}

// Signals that somebody waits for are only warned about: a control API could raise them.
void check_signals(context& ctx) {
    std::vector<std::string_view> raised;
    raised.reserve(ctx.raised.size());
    for (const auto& signal : ctx.raised)
        raised.push_back(signal.name);
    for (const auto& signal : ctx.awaited) {
        if (std::ranges::find(raised, signal.name) != raised.end()) continue;
        ctx.out.warning(
            signal.where,
            "no step of this file raises the signal " + ticked(signal.name),
            did_you_mean(signal.name, raised, "raise it with a step `signal: " + signal.name + "`")
        );
    }
}

void check_server_names(context& ctx, const std::vector<server>& servers) {
    std::vector<std::string_view> names;
    names.reserve(servers.size());
    for (const auto& s : servers)
        names.push_back(s.name);
    for (const auto& mention : ctx.servers_named) {
        if (std::ranges::find(names, mention.name) != names.end()) continue;
        ctx.out.error(
            mention.where,
            "there is no server " + ticked(mention.name),
            did_you_mean(mention.name, names, "the servers are " + any_of(names))
        );
    }
}

// yaml-cpp's columns count bytes; an editor's count characters.
void count_characters(std::string_view text, std::vector<diagnostic>& list) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    int line = 1;
    std::size_t begin = 0;
    for (auto& finding : list) { // in file order
        auto& where = finding.where;
        for (; line < where.line && begin < text.size(); ++line) {
            begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
        }
        if (where.line < 1) continue;
        const auto before = text.substr(begin, static_cast<std::size_t>(std::max(where.column - 1, 0)));
        where.column -= static_cast<int>(std::ranges::count_if(before, [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
        }));
    }
}

void read_scenario(context& ctx, node root, const load_options& options, scenario& out) {
    if (root.is_null()) {
        ctx.out.error({1, 1}, "the file is empty", "a healthy server is `tdsfake: 1`");
        return;
    }
    if (!root.is_map()) {
        ctx.out.error(
            root.where,
            "a scenario must be a map, not " + std::string(kind_name(root)),
            "begin it with `tdsfake: 1`"
        );
        return;
    }
    check_version(ctx, root);
    ctx.asks_for_places = expand_params(ctx, root, options);
    map_reader map(
        ctx,
        root,
        "a scenario",
        {"tdsfake", "about", "params", "server", "servers", "browser", "verify"},
        later_keys
    );
    if (const auto* about = map.get("about")) out.about = read_text(ctx, *about, "`about`").value_or("");
    out.servers = read_servers(ctx, root);
    if (const auto* browser = map.get("browser")) out.browser = read_browser(ctx, *browser);
    if (const auto* verify = map.get("verify")) out.verify = read_verify(ctx, *verify);
    check_browser(ctx, out);
    check_signals(ctx);
    warn_of_circular_signals(ctx, out);
    check_server_names(ctx, out.servers);
}

} // namespace
} // namespace reader

load_result load(std::string_view text, const std::string& file, const load_options& options) {
    load_result result;
    result.value.file = file;
    reader::findings found;
    try {
        auto folder = options.folder;
        if (folder.empty()) folder = std::filesystem::path(file).parent_path().string();
        reader::context ctx{found, std::move(folder)};
        if (auto root = reader::parse_yaml(text, found)) {
            reader::read_scenario(ctx, std::move(*root), options, result.value);
            result.asks_for_places = ctx.asks_for_places;
        }
    } catch (const std::exception& error) {
        // Out of memory, say: the caller gets a finding like any other.
        found.error({}, std::string("the file cannot be read: ") + error.what(), "is it a scenario at all?");
    }
    result.errors = found.take_errors();
    result.warnings = found.take_warnings();
    reader::count_characters(text, result.errors);
    reader::count_characters(text, result.warnings);
    return result;
}

} // namespace tdsfake::scenario
