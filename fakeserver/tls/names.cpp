#include "tls/names.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace tdsfake::tls {

namespace {

bool is_address(std::string_view name) noexcept {
    std::array<unsigned char, sizeof(in6_addr)> ignored{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (name.size() >= text.size()) return false;
    std::ranges::copy(name, text.begin());
    return ::inet_pton(AF_INET, text.data(), ignored.data()) == 1 ||
           ::inet_pton(AF_INET6, text.data(), ignored.data()) == 1;
}

constexpr bool is_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

} // namespace

bool is_certificate_name(std::string_view name) noexcept {
    constexpr std::size_t longest = 253; // RFC 1035, section 2.3.4, as text
    if (name.empty() || name.size() > longest) return false;
    if (is_address(name)) return true;
    if (name.starts_with("*.")) name.remove_prefix(2);
    for (;;) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        if (label.empty() || label.size() > 63 || !std::ranges::all_of(label, is_word)) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

std::vector<std::string> names_of(const certificate_spec& spec, const std::vector<std::string>& addresses) {
    std::vector<std::string> out;
    if (spec.kind == certificate_kind::wrong_name) {
        out = spec.names;
        if (out.empty()) out.emplace_back("wrong-name.invalid");
        return out;
    }
    for (const auto* name : {"localhost", "127.0.0.1", "::1"})
        out.emplace_back(name);
    for (const auto* list : {&addresses, &spec.names}) {
        for (const auto& name : *list) {
            if (std::ranges::find(out, name) == out.end()) out.push_back(name);
        }
    }
    return out;
}

std::string common_name(const std::vector<std::string>& names) {
    constexpr std::size_t longest = 64; // ub-common-name, RFC 5280, appendix A.1
    for (const auto& name : names) {
        if (name.size() <= longest) return name;
    }
    return "tdsfake";
}

std::string alternative_names(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) {
        if (!is_certificate_name(name)) continue;
        if (!out.empty()) out += ',';
        out += (is_address(name) ? "IP:" : "DNS:") + name;
    }
    return out;
}

} // namespace tdsfake::tls
