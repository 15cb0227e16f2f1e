#include "scenario/reader/params.hpp"

#include "scenario/reader/values.hpp"
#include "scenario/request_values.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace tdsfake::scenario::reader {
namespace {

bool begins_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) noexcept { return begins_name(c) || (c >= '0' && c <= '9'); }

// Where in `queries` the values of a request may stand.
bool takes_request_values(std::string_view key) noexcept {
    constexpr std::array<std::string_view, 5> keys{"rows", "values", "outputs", "info", "error"};
    return std::ranges::find(keys, key) != keys.end();
}

struct param {
    std::optional<std::string> value; // nothing: reported already
    location where;
    bool used = false;
};

class expander {
public:
    expander(context& ctx, const node& root, const std::map<std::string, place>& places)
        : ctx_(ctx),
          places_(places) {
        if (const auto* params = root.find("params")) declare(*params);
        if (const auto* servers = root.find("servers"); servers != nullptr && servers->is_map()) {
            for (const auto& key : servers->keys)
                servers_.push_back(key.text);
        } else {
            servers_.emplace_back("server");
        }
        if (servers_.size() == 1) server_ = servers_.front();
    }

    [[nodiscard]] bool asks_for_places() const noexcept { return asks_for_places_; }

    // A key of the file and what is below it.
    void expand(const node& key, node& value) {
        if (key.text != "servers" || !value.is_map()) return expand(value);
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            const auto outer = std::exchange(server_, std::string_view(value.keys[i].text));
            expand(value.items[i]);
            server_ = outer;
        }
    }

    void set(const std::string& name, const std::string& value) {
        const auto it = params_.find(name);
        if (it != params_.end()) {
            it->second.value = value;
            return;
        }
        std::string remedy = "the file has no params";
        if (!names_.empty())
            remedy = did_you_mean(name, names_, "the params of the file are " + any_of(names_));
        ctx_.out.error({}, "--set: the scenario has no param " + ticked(name), std::move(remedy));
    }

    // `queries`: below that key; `request`: below one whose texts may have values of the request in them.
    void expand(node& n, bool queries = false, bool request = false) {
        if (n.is_scalar() && n.text.find('$') != std::string::npos) n.text = expanded(n, request);
        for (std::size_t i = 0; i < n.items.size(); ++i) {
            const bool keyed = n.is_map();
            const bool listens = keyed && n.keys[i].text == "listen";
            const auto outer = std::exchange(listens_, listens_ || listens);
            expand(
                n.items[i],
                queries || (keyed && n.keys[i].text == "queries"),
                request || (queries && keyed && takes_request_values(n.keys[i].text))
            );
            listens_ = outer;
        }
    }

    void report_unused() {
        for (const auto& [name, p] : params_) {
            if (p.used) continue;
            ctx_.out.warning(
                p.where,
                "nothing uses the param " + ticked(name),
                "write `$" + name + "` where its value belongs"
            );
        }
    }

private:
    void declare(const node& params) {
        if (params.is_null()) return;
        if (!params.is_map()) {
            ctx_.out.error(params.where, "`params` must be a map", "for example `params: {failures: 2}`");
            return;
        }
        for (std::size_t i = 0; i < params.keys.size(); ++i) {
            const auto& key = params.keys[i];
            const bool good = !key.text.empty() && key.text.size() <= 64 && begins_name(key.text.front()) &&
                              std::ranges::all_of(key.text, continues_name);
            if (!good) {
                ctx_.out.error(
                    key.where,
                    ticked(key.text) + " cannot be the name of a param",
                    "a letter first, then letters, digits and `_`, 64 at most"
                );
                continue;
            }
            if (key.text == "port" || key.text == "address") {
                ctx_.out.error(
                    key.where,
                    ticked("$" + key.text) + " means the server's own, so no param can have this name",
                    "choose another name"
                );
                continue;
            }
            auto value = read_text(ctx_, params.items[i], "the param " + ticked(key.text));
            params_.insert_or_assign(key.text, param{std::move(value), key.where});
        }
        for (const auto& [name, p] : params_)
            names_.push_back(name);
    }

    // `$@id`, `$1`, `$user`: marked, for the session to fill in. Returns where the text goes on, or 0.
    std::size_t mark_request_value(node& n, std::size_t begin, std::string& out) {
        const std::string_view text = n.text;
        std::size_t end = begin;
        if (end < text.size() && text[end] == '@') ++end;
        const std::size_t first = end;
        while (end < text.size() && continues_name(text[end]))
            ++end;
        const auto name = text.substr(begin, end - begin);
        const bool position = std::ranges::all_of(name, is_digit);
        if (end == first || !(name.front() == '@' || position || is_request_value(name))) return 0;
        if (params_.contains(name)) {
            n.broken = true;
            ctx_.out.error(
                n.where,
                ticked("$" + std::string(name)) + " is a value of the request here, and a param of this file",
                "give the param another name"
            );
        }
        append_request_value(out, name);
        return end;
    }

    std::string expanded(node& n, bool request) {
        const std::string_view text = n.text;
        std::string out;
        for (std::size_t i = 0; i < text.size();) {
            const char next = i + 1 < text.size() ? text[i + 1] : '\0';
            if (request && text[i] == '$') {
                if (const auto end = mark_request_value(n, i + 1, out); end > 0) {
                    i = end;
                    continue;
                }
            }
            if (text[i] != '$' || (next != '$' && !begins_name(next))) {
                out += text[i++];
            } else if (next == '$') {
                out += '$';
                i += 2;
            } else {
                i = append_value(n, i + 1, out);
            }
        }
        return out;
    }

    // The name begins at `begin`; returns where the text goes on.
    std::size_t append_value(node& n, std::size_t begin, std::string& out) {
        const std::string_view text = n.text;
        std::size_t end = begin;
        while (end < text.size() && continues_name(text[end]))
            ++end;
        const auto name = text.substr(begin, end - begin);

        // `$port`, `$address`, and `$node.port` where a server's name may hold `-`.
        std::size_t node_end = begin;
        while (node_end < text.size() && (continues_name(text[node_end]) || text[node_end] == '-'))
            ++node_end;
        const auto after = text.substr(node_end);
        const bool of_node = after.starts_with(".port") || after.starts_with(".address");
        if (const auto it = params_.find(name); it != params_.end() && !of_node) {
            it->second.used = true;
            n.broken = n.broken || !it->second.value;
            out += it->second.value.value_or("");
            return end;
        }
        const auto written_end = !of_node ? end : node_end + (after.starts_with(".port") ? 5 : 8);
        const std::string written(text.substr(begin - 1, written_end - begin + 1));
        if (of_node || name == "port" || name == "address") {
            const bool port = of_node ? after.starts_with(".port") : name == "port";
            append_place(n, of_node ? text.substr(begin, node_end - begin) : server_, port, written, out);
            return written_end;
        }
        n.broken = true;
        ctx_.out.error(
            n.where,
            "unknown param " + ticked(written),
            did_you_mean(
                name,
                names_,
                is_request_value(name)
                    ? "the rows, outputs and messages of `queries` know it; a literal dollar is `$$`"
                    : "declare it: `params: {" + std::string(name) + ": …}`; a literal dollar is `$$`"
            )
        );
        return end;
    }

    void
    append_place(node& n, std::string_view server, bool port, const std::string& written, std::string& out) {
        const auto fail = [&](const std::string& message, std::string remedy) {
            n.broken = true;
            ctx_.out.error(n.where, ticked(written) + ": " + message, std::move(remedy));
        };
        if (listens_) return fail("a server has no address before it listens", "write the address itself");
        if (server.empty())
            return fail(
                "of which server?",
                "name it: `$" + std::string(servers_.front()) + "." + written.substr(1) + "`"
            );
        if (std::ranges::find(servers_, server) == servers_.end()) {
            return fail(
                "there is no server " + ticked(server),
                did_you_mean(
                    server, servers_, "the servers are " + any_of(servers_) + "; a literal dollar is `$$`"
                )
            );
        }
        asks_for_places_ = true;
        const auto known = places_.find(std::string(server));
        const auto at = known != places_.end() ? known->second : place{.address = "127.0.0.1", .port = 1};
        out += port ? std::to_string(at.port) : at.address;
    }

    context& ctx_;
    std::map<std::string, param, std::less<>> params_;
    std::vector<std::string_view> names_; // of params_
    const std::map<std::string, place>& places_;
    std::vector<std::string_view> servers_;
    std::string_view server_; // the one around
    bool listens_ = false;    // below `listen`
    bool asks_for_places_ = false;
};

} // namespace

bool expand_params(context& ctx, node& root, const load_options& options) {
    expander params(ctx, root, options.places);
    for (const auto& [name, value] : options.set)
        params.set(name, value);
    for (std::size_t i = 0; i < root.items.size(); ++i) {
        if (root.keys[i].text != "params" && root.keys[i].text != "tdsfake")
            params.expand(root.keys[i], root.items[i]);
    }
    params.report_unused();
    return params.asks_for_places();
}

} // namespace tdsfake::scenario::reader
