#include "scenario/reader/findings.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace tdsfake::scenario {

std::string format(const diagnostic& finding, std::string_view file) {
    std::string line(file);
    if (finding.where.line > 0) {
        line += ":" + std::to_string(finding.where.line) + ":" + std::to_string(finding.where.column);
    }
    line += finding.is_warning ? ": warning: " : ": error: ";
    line += finding.message;
    if (!finding.remedy.empty()) line += "\n    " + finding.remedy;
    return line;
}

namespace reader {
namespace {

// A file that is wrong everywhere (a binary, say) need not be listed to the end.
constexpr std::size_t most_findings = 100;

std::vector<diagnostic> in_order(std::vector<diagnostic> list) {
    const auto key = [](const diagnostic& d) {
        return std::tie(d.where.line, d.where.column, d.message, d.remedy);
    };
    // By place; at one place in the order they were found.
    std::multimap<std::pair<int, int>, diagnostic> by_place;
    for (auto& found : list) {
        const std::pair place(found.where.line, found.where.column);
        by_place.emplace(place, std::move(found));
    }
    list.clear();
    for (auto& [place, found] : by_place)
        list.push_back(std::move(found));
    const auto same = [&](const auto& left, const auto& right) { return key(left) == key(right); };
    const auto repeated = std::ranges::unique(list, same);
    list.erase(repeated.begin(), repeated.end());
    return list;
}

} // namespace

void findings::error(location where, std::string message, std::string remedy) {
    if (errors_.size() > most_findings) return;
    if (errors_.size() == most_findings) {
        message = "too many errors: the rest is not listed";
        remedy.clear();
    }
    errors_.push_back({where, std::move(message), std::move(remedy), false});
}

void findings::warning(location where, std::string message, std::string remedy) {
    if (warnings_.size() < most_findings) {
        warnings_.push_back({where, std::move(message), std::move(remedy), true});
    }
}

std::vector<diagnostic> findings::take_errors() { return in_order(std::move(errors_)); }
std::vector<diagnostic> findings::take_warnings() { return in_order(std::move(warnings_)); }

std::string ticked(std::string_view word) {
    constexpr std::size_t longest = 60;
    std::string out = "`";
    for (const char c : word.substr(0, longest))
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    if (word.size() > longest) {
        // Not in the middle of a UTF-8 sequence.
        while (out.size() > 1 && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80)
            out.pop_back();
        if ((static_cast<unsigned char>(out.back()) & 0x80) != 0) out.pop_back();
        out += "…";
    }
    return out + "`";
}

std::string
did_you_mean(std::string_view word, std::span<const std::string_view> candidates, std::string otherwise) {
    const auto candidate = core::nearest(word, candidates);
    return candidate.empty() ? std::move(otherwise) : "did you mean `" + std::string(candidate) + "`?";
}

std::string any_of(std::span<const std::string_view> words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

} // namespace reader
} // namespace tdsfake::scenario
