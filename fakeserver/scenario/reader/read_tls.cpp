#include "scenario/reader/read_tls.hpp"

#include "scenario/reader/values.hpp"
#include "tls/names.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace tdsfake::scenario::reader {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> certificate_words{
    "trusted", "self-signed", "expired", "not-yet-valid", "wrong-name", "weak", "long-chain"
};

std::optional<tls::certificate_kind> read_kind(context& ctx, const node& n, std::string_view what) {
    const auto index = read_word(ctx, n, what, certificate_words);
    if (!index) return std::nullopt;
    return static_cast<tls::certificate_kind>(*index);
}

// What is in it is looked at when the run begins: only then OpenSSL is there to read it.
std::string read_path(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what, false);
    if (!text) return {};
    const auto path = ctx.folder.empty() ? fs::path(*text) : fs::path(ctx.folder) / *text;
    std::error_code why;
    if (text->find('\0') == std::string::npos && fs::is_regular_file(path, why)) return path.string();
    ctx.out.error(
        n.where,
        "there is no file " + ticked(path.string()),
        "a PEM file; the path is relative to the scenario's folder"
    );
    return {};
}

void read_name(context& ctx, const node& n, std::vector<std::string>& to) {
    auto text = read_text(ctx, n, "a name", false);
    if (!text) return;
    if (tls::is_certificate_name(*text)) {
        to.push_back(std::move(*text));
        return;
    }
    ctx.out.error(
        n.where,
        ticked(*text) + " is no name for a certificate",
        "a host name, one that begins with `*.`, or an IP address: db.example, \"*.example\", 192.0.2.7"
    );
}

void read_names(context& ctx, const node& n, std::vector<std::string>& to) {
    if (!n.is_sequence()) return read_name(ctx, n, to);
    if (n.items.empty()) ctx.out.error(n.where, "`names` is an empty list", "leave it out");
    for (const auto& item : n.items)
        read_name(ctx, item, to);
}

tls::certificate_spec read_certificate(context& ctx, const node& n) {
    tls::certificate_spec out;
    if (!n.is_map()) {
        out.kind = read_kind(ctx, n, "`certificate`").value_or(out.kind);
        return out;
    }
    const map_reader map(ctx, n, "`certificate`", {"kind", "names", "file", "key"});
    const auto* kind = map.get("kind");
    const auto* names = map.get("names");
    const auto* file = map.get("file");
    const auto* key = map.get("key");
    if (kind != nullptr) out.kind = read_kind(ctx, *kind, "`kind`").value_or(out.kind);
    if (names != nullptr) read_names(ctx, *names, out.names);
    if (file != nullptr) out.certificate_file = read_path(ctx, *file, "`file`");
    if (key != nullptr) out.key_file = read_path(ctx, *key, "`key`");
    if (file != nullptr && (kind != nullptr || names != nullptr)) {
        ctx.out.error(
            (kind != nullptr ? kind : names)->where,
            "the certificate of a file is what it is",
            "leave out `kind` and `names`, or `file`"
        );
    }
    if (key != nullptr && file == nullptr) {
        ctx.out.error(
            key->where, "a `key` without the `file` of its certificate", "{file: server.pem, key: server.key}"
        );
    }
    if (n.items.empty())
        ctx.out.error(n.where, "`certificate` is an empty map", "leave it out for a trusted one");
    return out;
}

std::optional<tls::version> read_version(context& ctx, const node& n, std::string_view what) {
    constexpr std::array<std::string_view, 4> words{"1.0", "1.1", "1.2", "1.3"};
    const auto index = read_word(ctx, n, what, words);
    if (!index) return std::nullopt;
    return static_cast<tls::version>(*index);
}

// OpenSSL judges the names when the run begins.
std::string read_ciphers(context& ctx, const node& n) {
    const auto text = read_text(ctx, n, "`ciphers`", false);
    if (!text) return {};
    const bool good = std::ranges::all_of(*text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(":-_+!@=").find(c) != std::string_view::npos;
    });
    if (good) return *text;
    ctx.out.error(
        n.where,
        ticked(*text) + " is no list of ciphers",
        "OpenSSL's names with `:` between: ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA"
    );
    return {};
}

void read_settings(context& ctx, const node& n, tls::settings& out) {
    const map_reader map(ctx, n, "`tls`", {"min", "max", "ciphers", "client-certificate"});
    const auto* max = map.get("max");
    if (const auto* v = map.get("min")) out.min = read_version(ctx, *v, "`min`");
    if (max != nullptr) out.max = read_version(ctx, *max, "`max`");
    if (out.min && out.max && *out.min > *out.max)
        ctx.out.error(max->where, "`max` is older than `min`", "no client could connect: exchange them");
    if (const auto* v = map.get("ciphers")) out.ciphers = read_ciphers(ctx, *v);
    if (const auto* v = map.get("client-certificate")) {
        constexpr std::array<std::string_view, 3> words{"none", "ask", "require"};
        if (const auto index = read_word(ctx, *v, "`client-certificate`", words))
            out.client_certificate = static_cast<tls::client_certificate>(*index);
    }
}

} // namespace

void read_encryption(context& ctx, const map_reader& map, identity& out) {
    if (const auto* v = map.get("encryption")) {
        constexpr std::array<std::string_view, 4> words{"off", "required", "not-supported", "strict"};
        if (const auto index = read_word(ctx, *v, "`encryption`", words))
            out.encryption = static_cast<encryption_policy>(*index);
    }
    const auto* certificate = map.get("certificate");
    const auto* settings = map.get("tls");
    if (settings != nullptr) read_settings(ctx, *settings, out.tls);
    if (certificate != nullptr) out.tls.certificate = read_certificate(ctx, *certificate);
    if (out.encryption != encryption_policy::not_supported) return;
    if (const auto* vain = certificate != nullptr ? certificate : settings) {
        ctx.out.warning(
            vain->where,
            "nobody sees this: the server serves no TLS",
            "write `encryption: off`, `required` or `strict` beside it"
        );
    }
}

} // namespace tdsfake::scenario::reader
