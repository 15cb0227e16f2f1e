#include "session/set_up.hpp"

#include "core/text.hpp"
#include "session/sql_scanner.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::session {

namespace {

constexpr auto statements = std::to_array<std::string_view>({
    "select", "insert",   "update", "delete", "merge",   "exec",     "execute", "declare",   "set",
    "use",    "begin",    "commit", "save",   "if",      "while",    "create",  "alter",     "drop",
    "with",   "truncate", "print",  "return", "waitfor", "rollback", "grant",   "raiserror", "throw",
});

bool begins_statement(std::string_view token) {
    return std::ranges::any_of(statements, [&](std::string_view word) {
        return core::equals_ignoring_case(token, word);
    });
}

bool ends_statement(const sql_scanner& in) {
    return in.at_end() || in.peek() == ";" || begins_statement(in.peek());
}

bool is_word(std::string_view token) {
    return !token.empty() && token != ";" && token != "," && token != "=" && token != "(" && token != ")";
}

void pass_to_semicolon(sql_scanner& in) {
    while (!in.at_end() && in.peek() != ";")
        in.next();
}

// What stands behind a name that may be left out: `tran`, `tran name`.
void pass_name(sql_scanner& in) {
    if (!ends_statement(in)) in.next();
}

bool transaction_word(sql_scanner& in) { return in.next_is("tran") || in.next_is("transaction"); }

bool isolation_level(sql_scanner& in) {
    if (!in.next_is("isolation") || !in.next_is("level")) return false;
    if (in.next_is("read")) return in.next_is("committed") || in.next_is("uncommitted");
    if (in.next_is("repeatable")) return in.next_is("read");
    return in.next_is("snapshot") || in.next_is("serializable");
}

bool set_statement(sql_scanner& in) {
    if (in.peek().starts_with("@")) { // = an expression, which may hold anything
        pass_to_semicolon(in);
        return true;
    }
    if (in.next_is("transaction")) return isolation_level(in);
    const auto names = [&] {
        do {
            if (!is_word(in.peek()) || begins_statement(in.peek())) return false;
            in.next();
        } while (in.next_is(","));
        return true;
    };
    const bool two_names = in.next_is("statistics") || in.next_is("identity_insert");
    if (!two_names && !is_word(in.peek())) return false;
    if (!names() || ends_statement(in)) return false;
    in.next_is("-");
    in.next(); // ON, OFF, a number, a text
    return true;
}

bool end_transaction(sql_scanner& in) {
    if (transaction_word(in)) {
        pass_name(in);
    } else {
        in.next_is("work");
    }
    return ends_statement(in);
}

bool begin_transaction(sql_scanner& in) {
    in.next_is("distributed");
    if (!transaction_word(in)) return false;
    pass_name(in);
    return ends_statement(in);
}

// Procedures that only poolers and drivers call.
bool procedure(sql_scanner& in) {
    auto name = in.next();
    if (const auto dot = name.rfind('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
    static constexpr auto known = std::to_array<std::string_view>({
        "sp_reset_connection",
        "sp_reset_connection_keep_transaction",
        "sp_datatype_info", // pyodbc asks four times, before the application does
        "sp_datatype_info_90",
        "sp_datatype_info_100",
    });
    if (std::ranges::none_of(known, [&](std::string_view one) {
            return core::equals_ignoring_case(name, one);
        }))
        return false;
    while (!ends_statement(in))
        in.next();
    return true;
}

// DECLARE @a int = (SELECT 1), @b TABLE (…): until a statement begins outside of brackets.
bool declaration(sql_scanner& in) {
    if (!in.peek().starts_with("@")) return false; // a cursor
    for (int depth = 0; !in.at_end(); in.next()) {
        if (depth == 0 && ends_statement(in)) break;
        depth += static_cast<int>(in.peek() == "(") - static_cast<int>(in.peek() == ")");
    }
    return true;
}

bool statement(sql_scanner& in) {
    if (core::equals_ignoring_case(in.peek().substr(0, 3), "sp_")) return procedure(in);
    if (in.next_is("set")) return set_statement(in);
    if (in.next_is("begin")) return begin_transaction(in);
    if (in.next_is("commit") || in.next_is("rollback")) return end_transaction(in);
    if (in.next_is("declare")) return declaration(in);
    if (in.next_is("exec") || in.next_is("execute")) return procedure(in);
    if (in.next_is("use")) {
        in.next();
        return ends_statement(in);
    }
    if (in.next_is("save")) {
        if (!transaction_word(in)) return false;
        pass_name(in);
        return ends_statement(in);
    }
    if (in.next_is("insert")) { // BULK: what follows is data
        if (!in.next_is("bulk")) return false;
        pass_to_semicolon(in);
        return true;
    }
    if (in.next_is("if")) { // @@TRANCOUNT > 0 COMMIT
        if (!in.next_is("@@trancount")) return false;
        while (in.next_is(">") || in.next_is("<") || in.next_is("!") || in.next_is("=")) {}
        in.next();
        if (in.next_is("begin")) return begin_transaction(in);
        return (in.next_is("commit") || in.next_is("rollback")) && end_transaction(in);
    }
    return false;
}

} // namespace

set_up split_set_up(std::string_view sql) {
    set_up out;
    sql_scanner in(sql);
    for (;;) {
        while (in.next_is(";")) {}
        const auto begin = in.at();
        if (in.at_end() || !statement(in)) {
            out.rest = sql.substr(begin);
            return out;
        }
        out.statements.push_back(sql.substr(begin, in.end_of_last() - begin));
    }
}

bool is_set_up(std::string_view sql) { return split_set_up(sql).rest.empty(); }

} // namespace tdsfake::session
