#include "session/authentication.hpp"

#include "core/random.hpp"
#include "tds/fedauth.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

constexpr std::uint8_t feature_session_recovery = 0x01;
constexpr std::uint8_t feature_fedauth = 0x02;

const tds::login_feature* find(const tds::login7& login, std::uint8_t id) {
    const auto it = std::ranges::find(login.features, id, &tds::login_feature::id);
    return it == login.features.end() ? nullptr : &*it;
}

} // namespace

boost::system::error_code
take_sspi(authentication& of, core::byte_view blob, const ntlm_names& names, std::string& user) {
    using turn = authentication::turn;
    const auto kind = tds::recognise_sspi(blob);
    of.by = world::claim::means::integrated;
    of.mechanism = tds::name(kind);
    of.sspi.clear();
    switch (kind) {
    case tds::sspi_kind::ntlm_negotiate: {
        tds::ntlm_challenge challenge{.domain = names.domain, .computer = names.computer};
        const auto number = core::mix(names.connection); // nobody's secret: it is not checked
        for (std::size_t i = 0; i < challenge.challenge.size(); ++i)
            challenge.challenge[i] = static_cast<std::uint8_t>(number >> (8 * i));
        of.sspi = tds::encode_ntlm_challenge(challenge, blob);
        of.next = turn::challenge;
        return {};
    }
    case tds::sspi_kind::ntlm_authenticate: {
        const auto message = tds::parse_ntlm_authenticate(blob);
        if (message.has_error()) return message.error();
        user = message->domain.empty() ? message->user : message->domain + "\\" + message->user;
        of.next = turn::verdict;
        return {};
    }
    case tds::sspi_kind::negotiate:
        of.sspi = tds::encode_negotiate_accepted();
        of.next = turn::verdict;
        return {};
    case tds::sspi_kind::unknown: break;
    }
    of.next = turn::untrusted;
    return {};
}

core::result<authentication> begin_authentication(const tds::login7& login, const ntlm_names& names) {
    using turn = authentication::turn;
    authentication out;
    if (const auto* recovery = find(login, feature_session_recovery);
        recovery != nullptr && !recovery->data.empty()) {
        auto parsed = tds::parse_session_recovery(recovery->data);
        if (parsed.has_error()) return parsed.error();
        out.recovery = std::move(*parsed);
    }
    if (const auto* fedauth = find(login, feature_fedauth); fedauth != nullptr) {
        auto parsed = tds::parse_fedauth_feature(fedauth->data);
        if (parsed.has_error()) return parsed.error();
        out.by = world::claim::means::token;
        out.nonce = std::move(parsed->nonce);
        const bool adal =
            parsed->library_id == static_cast<std::uint8_t>(tds::fedauth_feature::library::adal);
        out.mechanism = adal ? "ADAL" : "security token";
        if (adal) out.next = turn::fedauth_info;
        return out;
    }
    if (!login.integrated_security() && login.sspi.empty()) return out;
    std::string user;
    if (const auto failed = take_sspi(out, login.sspi, names, user)) return failed;
    return out;
}

} // namespace tdsfake::session
