// A YAML document as a tree of texts with their places. The only user of yaml-cpp.
#pragma once

#include "scenario/reader/findings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdsfake::scenario::reader {

struct node {
    enum class kind : std::uint8_t { null, scalar, sequence, map };
    kind type = kind::null;
    location where;
    std::string text;        // of a scalar
    bool broken = false;     // a scalar whose params could not be expanded: reported already
    std::vector<node> keys;  // of a map: scalars, none twice
    std::vector<node> items; // of a sequence; of a map: the values in the order of `keys`

    [[nodiscard]] bool is_null() const noexcept { return type == kind::null; }
    [[nodiscard]] bool is_scalar() const noexcept { return type == kind::scalar; }
    [[nodiscard]] bool is_sequence() const noexcept { return type == kind::sequence; }
    [[nodiscard]] bool is_map() const noexcept { return type == kind::map; }
    [[nodiscard]] const node* find(std::string_view key) const noexcept;
};

// "a text", "a list", "a map", "nothing": for messages.
std::string_view kind_name(const node& n) noexcept;

// The node in flow style on one line; the braces of the outermost map are left out.
std::string one_line(const node& n);

// Nothing if the text is not one YAML document of words, lists and maps; `out` says why. Repeated keys,
// second documents, tags and oversized input are errors here; aliases are expanded up to a limit. Plain
// (unquoted) `null`, `~` and nothing at all are null nodes; every other scalar is text.
std::optional<node> parse_yaml(std::string_view text, findings& out);

} // namespace tdsfake::scenario::reader
