#include "journal/event.hpp"

#include <array>

namespace tdsfake::journal {

std::string_view name(kind what) noexcept {
    static constexpr std::array<std::string_view, 14> names{
        "ready",
        "gate",
        "attempt",
        "connect",
        "received",
        "sent",
        "fault",
        "step",
        "violation",
        "signal",
        "closed",
        "notice",
        "unmet",
        "verdict",
    };
    return names[static_cast<std::size_t>(what)];
}

const value* event::find(std::string_view field_name) const noexcept {
    for (const auto& f : fields) {
        if (f.name == field_name) return &f.value;
    }
    return nullptr;
}

std::string to_text(const value& v) {
    struct visitor {
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        std::string operator()(std::string_view text) const { return std::string(text); }
        std::string operator()(const std::string& text) const { return text; }
    };
    return std::visit(visitor{}, v);
}

} // namespace tdsfake::journal
