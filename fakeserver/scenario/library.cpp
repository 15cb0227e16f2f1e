#include "scenario/library.hpp"

#include <algorithm>

namespace tdsfake::scenario {

const library_entry* find_in_library(std::string_view name) noexcept {
    const auto slash = name.find('/');
    const auto folder = slash == std::string_view::npos ? std::string_view{} : name.substr(0, slash);
    const auto file = slash == std::string_view::npos ? name : name.substr(slash + 1);
    const auto all = library();
    const auto it = std::ranges::find_if(all, [&](const auto& entry) {
        return entry.name == file && (slash == std::string_view::npos || entry.folder == folder);
    });
    return it == all.end() ? nullptr : &*it;
}

} // namespace tdsfake::scenario
