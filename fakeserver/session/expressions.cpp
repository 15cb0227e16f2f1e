#include "session/expressions.hpp"

#include "core/text.hpp"
#include "core/utf16.hpp"
#include "session/server_values.hpp"
#include "tds/types/value_text.hpp"

#include <algorithm>
#include <charconv>

namespace tdsfake::session {

namespace {

constexpr std::size_t longest = 4096; // a longer text is nobody's health check
constexpr int deepest = 20;           // parentheses in parentheses
constexpr std::size_t most_columns = 100;

bool begins_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c == '#';
}
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct lexeme {
    enum class kind : std::uint8_t { end, word, quoted_name, number, text, unicode_text, sign };
    kind what = kind::end;
    std::string text;
};

class lexer {
public:
    explicit lexer(std::string_view sql) noexcept : rest_(sql) {}

    // A text that is not closed, or a character of no lexeme, ends the input with `broken`.
    lexeme next() {
        skip_blanks();
        if (rest_.empty()) return {};
        const char c = rest_.front();
        if ((c == 'N' || c == 'n') && rest_.size() > 1 && rest_[1] == '\'') {
            rest_.remove_prefix(1);
            return quoted('\'', lexeme::kind::unicode_text);
        }
        if (c == '\'') return quoted('\'', lexeme::kind::text);
        if (c == '"') return quoted('"', lexeme::kind::quoted_name);
        if (c == '[') return quoted(']', lexeme::kind::quoted_name);
        if (begins_word(c))
            return taken(lexeme::kind::word, [](char d) { return begins_word(d) || is_digit(d); });
        if (is_digit(c)) return taken(lexeme::kind::number, [](char d) { return is_digit(d) || d == '.'; });
        rest_.remove_prefix(1);
        return {lexeme::kind::sign, std::string(1, c)};
    }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    void skip_blanks() {
        for (;;) {
            while (!rest_.empty() && core::is_blank(rest_.front()))
                rest_.remove_prefix(1);
            if (rest_.starts_with("--")) {
                rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
            } else if (rest_.starts_with("/*") && rest_.find("*/", 2) != std::string_view::npos) {
                rest_.remove_prefix(rest_.find("*/", 2) + 2);
            } else {
                return;
            }
        }
    }

    lexeme quoted(char end, lexeme::kind what) {
        lexeme out{what, {}};
        for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
            if (rest_.front() != end) {
                out.text += rest_.front();
            } else if (rest_.size() > 1 && rest_[1] == end) {
                out.text += end;
                rest_.remove_prefix(1);
            } else {
                rest_.remove_prefix(1);
                return out;
            }
        }
        broken_ = true;
        return {};
    }

    template <class Belongs>
    lexeme taken(lexeme::kind what, Belongs belongs) {
        const auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest_, belongs) - rest_.begin());
        lexeme out{what, std::string(rest_.substr(0, end))};
        rest_.remove_prefix(end);
        return out;
    }

    std::string_view rest_;
    bool broken_ = false;
};

std::uint32_t length_of(std::size_t units) {
    return static_cast<std::uint32_t>(std::clamp<std::size_t>(units, 1, 4000));
}

class evaluator {
public:
    evaluator(std::string_view sql, const scenario::server& server, const state& session)
        : server_(server),
          session_(session) {
        lexer words(sql);
        do {
            all_.push_back(words.next());
        } while (all_.back().what != lexeme::kind::end);
        broken_ = words.broken();
    }

    std::optional<std::vector<scenario::result_set>> batch() {
        std::vector<scenario::result_set> out;
        while (!broken_ && !at_end()) {
            if (take_sign(';')) continue;
            if (take_word("set")) {
                skip_statement();
            } else if (take_word("select")) {
                auto one = select();
                if (!one) return std::nullopt;
                out.push_back(std::move(*one));
            } else {
                return std::nullopt;
            }
        }
        if (broken_ || out.empty()) return std::nullopt;
        return out;
    }

private:
    [[nodiscard]] const lexeme& now() const { return all_[at_]; }
    [[nodiscard]] bool at_end() const { return now().what == lexeme::kind::end; }
    void step() {
        if (!at_end()) ++at_;
    }
    [[nodiscard]] bool is_sign(char c) const {
        return now().what == lexeme::kind::sign && now().text.front() == c;
    }
    [[nodiscard]] bool is_word(std::string_view word) const {
        return now().what == lexeme::kind::word && core::equals_ignoring_case(now().text, word);
    }
    bool take_sign(char c) {
        const bool is = is_sign(c);
        if (is) step();
        return is;
    }
    bool take_word(std::string_view word) {
        const bool is = is_word(word);
        if (is) step();
        return is;
    }

    void skip_statement() {
        while (!at_end() && !is_sign(';') && !is_word("select") && !is_word("set"))
            step();
    }

    // The list behind SELECT, up to the end of the statement.
    std::optional<scenario::result_set> select() {
        if (take_word("top")) {
            const bool parenthesis = take_sign('(');
            if (now().what != lexeme::kind::number || now().text == "0") return std::nullopt;
            step();
            if (parenthesis && !take_sign(')')) return std::nullopt;
        }
        scenario::result_set out;
        auto& row = out.rows.emplace_back();
        do {
            if (out.columns.size() >= most_columns || !item(out.columns.emplace_back(), row.emplace_back()))
                return std::nullopt;
        } while (take_sign(','));
        if (!at_end() && !is_sign(';') && !is_word("set") && !is_word("select")) return std::nullopt;
        return out;
    }

    // expression [[AS] name], name = expression
    bool item(tds::column& column, scenario::cell& cell) {
        const bool named_first =
            (now().what == lexeme::kind::word || now().what == lexeme::kind::quoted_name) &&
            at_ + 1 < all_.size() && all_[at_ + 1].what == lexeme::kind::sign && all_[at_ + 1].text == "=";
        if (named_first) {
            column.name = now().text;
            step();
            step();
        }
        const auto read = sum(0);
        if (!read) return false;
        if (!named_first && !name_behind(column.name)) return false;
        column.type = read->type;
        column.nullable = read->nullable;
        if (!read->text) return column.nullable;
        cell.value = tds::parse_value(column.type, *read->text);
        if (!cell.value) cell.value = tds::cut_value(column.type, *read->text);
        return cell.value.has_value();
    }

    bool name_behind(std::string& name) {
        const bool as = take_word("as");
        switch (now().what) {
        case lexeme::kind::word:
            if (!as && (is_word("set") || is_word("select") || is_word("from") || is_word("where")))
                return true;
            [[fallthrough]];
        case lexeme::kind::quoted_name:
        case lexeme::kind::text:
            name = now().text;
            step();
            return true;
        default: return !as;
        }
    }

    std::optional<sql_value> sum(int depth) {
        auto left = primary(depth);
        while (left && (is_sign('+') || is_sign('-'))) {
            const bool plus = is_sign('+');
            step();
            const auto right = primary(depth);
            if (!right || left->type.id != tds::type_id::int_ || right->type.id != tds::type_id::int_ ||
                !left->text || !right->text) {
                return std::nullopt;
            }
            std::int64_t a = 0;
            std::int64_t b = 0;
            std::from_chars(left->text->data(), left->text->data() + left->text->size(), a);
            std::from_chars(right->text->data(), right->text->data() + right->text->size(), b);
            left->text = std::to_string(plus ? a + b : a - b);
        }
        return left;
    }

    std::optional<sql_value> primary(int depth) {
        if (depth > deepest) return std::nullopt;
        if (take_sign('(')) {
            auto inside = sum(depth + 1);
            return inside && take_sign(')') ? inside : std::nullopt;
        }
        if (take_sign('-')) {
            auto negated = now().what == lexeme::kind::number ? literal() : std::nullopt;
            if (negated) negated->text = "-" + *negated->text;
            return negated;
        }
        switch (now().what) {
        case lexeme::kind::number:
        case lexeme::kind::text:
        case lexeme::kind::unicode_text: return literal();
        case lexeme::kind::word: return word(depth);
        default: return std::nullopt;
        }
    }

    std::optional<sql_value> literal() {
        sql_value out{.nullable = false, .text = now().text};
        const auto what = now().what;
        step();
        if (what != lexeme::kind::number) {
            const bool unicode = what == lexeme::kind::unicode_text;
            out.type.id = unicode ? tds::type_id::nvarchar : tds::type_id::varchar;
            out.type.length = length_of(core::utf8_to_utf16le(*out.text).size() / 2);
            return out;
        }
        if (const auto point = out.text->find('.'); point != std::string::npos) {
            const auto scale = out.text->size() - point - 1;
            const auto precision = std::max<std::size_t>(1, out.text->size() - 1);
            if (precision > 38 || out.text->find('.', point + 1) != std::string::npos) return std::nullopt;
            out.type = {
                .id = tds::type_id::numeric,
                .precision = static_cast<std::uint8_t>(precision),
                .scale = static_cast<std::uint8_t>(scale)
            };
        } else if (!tds::parse_value(out.type, *out.text)) {
            const auto digits = out.text->find_first_not_of('0');
            const auto precision = out.text->size() - std::min(digits, out.text->size());
            if (precision > 38) return std::nullopt;
            out.type = {.id = tds::type_id::numeric, .precision = static_cast<std::uint8_t>(precision)};
        }
        return out;
    }

    std::optional<sql_value> word(int depth) {
        const auto name = now().text;
        step();
        if (name.starts_with("@@")) return global_value(name, server_, session_);
        if (core::equals_ignoring_case(name, "null")) return sql_value{.type = {.id = tds::type_id::int_}};
        if (!take_sign('(')) {
            for (const std::string_view bare :
                 {"system_user", "current_user", "session_user", "user", "current_timestamp"}) {
                if (core::equals_ignoring_case(name, bare))
                    return function_value(name, {}, server_, session_);
            }
            return std::nullopt;
        }
        if (core::equals_ignoring_case(name, "cast")) return cast(depth);
        if (core::equals_ignoring_case(name, "convert")) return convert(depth);
        std::vector<sql_value> arguments;
        while (!take_sign(')')) {
            if (!arguments.empty() && !take_sign(',')) return std::nullopt;
            auto one = sum(depth + 1);
            if (!one || arguments.size() > 8) return std::nullopt;
            arguments.push_back(std::move(*one));
        }
        return function_value(name, arguments, server_, session_);
    }

    // A type's name, with what stands in its parentheses.
    std::optional<tds::sql_type> type_name() {
        if (now().what != lexeme::kind::word && now().what != lexeme::kind::quoted_name) return std::nullopt;
        std::string written = now().text;
        step();
        if (take_sign('(')) {
            written += '(';
            while (!at_end() && !is_sign(')')) {
                written += now().text;
                step();
            }
            if (!take_sign(')')) return std::nullopt;
            written += ')';
        } else {
            // The length that CAST takes where none is written.
            for (const std::string_view sized :
                 {"char", "varchar", "nchar", "nvarchar", "binary", "varbinary"}) {
                if (core::equals_ignoring_case(written, sized)) {
                    written += "(30)";
                    break;
                }
            }
        }
        std::string problem;
        return tds::parse_type(written, problem);
    }

    static std::optional<sql_value> as_type(const sql_value& from, const tds::sql_type& to) {
        sql_value out{.type = to, .nullable = from.nullable};
        if (!from.text) return out;
        auto text = *from.text;
        if (from.type.id == tds::type_id::sql_variant) {
            if (const auto colon = text.find(": "); colon != std::string::npos) text.erase(0, colon + 2);
        }
        auto data = tds::parse_value(to, text);
        if (!data) data = tds::cut_value(to, text);
        if (!data) return std::nullopt;
        out.text = tds::value_text(to, *data);
        return out;
    }

    // expression AS type )
    std::optional<sql_value> cast(int depth) {
        const auto from = sum(depth + 1);
        if (!from || !take_word("as")) return std::nullopt;
        const auto to = type_name();
        if (!to || !take_sign(')')) return std::nullopt;
        return as_type(*from, *to);
    }

    // type , expression [, style] )
    std::optional<sql_value> convert(int depth) {
        const auto to = type_name();
        if (!to || !take_sign(',')) return std::nullopt;
        const auto from = sum(depth + 1);
        if (!from) return std::nullopt;
        if (take_sign(',') && !sum(depth + 1)) return std::nullopt;
        if (!take_sign(')')) return std::nullopt;
        return as_type(*from, *to);
    }

    const scenario::server& server_;
    const state& session_;
    std::vector<lexeme> all_;
    std::size_t at_ = 0;
    bool broken_ = false;
};

} // namespace

std::optional<std::vector<scenario::result_set>>
evaluated(std::string_view sql, const scenario::server& server, const state& session) {
    if (sql.size() > longest) return std::nullopt;
    return evaluator(sql, server, session).batch();
}

} // namespace tdsfake::session
