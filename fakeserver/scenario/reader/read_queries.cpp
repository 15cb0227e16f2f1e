#include "scenario/reader/read_queries.hpp"

#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_messages.hpp"
#include "scenario/reader/read_results.hpp"
#include "scenario/reader/read_steps.hpp"
#include "scenario/reader/values.hpp"

#include <charconv>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::uint64_t most_affected = ~std::uint64_t{0} >> 1;
constexpr std::uint8_t severest_info = 10; // above it a message is an ERROR

// A list of results: `{columns, rows}` or `{affected: 3}`.
void read_results(context& ctx, const node& n, query& out) {
    if (!n.is_sequence() || n.items.empty()) {
        ctx.out.error(
            n.where,
            "`results` must be a list of results",
            "for example `results: [{affected: 1}, {columns: {id: int}, rows: [[1]]}]`"
        );
        return;
    }
    for (const auto& item : n.items) {
        map_reader map(ctx, item, "a result", {"columns", "rows", "plp", "affected"});
        auto result = read_result(ctx, map);
        const auto* affected = map.get("affected");
        if (affected != nullptr && result) {
            ctx.out.error(affected->where, "`affected` beside rows: their number is counted", "leave it out");
        } else if (affected != nullptr) {
            result = result_set{.affected = read_number(ctx, *affected, "`affected`", 0, most_affected)};
        } else if (!result && map.is_map()) {
            ctx.out.error(
                item.where, "a result needs `columns` or `affected`", "for example `columns: {id: int}`"
            );
        }
        if (result) out.results.push_back(std::move(*result));
    }
}

// PRINT: a text. RAISERROR below class 11: `{number, class, state, message}`.
void read_info(context& ctx, const node& n, query& out) {
    if (!n.is_map()) {
        if (auto text = read_text(ctx, n, "`info`"))
            out.info.push_back({.number = 0, .message = std::move(*text)});
        return;
    }
    auto message = read_error(ctx, n);
    if (!message) return;
    if (n.find("class") == nullptr && message->severity > severest_info) message->severity = 0;
    if (message->severity > severest_info) {
        ctx.out.error(
            n.where,
            "class " + std::to_string(message->severity) + " is no INFO: that has 0 to 10",
            "write it as `error`"
        );
    }
    out.info.push_back(std::move(*message));
}

void read_outputs(context& ctx, const node& n, query& out) {
    if (!n.is_map() || n.keys.empty()) {
        ctx.out.error(
            n.where,
            "`outputs` must be a map of parameters to values",
            "for example `outputs: {id: 7}`; a number is a position, from 1"
        );
        return;
    }
    for (std::size_t i = 0; i < n.keys.size(); ++i) {
        output one{.name = n.keys[i].text, .where = n.keys[i].where};
        if (one.name.starts_with('@')) one.name.erase(0, 1);
        if (one.name.empty())
            ctx.out.error(one.where, "an output without a name", "write `outputs: {id: 7}`");
        if (!n.items[i].is_null())
            one.text = read_text(ctx, n.items[i], "the output " + ticked(n.keys[i].text));
        out.outputs.push_back(std::move(one));
    }
}

std::int32_t read_return(context& ctx, const node& n) {
    const auto text = read_text(ctx, n, "`return`", false);
    if (!text) return 0;
    std::int32_t status = 0;
    const auto* end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, status);
    if (error == std::errc{} && rest == end) return status;
    ctx.out.error(
        n.where,
        "`return` must be a whole number, not " + ticked(*text),
        "from -2147483648 to 2147483647; a procedure that is well returns 0"
    );
    return 0;
}

void read_steps_beside(
    context& ctx,
    const node& n,
    const query& about,
    const std::vector<query>& before,
    std::vector<fault>& faults
) {
    fault out;
    out.where = n.where;
    if (about.match.empty()) {
        out.at = {stage::rpc};
        out.when.procedure = about.procedure;
    } else {
        out.at = {stage::batch, stage::rpc};
        out.when.sql = about.match;
        for (const auto& earlier : before)
            out.when.other_sql.insert(out.when.other_sql.end(), earlier.match.begin(), earlier.match.end());
    }
    out.unused_allowed = true;
    out.steps = read_steps(ctx, n, out.at);
    check_steps(ctx, out.steps, out.at);
    out.text = one_line(n);
    faults.push_back(std::move(out));
}

query read_query(context& ctx, const node& n) {
    query out;
    out.where = n.where;
    map_reader map(
        ctx,
        n,
        "a query",
        {"match",
         "procedure",
         "info",
         "columns",
         "rows",
         "plp",
         "results",
         "affected",
         "outputs",
         "return",
         "error",
         "do"}
    );
    if (const auto* v = map.get("procedure")) out.procedure = read_patterns(ctx, *v, "`procedure`");
    if (const auto* v =
            map.get("procedure") == nullptr ? map.need("match", "match: SELECT 1") : map.get("match")) {
        out.match = read_patterns(ctx, *v, "`match`");
    }
    if (const auto* v = map.get("info")) {
        if (v->is_sequence()) {
            for (const auto& item : v->items)
                read_info(ctx, item, out);
        } else {
            read_info(ctx, *v, out);
        }
    }
    if (auto result = read_result(ctx, map)) out.results.push_back(std::move(*result));
    if (const auto* v = map.get("results")) {
        read_results(ctx, *v, out);
        if (const auto* columns = map.get("columns")) {
            ctx.out.error(columns->where, "`columns` beside `results`", "write all results in the list");
        }
    }
    if (const auto* v = map.get("affected")) {
        out.results.push_back({.affected = read_number(ctx, *v, "`affected`", 0, most_affected)});
        if (map.get("columns") != nullptr || map.get("results") != nullptr) {
            ctx.out.error(v->where, "`affected` beside rows: their number is counted", "leave it out");
        }
    }
    if (const auto* v = map.get("outputs")) read_outputs(ctx, *v, out);
    if (const auto* v = map.get("return")) out.return_status = read_return(ctx, *v);
    if (const auto* v = map.get("error")) {
        out.error = read_error(ctx, *v);
        if (map.get("affected") != nullptr) {
            ctx.out.error(
                v->where,
                "`error` beside `affected`: a statement that fails counts no rows",
                "keep one of them; `results: [{affected: 1}]` is a statement before it"
            );
        }
    }
    return out;
}

} // namespace

std::vector<query> read_queries(context& ctx, const node& n, std::vector<fault>& faults) {
    std::vector<query> out;
    if (n.is_null()) return out;
    if (!n.is_sequence()) {
        ctx.out.error(
            n.where,
            "`queries` must be a list, not " + std::string(kind_name(n)),
            "for example `queries: [{match: SELECT 1, columns: {x: int}, rows: [[1]]}]`"
        );
        return out;
    }
    for (const auto& item : n.items) {
        auto one = read_query(ctx, item);
        if (const auto* steps = item.find("do")) read_steps_beside(ctx, *steps, one, out, faults);
        out.push_back(std::move(one));
    }
    return out;
}

} // namespace tdsfake::scenario::reader
