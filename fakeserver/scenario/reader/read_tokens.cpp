#include "scenario/reader/read_tokens.hpp"

#include "scenario/reader/login_tokens.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_messages.hpp"
#include "scenario/reader/read_results.hpp"
#include "scenario/reader/values.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tdsfake::scenario::reader {
namespace {

using token = tds::scripted_token;
using source = token_source;

// A text, a number of the catalogue, or `{number, …, length}`.
std::optional<token> read_message(context& ctx, const source& s, bool is_error) {
    if (!need(ctx, s, is_error ? "error" : "info", is_error ? "error: 40613" : "info: hello"))
        return std::nullopt;
    const auto& n = *s.value;
    token out{tds::scripted_message{.is_error = is_error}};
    auto& message = std::get<tds::scripted_message>(out.what).message;
    const bool is_number = n.is_scalar() && !n.text.empty() &&
                           std::ranges::all_of(n.text, [](char c) { return c >= '0' && c <= '9'; });
    if (n.is_scalar() && !(is_error || is_number)) {
        message = {.number = 0, .message = read_text(ctx, n, "`info`").value_or("")};
        return out;
    }
    node without_length = n;
    if (n.is_map()) {
        for (std::size_t i = 0; i < n.keys.size(); ++i) {
            if (n.keys[i].text != "length") continue;
            if (const auto length = read_code(ctx, n.items[i], "`length`", 0, 0xffff))
                out.length = static_cast<std::uint32_t>(*length);
            without_length.keys.erase(without_length.keys.begin() + static_cast<std::ptrdiff_t>(i));
            without_length.items.erase(without_length.items.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    auto read = read_error(ctx, without_length);
    if (!read) return std::nullopt;
    message = std::move(*read);
    return out;
}

// `none`, a map of columns, or `{columns: …, count: 2}`.
std::optional<token> read_colmetadata(context& ctx, const source& s) {
    if (!need(ctx, s, "colmetadata", "colmetadata: {id: int}")) return std::nullopt;
    tds::scripted_columns out;
    s.columns.clear();
    if (s.value->is_scalar() && s.value->text == "none") return token{std::move(out)};
    const auto* columns = s.value;
    if (s.value->is_map() && s.value->find("columns") != nullptr && !s.value->find("columns")->is_scalar()) {
        map_reader map(ctx, *s.value, "`colmetadata`", {"columns", "count"});
        columns = map.get("columns");
        if (const auto* n = map.get("count")) {
            if (const auto count = read_code(ctx, *n, "`count`", 0, 0xffff))
                out.count = static_cast<std::uint16_t>(*count);
        }
    }
    out.columns = read_columns(ctx, *columns);
    s.columns = out.columns;
    return token{std::move(out)};
}

std::optional<token> read_row_token(context& ctx, const source& s, bool compressed) {
    if (!need(ctx, s, compressed ? "nbcrow" : "row", "row: [1, a]")) return std::nullopt;
    if (s.columns.empty()) {
        ctx.out.error(s.at.where, "a row needs columns before it", "write `colmetadata: {id: int}` first");
        return std::nullopt;
    }
    auto cells = read_row(ctx, *s.value, s.columns);
    if (!cells) return std::nullopt;
    tds::scripted_row out{.columns = s.columns, .compressed = compressed};
    for (auto& cell : *cells)
        out.values.push_back(std::move(cell.value));
    return token{std::move(out)};
}

std::optional<token> read_order(context& ctx, const source& s) {
    if (!need(ctx, s, "order", "order: [1]")) return std::nullopt;
    tds::scripted_order out;
    if (!s.value->is_sequence()) {
        ctx.out.error(
            s.value->where, "`order` must be a list of column numbers", "for example `order: [2, 1]`"
        );
        return std::nullopt;
    }
    for (const auto& n : s.value->items) {
        if (const auto column = read_code(ctx, n, "a column number", 0, 0xffff))
            out.columns.push_back(static_cast<std::uint16_t>(*column));
    }
    return token{std::move(out)};
}

std::optional<std::int32_t> read_signed(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return std::nullopt;
    std::int32_t value = 0;
    const auto* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, value);
    if (error == std::errc{} && rest == end) return value;
    ctx.out.error(
        n.where,
        std::string(what) + " must be a whole number, not " + ticked(*text),
        "from -2147483648 to 2147483647"
    );
    return std::nullopt;
}

std::optional<token> read_returnstatus(context& ctx, const source& s) {
    if (s.value == nullptr || s.value->is_null()) return token{tds::scripted_status{}};
    return token{tds::scripted_status{read_signed(ctx, *s.value, "`returnstatus`").value_or(0)}};
}

std::optional<token> read_returnvalue(context& ctx, const source& s) {
    constexpr std::string_view example = "returnvalue: {name: \"@id\", type: int, value: 7}";
    if (!need(ctx, s, "returnvalue", example)) return std::nullopt;
    map_reader map(
        ctx, *s.value, "`returnvalue`", {"ordinal", "name", "status", "user-type", "flags", "type", "value"}
    );
    tds::return_value out;
    read_into(ctx, map, "ordinal", out.ordinal, 0xffff);
    read_into(ctx, map, "status", out.status, 255);
    read_into(ctx, map, "user-type", out.column.user_type, 0xffffffff);
    if (map.get("flags") != nullptr) {
        out.column.flags = std::uint16_t{0};
        read_into(ctx, map, "flags", *out.column.flags, 0xffff);
    }
    if (const auto* n = map.get("name")) out.column.name = read_text(ctx, *n, "`name`").value_or("");
    const auto* type = map.need("type", example);
    const auto written = type != nullptr ? read_text(ctx, *type, "`type`", false) : std::nullopt;
    if (!written) return std::nullopt;
    std::string problem;
    const auto parsed = tds::parse_type(*written, problem);
    if (!parsed) {
        ctx.out.error(
            type->where,
            "the type " + ticked(*written) + " cannot be: " + problem,
            "for example int or nvarchar(30)"
        );
        return std::nullopt;
    }
    out.column.type = *parsed;
    const auto* n = map.get("value");
    if (n == nullptr || n->is_null()) return token{std::move(out)};
    const auto text = read_text(ctx, *n, "`value`");
    if (!text) return std::nullopt;
    out.value = tds::parse_value(out.column.type, *text);
    if (!out.value) {
        ctx.out.error(
            n->where,
            "`value` is " + tds::name(out.column.type) + ", and " + ticked(*text) + " is none",
            "it is " + tds::value_form(out.column.type)
        );
    }
    return token{std::move(out)};
}

struct status_word {
    std::string_view word;
    std::uint16_t bit;
};
constexpr auto status_words = std::to_array<status_word>({
    {"final", 0x00},
    {"more", 0x01},
    {"error", 0x02},
    {"in-transaction", 0x04},
    {"count", 0x10},
    {"attention", 0x20},
    {"rpc-in-batch", 0x80},
    {"server-error", 0x100},
});

// A number, a word, or a list of words.
std::uint16_t read_status(context& ctx, const node& n) {
    if (n.is_sequence()) {
        unsigned bits = 0;
        for (const auto& item : n.items)
            bits |= read_status(ctx, item);
        return static_cast<std::uint16_t>(bits);
    }
    if (n.is_scalar()) {
        const auto known = std::ranges::find(status_words, n.text, &status_word::word);
        if (known != status_words.end()) return known->bit;
    }
    return static_cast<std::uint16_t>(read_code(ctx, n, "`status`, a known word or", 0, 0xffff).value_or(0));
}

std::optional<token> read_done(context& ctx, const source& s, std::uint8_t number, std::string_view word) {
    tds::scripted_done out{.token = number};
    map_reader map(ctx, value_of(s), ticked(word), {"status", "command", "count"});
    if (const auto* n = map.get("status")) out.done.status = read_status(ctx, *n);
    read_into(ctx, map, "command", out.done.command, 0xffff);
    read_into(ctx, map, "count", out.done.row_count, ~std::uint64_t{0} >> 1);
    return token{out};
}

std::optional<token> read_raw(context& ctx, const source& s) {
    if (!need(ctx, s, "raw", "raw: 04 01")) return std::nullopt;
    return token{tds::scripted_bytes{read_hex_value(ctx, *s.value, "`raw`")}};
}

struct token_word {
    std::string_view word;
    std::optional<token> (*read)(context&, const source&);
};
constexpr auto token_words = std::to_array<token_word>({
    {"info", [](context& c, const source& s) { return read_message(c, s, false); }},
    {"error", [](context& c, const source& s) { return read_message(c, s, true); }},
    {"envchange", [](context& c, const source& s) { return read_envchange(c, s); }},
    {"loginack", [](context& c, const source& s) { return read_loginack(c, s); }},
    {"featureextack", [](context& c, const source& s) { return read_features(c, s); }},
    {"colmetadata", [](context& c, const source& s) { return read_colmetadata(c, s); }},
    {"row", [](context& c, const source& s) { return read_row_token(c, s, false); }},
    {"nbcrow", [](context& c, const source& s) { return read_row_token(c, s, true); }},
    {"order", [](context& c, const source& s) { return read_order(c, s); }},
    {"returnstatus", [](context& c, const source& s) { return read_returnstatus(c, s); }},
    {"returnvalue", [](context& c, const source& s) { return read_returnvalue(c, s); }},
    {"done", [](context& c, const source& s) { return read_done(c, s, 0xfd, "done"); }},
    {"doneproc", [](context& c, const source& s) { return read_done(c, s, 0xfe, "doneproc"); }},
    {"doneinproc", [](context& c, const source& s) { return read_done(c, s, 0xff, "doneinproc"); }},
    {"sspi", [](context& c, const source& s) { return read_sspi(c, s); }},
    {"fedauthinfo", [](context& c, const source& s) { return read_fedauthinfo(c, s); }},
    {"sessionstate", [](context& c, const source& s) { return read_sessionstate(c, s); }},
    {"raw", [](context& c, const source& s) { return read_raw(c, s); }},
});

} // namespace

std::vector<tds::scripted_token> read_tokens(context& ctx, const node& n) {
    std::vector<tds::scripted_token> out;
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where, "`tokens` must be a list of tokens", "for example `tokens: [{info: hello}, done]`"
        );
        return out;
    }
    std::vector<tds::column> columns;
    for (const auto& item : n.items) {
        const bool keyed = item.is_map() && item.keys.size() == 1;
        if (!keyed && !item.is_scalar()) {
            ctx.out.error(
                item.where, "a token is a word or a map with one key", "for example `done` or `{row: [1, a]}`"
            );
            continue;
        }
        const auto& word = keyed ? item.keys[0] : item;
        const auto known = std::ranges::find(token_words, word.text, &token_word::word);
        if (known == token_words.end()) {
            std::vector<std::string_view> words;
            for (const auto& one : token_words)
                words.push_back(one.word);
            ctx.out.error(
                word.where,
                "unknown token " + ticked(word.text),
                did_you_mean(word.text, words, "the tokens are " + any_of(words))
            );
            continue;
        }
        if (auto one = known->read(ctx, {word, keyed ? &item.items[0] : nullptr, columns}))
            out.push_back(std::move(*one));
    }
    return out;
}

} // namespace tdsfake::scenario::reader
