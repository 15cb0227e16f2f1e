#include "scenario/reader/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <istream>
#include <ranges>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::size_t most_bytes = 4UL << 20;
constexpr std::size_t most_nodes = 500'000;
constexpr std::size_t most_depth = 40;

constexpr std::string_view quoting_rule =
    "quote texts that contain `: ` or ` #`, and inside braces also `, [ ] { }`: match: \"/a{2}/\"";

location place(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Thrown through yaml-cpp to end a parse that has been reported already.
struct given_up {};

std::size_t count_nodes(const node& n) {
    std::size_t count = 1 + n.keys.size();
    for (const auto& item : n.items)
        count += count_nodes(item);
    return count;
}

// Builds the tree from yaml-cpp's events.
class builder final : public YAML::EventHandler {
public:
    builder(findings& out, std::string_view text) : out_(out), text_(text) {}

    std::optional<node> root;

    // Where the innermost bracket that is still open stands; nothing outside brackets.
    [[nodiscard]] std::optional<std::pair<location, char>> open_bracket() const {
        for (const auto& f : std::views::reverse(frames_)) {
            if (f.flow) return std::pair{f.value.where, f.value.is_map() ? '{' : '['};
        }
        return std::nullopt;
    }

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        node n;
        n.where = place(mark);
        add(std::move(n), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end()) {
            out_.error(place(mark), "this alias stands inside what it is an alias of", "write the value out");
            throw given_up{};
        }
        count(count_nodes(known->second), place(mark));
        node copy = known->second;
        add(std::move(copy), 0);
    }

    void OnScalar(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value
    ) override {
        check_tag(mark, tag);
        check_closed(mark);
        node n;
        n.type = node::kind::scalar;
        n.where = place(mark);
        n.text = value;
        add(std::move(n), anchor);
    }

    void OnSequenceStart(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style
    ) override {
        open(mark, tag, anchor, style, node::kind::sequence);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style
    ) override {
        open(mark, tag, anchor, style, node::kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    struct frame {
        node value;
        YAML::anchor_t anchor = 0;
        bool flow = false;
        bool has_key = false; // of a map: the next node is a value
        bool drop = false;    // its key was an error
        std::unordered_map<std::string, location> seen;
    };

    void open(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value style,
        node::kind type
    ) {
        check_tag(mark, tag);
        if (frames_.size() >= most_depth) {
            out_.error(place(mark), "nested too deeply", "no part of a scenario needs this many levels");
            throw given_up{};
        }
        frame f;
        f.value.type = type;
        f.value.where = place(mark);
        f.anchor = anchor;
        f.flow = style == YAML::EmitterStyle::Flow;
        frames_.push_back(std::move(f));
    }

    void close() {
        frame f = std::move(frames_.back());
        frames_.pop_back();
        add(std::move(f.value), f.anchor);
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        out_.error(
            place(mark), "tags such as " + ticked(tag) + " are not part of the language", "leave it out"
        );
    }

    // yaml-cpp takes the end of the file for a closing quote.
    void check_closed(const YAML::Mark& mark) {
        auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
        if (at >= text_.size()) return;
        const char quote = text_[at];
        if (quote != '"' && quote != '\'') return;
        for (++at; at < text_.size(); ++at) {
            if (text_[at] == '\\' && quote == '"') {
                ++at;
            } else if (text_[at] == quote) {
                // Two single quotes stand for one.
                if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) return;
                ++at;
            }
        }
        out_.error(place(mark), "the quoted text that begins here does not end", "close the quote");
        throw given_up{};
    }

    void count(std::size_t nodes, location where) {
        nodes_ += nodes;
        if (nodes_ <= most_nodes) return;
        out_.error(
            where,
            "more than " + std::to_string(most_nodes) + " values, aliases counted in full",
            "a scenario is a short file: generate large results in the test instead"
        );
        throw given_up{};
    }

    void add(node n, YAML::anchor_t anchor) {
        count(1, n.where);
        if (anchor != 0) anchors_.insert_or_assign(anchor, n);
        if (frames_.empty()) {
            root = std::move(n);
            return;
        }
        auto& top = frames_.back();
        if (top.value.is_sequence()) {
            top.value.items.push_back(std::move(n));
        } else if (!top.has_key) {
            top.has_key = true;
            top.drop = !accept_key(top, n);
            if (!top.drop) top.value.keys.push_back(std::move(n));
        } else {
            top.has_key = false;
            if (!top.drop) top.value.items.push_back(std::move(n));
        }
    }

    bool accept_key(frame& f, const node& key) {
        if (!key.is_scalar()) {
            out_.error(
                key.where,
                "a key must be a word, not " + std::string(kind_name(key)),
                "write `key: value`; `null` as a key must be quoted"
            );
            return false;
        }
        const auto [first, is_new] = f.seen.emplace(key.text, key.where);
        if (is_new) return true;
        out_.error(
            key.where,
            "repeated key " + ticked(key.text),
            "it stands already at line " + std::to_string(first->second.line) + "; keep one of the two"
        );
        return false;
    }

    findings& out_;
    std::string_view text_; // the whole file
    std::vector<frame> frames_;
    std::unordered_map<YAML::anchor_t, node> anchors_;
    std::size_t nodes_ = 0;
};

bool tab_in_indentation(std::string_view text, int line) {
    std::size_t begin = 0;
    for (int at = 1; at < line && begin < text.size(); ++at) {
        begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
    }
    const auto indentation = text.substr(begin, text.find_first_not_of(" \t", begin) - begin);
    return indentation.find('\t') != std::string_view::npos;
}

// What the file says wrong, in words that do not need the YAML specification.
void explain(const YAML::Exception& error, const builder& tree, std::string_view text, findings& out) {
    const std::string_view message = error.msg;
    const auto has = [&](std::string_view part) { return message.find(part) != std::string_view::npos; };
    const location where = error.mark.is_null() ? location{1, 1} : place(error.mark);
    const auto bracket = tree.open_bracket();

    if (tab_in_indentation(text, where.line) || has("illegal tab")) {
        out.error({where.line, 1}, "a tab in the indentation", "YAML indents with blanks only");
    } else if (has("end of map flow") || has("end of sequence flow") || has("illegal flow end")) {
        if (bracket) {
            const auto& [opened, character] = *bracket;
            out.error(
                where,
                std::string("the `") + character + "` of line " + std::to_string(opened.line) + ", column " +
                    std::to_string(opened.column) + " is not closed before this",
                "close it, or " + std::string(quoting_rule)
            );
        } else {
            out.error(where, "a closing bracket without its opening one", std::string(quoting_rule));
        }
    } else if (has("illegal map value") || has("illegal map key")) {
        out.error(where, "a `:` where no value can begin, perhaps inside a text", std::string(quoting_rule));
    } else if (has("illegal block entry")) {
        out.error(where, "a `- ` where no list can begin", "start the list on a line of its own");
    } else if (has("end of map not found") || has("end of sequence not found")) {
        out.error(
            where,
            "this line is indented differently from the list or map that it seems to belong to",
            "give all entries of one list or map the same indentation"
        );
    } else if (has("illegal EOF in scalar")) {
        out.error(where, "the file ends inside a quoted text", "close the quote");
    } else if (has("unknown escape") || has("hex number") || has("invalid unicode")) {
        out.error(
            where,
            R"(a `\` that starts no escape sequence)",
            R"(in double quotes write `\\` for a backslash, or use single quotes: '/\bselect\b/')"
        );
    } else if (has("the referenced anchor is not defined") || has("alias not found")) {
        out.error(where, "`*` starts an alias here, and no such anchor is defined", "quote the text: \"*\"");
    } else if (has("unknown token") || has("anchor not found")) {
        out.error(where, "a character that cannot begin a text", "quote the text: \"@@version\"");
    } else {
        out.error(where, "not valid YAML: " + std::string(message), std::string(quoting_rule));
    }
}

// Of a UTF-8 sequence, from its first byte.
std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xe0) return 2;
    return lead < 0xf0 ? 3 : 4;
}

// yaml-cpp takes the byte 04 for the end of the file and passes ill-formed UTF-8 on, so both are found here.
bool check_characters(std::string_view text, findings& out) {
    location where{1, 1};
    const auto fail = [&](std::string message, std::string remedy) {
        out.error(where, std::move(message), std::move(remedy));
        return false;
    };
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (lead == '\n') {
            ++where.line;
            where.column = 1;
            ++i;
            continue;
        }
        if ((lead < 0x20 && lead != '\t' && lead != '\r') || lead == 0x7f) {
            return fail(
                "control character " + std::to_string(int{lead}),
                R"(write it as an escape in double quotes: "\x04")"
            );
        }
        const auto length = sequence_length(lead);
        bool well_formed = lead < 0x80 || (lead >= 0xc2 && lead <= 0xf4 && i + length <= text.size());
        for (std::size_t k = 1; well_formed && k < length; ++k) {
            well_formed = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
        }
        if (!well_formed) return fail("not UTF-8", "save the file as UTF-8");
        i += length;
        where.column += static_cast<int>(length);
    }
    return true;
}

void render(const node& n, std::string& out, bool outermost) {
    switch (n.type) {
    case node::kind::null: out += "null"; return;
    case node::kind::scalar: out += n.text.empty() ? "\"\"" : n.text; return;
    case node::kind::sequence:
    case node::kind::map: break;
    }
    const bool braces = !(outermost && n.is_map());
    if (braces) out += n.is_map() ? '{' : '[';
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        if (i > 0) out += ", ";
        if (n.is_map()) out += n.keys[i].text + ": ";
        render(n.items[i], out, false);
    }
    if (braces) out += n.is_map() ? '}' : ']';
}

} // namespace

const node* node::find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].text == key) return &items[i];
    }
    return nullptr;
}

std::string_view kind_name(const node& n) noexcept {
    constexpr std::array<std::string_view, 4> names{"nothing", "a text", "a list", "a map"};
    return names[static_cast<std::size_t>(n.type)];
}

std::string one_line(const node& n) {
    std::string out;
    render(n, out, true);
    for (auto& c : out) {
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return out;
}

std::optional<node> parse_yaml(std::string_view text, findings& out) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (text.size() > most_bytes) {
        out.error({1, 1}, "the file is larger than 4 MiB", "a scenario is a short file");
        return std::nullopt;
    }
    if (!check_characters(text, out)) return std::nullopt;

    builder tree(out, text);
    try {
        std::istringstream in{std::string(text)};
        YAML::Parser parser(in);
        if (!parser.HandleNextDocument(tree)) return node{.where = {1, 1}};
        auto root = std::move(tree.root);
        if (builder second(out, text); parser.HandleNextDocument(second)) {
            out.error(
                second.root ? second.root->where : location{1, 1},
                "a second document: a scenario file holds one",
                "remove the `---` or put the second scenario into its own file"
            );
        }
        return root;
    } catch (const given_up&) {
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        explain(error, tree, text, out);
        return std::nullopt;
    }
}

} // namespace tdsfake::scenario::reader
