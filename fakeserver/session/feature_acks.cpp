#include "session/feature_acks.hpp"

#include "tds/fedauth.hpp"

#include <algorithm>
#include <optional>

namespace tdsfake::session {

namespace {

using answer = scenario::feature_rule::answer;

constexpr std::uint8_t session_recovery = 0x01;
constexpr std::uint8_t fedauth = 0x02;
constexpr std::uint8_t column_encryption = 0x04;
constexpr std::uint8_t data_classification = 0x09;
constexpr std::uint8_t utf8_support = 0x0a;

// The version that both know: theirs if it is not above ours.
std::uint8_t lower_version(core::byte_view theirs, std::uint8_t ours) {
    return theirs.empty() ? ours : std::min(theirs.front(), ours);
}

core::bytes acknowledged(std::uint8_t id, core::byte_view asked) {
    switch (id) {
    case session_recovery: return {}; // the session begins without a state worth remembering
    case column_encryption: return {lower_version(asked, 3)};
    case data_classification: return {lower_version(asked, 2), 1};
    default: return {1};
    }
}

core::bytes refused(std::uint8_t id, core::byte_view asked) {
    if (id == data_classification) return {lower_version(asked, 2), 0};
    return {0};
}

// What a SQL Server on its own machine acknowledges, as far as it can be served here. COLUMNENCRYPTION would
// change COLMETADATA; the others are of Azure or of later versions.
bool is_usual(std::uint8_t id) {
    return id == session_recovery || id == data_classification || id == utf8_support;
}

std::optional<core::bytes>
answer_to(const tds::login_feature& asked, const scenario::identity& identity, const authentication& auth) {
    if (asked.id == fedauth) {
        if (auth.by != world::claim::means::token) return std::nullopt;
        // The nonce comes back with a signature, which only holders of the key could judge.
        auto data = auth.nonce;
        if (!data.empty()) data.resize(data.size() + tds::fedauth_nonce_size);
        return data;
    }
    const auto rule = std::ranges::find(identity.features, asked.id, &scenario::feature_rule::id);
    if (rule == identity.features.end()) {
        if (!is_usual(asked.id)) return std::nullopt;
        return acknowledged(asked.id, asked.data);
    }
    switch (rule->what) {
    case answer::acknowledged: return acknowledged(asked.id, asked.data);
    case answer::refused: return refused(asked.id, asked.data);
    case answer::bytes: return rule->data;
    case answer::left_out: break;
    }
    return std::nullopt;
}

} // namespace

std::vector<std::pair<std::uint8_t, core::bytes>>
feature_acks(const scenario::identity& identity, const tds::login7& login, const authentication& auth) {
    std::vector<std::pair<std::uint8_t, core::bytes>> out;
    for (const auto& asked : login.features) {
        const bool again = std::ranges::any_of(out, [&](const auto& ack) { return ack.first == asked.id; });
        if (again) continue;
        if (auto data = answer_to(asked, identity, auth)) out.emplace_back(asked.id, std::move(*data));
    }
    return out;
}

} // namespace tdsfake::session
