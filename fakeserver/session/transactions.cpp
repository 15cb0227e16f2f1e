#include "session/transactions.hpp"

#include "core/text.hpp"
#include "session/sql_scanner.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>
#include <utility>

namespace tdsfake::session {

namespace {

constexpr std::int32_t deadlock_victim = 1205;
constexpr std::size_t longest_told = 1024; // a longer statement is none of a transaction

transaction_change opens(state& session, std::string_view name, std::uint32_t count) {
    session.transaction = {
        .descriptor = ++session.last_transaction, .count = count, .name = std::string(name)
    };
    return {.what = tds::envchange::begin_transaction, .opened = session.transaction.descriptor};
}

transaction_change ends(state& session, tds::envchange how) {
    const auto ended = std::exchange(session.transaction, {});
    return {.what = how, .ended = ended.descriptor};
}

tds::server_message no_corresponding_begin(std::int32_t number, std::string_view verb) {
    return {
        .number = number,
        .state = 1,
        .severity = 16,
        .message = "The " + std::string(verb) + " TRANSACTION request has no corresponding BEGIN TRANSACTION."
    };
}

transaction_outcome commit(state& session) {
    auto& open = session.transaction;
    if (open.count == 0) return {.error = no_corresponding_begin(3902, "COMMIT")};
    if (open.count == 1) return {.change = ends(session, tds::envchange::commit_transaction)};
    --open.count;
    return {};
}

transaction_outcome rollback(state& session, std::string_view to) {
    auto& open = session.transaction;
    if (open.count == 0) return {.error = no_corresponding_begin(3903, "ROLLBACK")};
    const auto is_meant = [&](std::string_view name) { return core::equals_ignoring_case(name, to); };
    if (to.empty() || is_meant(open.name))
        return {.change = ends(session, tds::envchange::rollback_transaction)};
    const auto newest_first = std::views::reverse(open.savepoints);
    const auto found = std::ranges::find_if(newest_first, is_meant);
    if (found == newest_first.end()) {
        return {
            .error =
                tds::server_message{
                    .number = 6401,
                    .state = 1,
                    .severity = 16,
                    .message = "Cannot roll back " + std::string(to) +
                               ". No transaction or savepoint of that name was found."
                }
        };
    }
    open.savepoints.erase(found.base(), open.savepoints.end());
    return {};
}

bool is_transaction(sql_scanner& text) { return text.next_is("tran") || text.next_is("transaction"); }

// IF @@TRANCOUNT > 0 …; false: another condition.
bool read_condition(sql_scanner& text, transaction_step& step) {
    if (!text.next_is("@@trancount")) return false;
    step.if_closed = text.next_is("=");
    if (!step.if_closed) {
        const bool unequal = text.next_is("<");
        step.if_open = text.next_is(">") || (!unequal && text.next_is("!") && text.next_is("="));
    }
    return (step.if_open || step.if_closed) && text.next_is("0");
}

std::string_view without_brackets(std::string_view name) {
    const bool bracketed = name.size() >= 2 && name.starts_with('[') && name.ends_with(']');
    return bracketed ? name.substr(1, name.size() - 2) : name;
}

} // namespace

std::string_view name(transaction_verb what) noexcept {
    constexpr std::array<std::string_view, 4> names{"begin", "commit", "rollback", "save"};
    return names[static_cast<std::size_t>(what)];
}

std::string_view name(const transaction_change& change) noexcept {
    if (change.what == tds::envchange::begin_transaction) return name(transaction_verb::begin);
    return name(
        change.what == tds::envchange::commit_transaction ? transaction_verb::commit
                                                          : transaction_verb::rollback
    );
}

std::uint16_t done_command(transaction_verb what) noexcept {
    constexpr std::array<std::uint16_t, 4> commands{0xd4, 0xd5, 0xd2, 0};
    return commands[static_cast<std::size_t>(what)];
}

void write(tds::token_writer& out, const transaction_change& change) {
    const auto bytes = [](std::uint64_t descriptor) {
        core::byte_writer written;
        if (descriptor != 0) written.u64_le(descriptor);
        return written.take();
    };
    out.envchange_bytes(change.what, bytes(change.opened), bytes(change.ended));
}

transaction_outcome apply(state& session, const transaction_step& step) {
    auto& open = session.transaction;
    if ((step.if_open && open.count == 0) || (step.if_closed && open.count > 0)) return {};
    switch (step.what) {
    case transaction_verb::begin:
        // With implicit transactions BEGIN TRAN nests in the one that it opens itself.
        if (open.count == 0) return {.change = opens(session, step.name, session.implicit ? 2 : 1)};
        ++open.count;
        return {};
    case transaction_verb::commit: return commit(session);
    case transaction_verb::rollback: return rollback(session, step.name);
    case transaction_verb::save:
        if (open.count == 0) {
            return {
                .error =
                    tds::server_message{
                        .number = 628,
                        .state = 0,
                        .severity = 16,
                        .message = "Cannot issue SAVE TRANSACTION when there is no active transaction."
                    }
            };
        }
        open.savepoints.push_back(step.name);
        return {};
    }
    return {};
}

std::optional<transaction_change> begin_implicitly(state& session) {
    if (!session.implicit || session.transaction.count > 0) return std::nullopt;
    return opens(session, {}, 1);
}

std::optional<transaction_change> rolled_back_by(state& session, std::int32_t error) {
    if (error != deadlock_victim || session.transaction.count == 0) return std::nullopt;
    return ends(session, tds::envchange::rollback_transaction);
}

std::optional<tds::server_message> wrong_descriptor(const state& session, const request& asked) {
    if (!asked.descriptor || tds::status::asks_for_reset(asked.status)) return std::nullopt;
    if (*asked.descriptor == session.transaction.descriptor) return std::nullopt;
    if (*asked.descriptor == 0) {
        return tds::server_message{
            .number = 3989,
            .state = 1,
            .severity = 16,
            .message = "New request is not allowed to start because it should come with valid transaction "
                       "descriptor."
        };
    }
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *asked.descriptor, 16).ptr;
    return tds::server_message{
        .number = 3971,
        .state = 1,
        .severity = 16,
        .message =
            "The server failed to resume the transaction. Desc:" + std::string(digits.data(), end) + "."
    };
}

std::optional<transaction_step> transaction_in(std::string_view statement) {
    sql_scanner text(statement.substr(0, longest_told));
    transaction_step step;
    if (text.next_is("if") && !read_condition(text, step)) return std::nullopt;
    if (text.next_is("begin")) {
        text.next_is("distributed");
        if (!is_transaction(text)) return std::nullopt;
        step.what = transaction_verb::begin;
    } else if (text.next_is("commit")) {
        step.what = transaction_verb::commit;
        if (!is_transaction(text)) text.next_is("work");
    } else if (text.next_is("rollback")) {
        step.what = transaction_verb::rollback;
        if (!is_transaction(text)) text.next_is("work");
    } else if (text.next_is("save") && is_transaction(text)) {
        step.what = transaction_verb::save;
    } else {
        return std::nullopt;
    }
    if (text.peek() != ";") step.name = without_brackets(text.next());
    return step;
}

std::optional<bool> implicit_transactions(std::string_view statement) {
    const auto text = core::normalised(statement.substr(0, longest_told));
    constexpr std::string_view option = "implicit_transactions ";
    const auto at = text.rfind(option);
    if (at == std::string::npos) return std::nullopt;
    return std::string_view(text).substr(at + option.size()).starts_with("on");
}

} // namespace tdsfake::session
