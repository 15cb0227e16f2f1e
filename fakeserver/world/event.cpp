#include "world/event.hpp"

#include "tds/packet.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::world {

namespace {

using scenario::condition;

// What a key is compared with: any of these known_texts; none if it is not known (yet).
struct known_texts {
    std::array<std::string_view, 2> few{};
    std::size_t count = 0;
    std::span<const std::string> more;

    known_texts() = default;
    explicit known_texts(std::string_view one) : few{one}, count(1) {}
    known_texts(std::string_view one, std::string_view other) : few{one, other}, count(2) {}

    [[nodiscard]] bool match(const std::vector<scenario::pattern>& wanted) const {
        const auto fits = [&](std::string_view text) { return scenario::matches_any(wanted, text); };
        return std::any_of(few.begin(), few.begin() + static_cast<std::ptrdiff_t>(count), fits) ||
               std::ranges::any_of(more, fits);
    }
    // The one that a reader wants to see.
    [[nodiscard]] std::string shown() const {
        if (count > 0) return std::string(few.front());
        std::string all;
        for (const auto& one : more)
            all += (all.empty() ? "" : " ") + one;
        return all;
    }
    [[nodiscard]] bool none() const noexcept { return count == 0 && more.empty(); }
};

known_texts if_any(std::string_view text) { return text.empty() ? known_texts() : known_texts(text); }

known_texts of_login(const peer& who, std::string_view field) {
    return who.login_read ? known_texts(field) : known_texts();
}

// "[::1]:1433" is also "::1".
known_texts address_of(std::string_view whole) {
    if (whole.empty()) return {};
    auto bare = whole.substr(0, whole.rfind(':'));
    if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
    return {whole, bare};
}

// A client without PRELOGIN asked for nothing, which is known once it logs in.
known_texts encryption_of(const peer& who) {
    if (who.prelogin_read || !who.encryption.empty()) return known_texts(who.encryption);
    return who.login_read ? known_texts("none") : known_texts();
}

known_texts status_of(std::uint8_t bits) {
    const bool ignore = (bits & tds::status::ignore) != 0;
    if (!tds::status::asks_for_reset(bits)) return ignore ? known_texts("ignore") : known_texts();
    return ignore ? known_texts("reset", "ignore") : known_texts("reset");
}

known_texts features_of(const peer& who) {
    known_texts all;
    all.more = who.features;
    return all;
}

struct text_key {
    std::string_view word;
    std::vector<scenario::pattern> condition::* wanted;
    known_texts (*value)(const peer&, const message&);
};
constexpr std::array<text_key, 18> text_keys{{
    {"from", &condition::from, [](const peer& p, const message&) { return address_of(p.from); }},
    {"to", &condition::to, [](const peer& p, const message&) { return address_of(p.to); }},
    {"encryption", &condition::encryption, [](const peer& p, const message&) { return encryption_of(p); }},
    {"flight", &condition::flight, [](const peer& p, const message&) { return if_any(p.flight); }},
    {"user", &condition::user, [](const peer& p, const message&) { return of_login(p, p.user); }},
    {"database", &condition::database, [](const peer& p, const message&) { return of_login(p, p.database); }},
    {"app", &condition::app, [](const peer& p, const message&) { return of_login(p, p.app); }},
    {"host", &condition::host, [](const peer& p, const message&) { return of_login(p, p.host); }},
    {"library", &condition::library, [](const peer& p, const message&) { return of_login(p, p.library); }},
    {"server-name",
     &condition::server_name,
     [](const peer& p, const message&) { return of_login(p, p.server_name); }},
    {"intent", &condition::intent, [](const peer& p, const message&) { return of_login(p, p.intent); }},
    {"tds", &condition::tds, [](const peer& p, const message&) { return of_login(p, p.tds); }},
    {"features", &condition::features, [](const peer& p, const message&) { return features_of(p); }},
    {"sql", &condition::sql, [](const peer&, const message& m) { return if_any(m.sql); }},
    {"status", &condition::status, [](const peer&, const message& m) { return status_of(m.status); }},
    {"flag", &condition::flag, [](const peer&, const message& m) { return if_any(m.flag); }},
    {"instance",
     &condition::instance,
     [](const peer& p, const message&) {
         return p.asked != nullptr ? if_any(p.asked->instance) : known_texts();
     }},
    {"request",
     &condition::request,
     [](const peer& p, const message&) {
         return p.asked != nullptr ? if_any(p.asked->request) : known_texts();
     }},
}};

// Lists of words in one field: any of them may be asked for.
bool any_word(const std::vector<scenario::pattern>& wanted, std::string_view words) {
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        if (scenario::matches_any(wanted, words.substr(0, end))) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

const journal::value* find_field(const message& read, std::string_view name) {
    if (read.fields == nullptr) return nullptr;
    const auto found =
        std::ranges::find_if(*read.fields, [&](const journal::field& f) { return f.name == name; });
    return found == read.fields->end() ? nullptr : &found->value;
}

bool field_holds(const scenario::field_condition& wanted, const journal::value* value) {
    if (value == nullptr) return wanted.absent;
    if (wanted.numbers) {
        const auto* number = std::get_if<std::int64_t>(value);
        if (number != nullptr && *number >= 0 &&
            wanted.numbers->contains(static_cast<std::uint64_t>(*number)))
            return true;
    }
    if (wanted.texts.empty()) return false;
    const auto text = journal::to_text(*value);
    const bool words = wanted.name == "options" || wanted.name == "features";
    return scenario::matches_any(wanted.texts, text) || (words && any_word(wanted.texts, text));
}

// Tells `failed` of each key that does not hold, with a function that says why, until it wants no more.
template <class Failed>
void compare(const condition& when, const peer& who, const message& read, Failed failed) {
    const auto was = [&](std::string_view word, const std::string& text) {
        constexpr std::size_t longest = 120;
        return std::string(word) + " is `" + text.substr(0, longest) + (text.size() > longest ? "…`" : "`");
    };
    const auto no = [](std::string_view word) { return "there is no " + std::string(word); };

    if (when.connection && !when.connection->contains(who.connection) &&
        !failed([&] { return "it is connection " + std::to_string(who.connection); }))
        return;
    if (when.session && !(read.session && when.session->contains(*read.session)) &&
        !failed([&] { return read.session ? was("session", std::to_string(*read.session)) : no("session"); }))
        return;
    for (const auto& k : text_keys) {
        const auto& wanted = when.*k.wanted;
        if (wanted.empty()) continue;
        const auto have = k.value(who, read);
        if (have.match(wanted)) continue;
        if (!failed([&] { return have.none() ? no(k.word) : was(k.word, have.shown()); })) return;
    }
    if (!when.procedure.empty() &&
        (read.procedure.empty() || !scenario::matches_any_part(when.procedure, read.procedure)) &&
        !failed([&] {
            return read.procedure.empty() ? no("procedure") : was("procedure", std::string(read.procedure));
        }))
        return;
    if (!when.other_sql.empty() && !read.sql.empty() && scenario::matches_any(when.other_sql, read.sql) &&
        !failed([&] { return std::string("another query before it matches"); }))
        return;
    if (!when.seen.empty() &&
        std::ranges::none_of(when.seen, [&](scenario::stage s) { return who.seen.has(s); }) &&
        !failed([&] { return "no " + std::string(scenario::name(when.seen.front())) + " came before it"; }))
        return;
    for (const auto& wanted : when.fields) {
        const auto* value = find_field(read, wanted.name);
        if (field_holds(wanted, value)) continue;
        if (!failed([&] {
                return value == nullptr ? no(wanted.name) : was(wanted.name, journal::to_text(*value));
            }))
            return;
    }
}

} // namespace

bool holds(const condition& when, const peer& who, const message& read) {
    bool all = true;
    compare(when, who, read, [&](const auto&) { return all = false; });
    return all;
}

std::vector<std::string> missed(const condition& when, const peer& who, const message& read) {
    std::vector<std::string> reasons;
    compare(when, who, read, [&](const auto& why) {
        reasons.push_back(why());
        return true;
    });
    return reasons;
}

} // namespace tdsfake::world
