#include "scenario/reader/read_tokens.hpp"

#include "core/hex.hpp"
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

// A token's value, and the columns of the last COLMETADATA before it.
struct source {
    const node& at;
    const node* value; // null: the word stands alone, or has nothing behind it
    std::vector<tds::column>& columns;
};

template <class Number>
void read_into(context& ctx, map_reader& map, std::string_view key, Number& out, std::uint64_t most) {
    const auto* n = map.get(key);
    if (n == nullptr) return;
    if (const auto value = read_code(ctx, *n, ticked(key), 0, most)) out = static_cast<Number>(*value);
}

void read_length(context& ctx, map_reader& map, token& out, std::uint64_t most = 0xffff) {
    if (const auto* n = map.get("length")) {
        if (const auto value = read_code(ctx, *n, "`length`", 0, most))
            out.length = static_cast<std::uint32_t>(*value);
    }
}

// 0x0102, or hex digits in pairs.
core::bytes read_hex_value(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what);
    if (!text) return {};
    const std::string_view view = *text;
    auto data = core::from_hex(view.starts_with("0x") ? view.substr(2) : view);
    if (data) return std::move(*data);
    ctx.out.error(
        n.where, std::string(what) + " must be bytes, not " + ticked(view), "write 0x0102 or 01 02"
    );
    return {};
}

const node nothing{};
const node& value_of(const source& s) { return s.value != nullptr ? *s.value : nothing; }

bool need(context& ctx, const source& s, std::string_view word, std::string_view example) {
    if (s.value != nullptr && !s.value->is_null()) return true;
    ctx.out.error(s.at.where, ticked(word) + " needs a value", "for example `" + std::string(example) + "`");
    return false;
}

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

struct envchange_word {
    std::string_view word;
    std::uint8_t type;
};
constexpr auto envchanges = std::to_array<envchange_word>({
    {"database", 1},
    {"language", 2},
    {"charset", 3},
    {"packet-size", 4},
    {"locale", 5},
    {"comparison", 6},
    {"collation", 7},
    {"begin-transaction", 8},
    {"commit-transaction", 9},
    {"rollback-transaction", 10},
    {"enlist-dtc", 11},
    {"defect", 12},
    {"mirroring-partner", 13},
    {"promote-transaction", 15},
    {"transaction-manager-address", 16},
    {"transaction-ended", 17},
    {"reset-ack", 18},
    {"user-instance", 19},
    {"routing", 20},
    {"enhanced-routing", 21},
});

bool has_texts(std::uint8_t type) noexcept { return (type >= 1 && type <= 6) || type == 13 || type == 19; }

std::optional<token> read_envchange(context& ctx, const source& s) {
    constexpr std::string_view example = "envchange: {type: database, new: orders, old: master}";
    if (!need(ctx, s, "envchange", example)) return std::nullopt;
    map_reader map(ctx, *s.value, "`envchange`", {"type", "new", "old", "host", "port", "length"});
    const auto* type = map.need("type", example);
    if (type == nullptr) return std::nullopt;
    tds::scripted_envchange change;
    const auto known =
        std::ranges::find(envchanges, type->is_scalar() ? type->text : "", &envchange_word::word);
    if (known != envchanges.end()) {
        change.type = known->type;
    } else if (const auto number = read_code(ctx, *type, "`type`, a known word or", 0, 255)) {
        change.type = static_cast<std::uint8_t>(*number);
    }
    const auto read_value = [&](std::string_view key, std::string& text, core::bytes& bytes) {
        const auto* n = map.get(key);
        if (n == nullptr) return;
        if (has_texts(change.type)) {
            text = read_text(ctx, *n, ticked(key)).value_or("");
        } else {
            bytes = read_hex_value(ctx, *n, ticked(key));
        }
    };
    change.is_text = has_texts(change.type);
    read_value("new", change.new_text, change.new_bytes);
    read_value("old", change.old_text, change.old_bytes);
    if (const auto* host = map.get("host")) {
        std::uint16_t port = 1433;
        read_into(ctx, map, "port", port, 0xffff);
        change.route = {read_text(ctx, *host, "`host`").value_or(""), port};
        if (change.type != 20) {
            ctx.out.error(
                host->where, "only `routing` has a host", "write its values as bytes: `new: 0x0102`"
            );
        }
    }
    token out{std::move(change)};
    read_length(ctx, map, out);
    return out;
}

std::optional<token> read_loginack(context& ctx, const source& s) {
    map_reader map(ctx, value_of(s), "`loginack`", {"interface", "tds", "program", "version", "length"});
    tds::loginack ack{.tds_version = tds::to_loginack_version(tds::tds_version::v7_4)};
    read_into(ctx, map, "interface", ack.interface, 255);
    const auto read = [&](std::string_view key, auto parse, auto& out, std::string_view looks_like) {
        const auto* n = map.get(key);
        const auto text = n != nullptr ? read_text(ctx, *n, ticked(key), false) : std::nullopt;
        if (!text) return;
        if (const auto value = parse(*text)) {
            out = *value;
        } else {
            ctx.out.error(n->where, ticked(key) + " cannot be " + ticked(*text), std::string(looks_like));
        }
    };
    read(
        "tds",
        tds::loginack_version_value,
        ack.tds_version,
        "a TDS version like 7.1, or the number to send like 0x99000099"
    );
    read("version", tds::parse_product_version, ack.version, "a version like 16.0.4115");
    if (const auto* n = map.get("program")) ack.program_name = read_text(ctx, *n, "`program`").value_or("");
    token out{std::move(ack)};
    read_length(ctx, map, out);
    return out;
}

// A map of ids to bytes: `{0x0a: 0x01}`.
std::vector<std::pair<std::uint8_t, core::bytes>>
read_by_id(context& ctx, const node& n, std::string_view what, std::string_view example) {
    std::vector<std::pair<std::uint8_t, core::bytes>> out;
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            std::string(what) + " must be a map of ids to bytes",
            "for example `" + std::string(example) + "`"
        );
        return out;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        if (const auto id = read_code(ctx, n.keys[i], "an id", 0, 255))
            out.emplace_back(
                static_cast<std::uint8_t>(*id), read_hex_value(ctx, n.items[i], ticked(n.keys[i].text))
            );
    }
    return out;
}

std::optional<token> read_features(context& ctx, const source& s) {
    if (s.value == nullptr || s.value->is_null()) return token{tds::scripted_features{}};
    return token{
        tds::scripted_features{read_by_id(ctx, *s.value, "`featureextack`", "featureextack: {0x0a: 0x01}")}
    };
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

// Bytes, or `{data, length}`.
std::optional<token> read_sspi(context& ctx, const source& s) {
    if (!need(ctx, s, "sspi", "sspi: 0x4e544c4d")) return std::nullopt;
    if (!s.value->is_map()) return token{tds::scripted_sspi{read_hex_value(ctx, *s.value, "`sspi`")}};
    map_reader map(ctx, *s.value, "`sspi`", {"data", "length"});
    token out{tds::scripted_sspi{}};
    if (const auto* n = map.get("data")) out.what = tds::scripted_sspi{read_hex_value(ctx, *n, "`data`")};
    read_length(ctx, map, out);
    return out;
}

std::optional<token> read_fedauthinfo(context& ctx, const source& s) {
    map_reader map(ctx, value_of(s), "`fedauthinfo`", {"sts-url", "spn", "length"});
    tds::scripted_fedauth info;
    if (const auto* n = map.get("sts-url"))
        info.options.emplace_back(std::uint8_t{1}, read_text(ctx, *n, "`sts-url`").value_or(""));
    if (const auto* n = map.get("spn"))
        info.options.emplace_back(std::uint8_t{2}, read_text(ctx, *n, "`spn`").value_or(""));
    token out{std::move(info)};
    read_length(ctx, map, out, 0xffffffff);
    return out;
}

std::optional<token> read_sessionstate(context& ctx, const source& s) {
    constexpr std::array<std::string_view, 2> words{"yes", "no"};
    map_reader map(ctx, value_of(s), "`sessionstate`", {"sequence", "recoverable", "states", "length"});
    tds::scripted_state state;
    read_into(ctx, map, "sequence", state.sequence, 0xffffffff);
    if (const auto* n = map.get("recoverable"))
        state.recoverable = read_word(ctx, *n, "`recoverable`", words) != 1U;
    if (const auto* n = map.get("states"))
        state.states = read_by_id(ctx, *n, "`states`", "states: {9: 0x01}");
    token out{std::move(state)};
    read_length(ctx, map, out, 0xffffffff);
    return out;
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
