// What a Browser answers: the servers' instances, or the port of one's administrator connection.
#include "core/text.hpp"
#include "session/browser.hpp"
#include "session/override.hpp"
#include "tds/reply_values.hpp"

#include <algorithm>

namespace tdsfake::session {

namespace {

constexpr std::size_t longest_text = 65507 - 3; // what one UDP datagram over IPv4 can carry

tds::ssrp_instance entry(const known_instance& of, const override_set& changes) {
    tds::ssrp_instance out;
    const auto add = [&](const char* name, std::string_view field, const std::string& value) {
        if (!changes.left_out(field)) out.emplace_back(name, changes.text(field, value));
    };
    add("ServerName", "server-name", of.name);
    add("InstanceName", "instance", of.instance);
    add("IsClustered", "clustered", "No");
    add("Version", "version", of.version);
    add("tcp", "tcp", std::to_string(of.port));
    if (const auto* pipe = changes.value("np")) out.emplace_back("np", *pipe); // no server here has a pipe
    return out;
}

std::optional<std::uint16_t> false_size(const override_set& changes) {
    const auto* given = changes.value("size");
    if (given == nullptr) return std::nullopt;
    return static_cast<std::uint16_t>(tds::parse_field_number(*given).value_or(0));
}

browser_reply list_of(const std::vector<const known_instance*>& about, const override_set& changes) {
    browser_reply out;
    tds::ssrp_reply reply{.instances = {}, .false_size = false_size(changes)};
    std::size_t length = 0;
    for (const auto* one : about) {
        reply.instances.push_back(entry(*one, changes));
        length += tds::ssrp_text({.instances = {reply.instances.back()}, .false_size = {}}).size();
        if (length <= longest_text) continue;
        reply.instances.pop_back();
        out.problem = "the reply holds " + std::to_string(reply.instances.size()) + " of " +
                      std::to_string(about.size()) + " instances: a datagram takes no more";
        break;
    }
    out.text = tds::ssrp_text(reply);
    out.data = tds::encode_ssrp_reply(reply);
    return out;
}

browser_reply dac_port_of(const known_instance& of, const override_set& changes) {
    browser_reply out;
    tds::ssrp_dac_reply reply{.port = of.port, .false_size = false_size(changes)};
    if (changes.left_out("tcp")) reply.port.reset();
    if (const auto* given = changes.value("tcp")) {
        const auto port = tds::parse_field_number(*given);
        if (port && *port <= 0xffff) {
            reply.port = static_cast<std::uint16_t>(*port);
        } else {
            out.problem = "tcp: the answer to a DAC request cannot say \"" + *given + "\", only a number";
        }
    }
    out.text = reply.port ? "DAC port " + std::to_string(*reply.port) : "DAC without a port";
    out.data = tds::encode_ssrp_dac_reply(reply);
    return out;
}

} // namespace

known_instance known_as(const scenario::server& server, std::uint16_t port) {
    const auto& v = server.identity.version;
    return {
        .server = server.name,
        .name = server.identity.name,
        .instance = server.identity.instance,
        .version =
            std::to_string(v[0]) + "." + std::to_string(v[1]) + "." + std::to_string(v[2] << 8 | v[3]) + ".0",
        .port = port,
    };
}

browser_reply
reply_to(const tds::ssrp_request& request, const std::vector<known_instance>& instances, overrides edits) {
    const override_set changes(edits);
    const bool lists = request.kind == tds::ssrp_kind::broadcast || request.kind == tds::ssrp_kind::all;
    const auto* chosen = changes.value("server");
    std::vector<const known_instance*> about;
    for (const auto& one : instances) {
        if (changes.left_out("server")) break;
        const bool meant = chosen != nullptr ? one.server == *chosen
                           : lists           ? true
                                             : core::equals_ignoring_case(one.instance, request.instance);
        if (!meant) continue;
        about.push_back(&one);
        if (!lists) break;
    }
    if (request.kind == tds::ssrp_kind::dac && !about.empty()) return dac_port_of(*about.front(), changes);
    if (!about.empty() || lists || (changes.left_out("server") && request.kind != tds::ssrp_kind::dac))
        return list_of(about, changes);
    browser_reply none;
    if (!edits.empty()) {
        none.problem = "reply: no server is the instance \"" + request.instance +
                       "\", so there is no reply to edit; `server: NAME` says whose it is";
    }
    return none;
}

} // namespace tdsfake::session
