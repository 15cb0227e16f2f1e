#include "scenario/pattern.hpp"

#include "core/text.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace tdsfake::scenario {

std::optional<pattern> pattern::parse(std::string_view text, std::string& error) {
    pattern out;
    out.text_ = std::string(text);
    if (text.size() < 2 || !text.starts_with('/') || !text.ends_with('/')) {
        out.normalised_ = core::normalised(text);
        return out;
    }
    const auto expression = text.substr(1, text.size() - 2);
    if (expression.empty()) {
        error = "it is empty";
        return std::nullopt;
    }
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_dot_nl(true); // SQL runs over several lines
    options.set_never_capture(true);
    options.set_max_mem(1 << 20);
    auto regex = std::make_shared<const RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!regex->ok()) {
        error = regex->error();
        return std::nullopt;
    }
    out.regex_ = std::move(regex);
    return out;
}

bool pattern::matches(std::string_view subject) const {
    if (regex_) return RE2::PartialMatch(re2::StringPiece(subject.data(), subject.size()), *regex_);
    return core::normalised(subject) == normalised_;
}

bool matches_any(const std::vector<pattern>& patterns, std::string_view subject) {
    return patterns.empty() ||
           std::ranges::any_of(patterns, [&](const auto& p) { return p.matches(subject); });
}

bool matches_any_part(const std::vector<pattern>& patterns, std::string_view procedure) {
    std::string whole(procedure);
    std::erase_if(whole, [](char c) { return c == '[' || c == ']' || c == '"'; });
    const auto last = std::string_view(whole).substr(whole.rfind('.') + 1); // npos + 1 is 0
    return matches_any(patterns, whole) || matches_any(patterns, last);
}

} // namespace tdsfake::scenario
