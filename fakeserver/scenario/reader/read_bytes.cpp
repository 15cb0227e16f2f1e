// `send`: bytes as they are.
#include "core/hex.hpp"
#include "scenario/reader/map_reader.hpp"
#include "scenario/reader/read_messages.hpp"
#include "scenario/reader/values.hpp"
#include "tds/packet.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace tdsfake::scenario::reader {
namespace {

constexpr std::string_view example = "send: {hex: 04 01 00 08 00 00 01 00}";
constexpr std::uintmax_t most_file_bytes = 16UL << 20;
constexpr std::size_t most_payload = 0xffff - tds::packet_header::size;

constexpr std::array<later_word, 2> later_sends{{
    {"smp", "MARS is not served"},
    {"plain", "TLS is not served, so everything is plain"},
}};

struct packet_word {
    std::string_view word;
    tds::packet_type type;
};
// MS-TDS 2.2.3.1.1, the types as words.
constexpr std::array<packet_word, 8> packet_words{{
    {"batch", tds::packet_type::sql_batch},
    {"rpc", tds::packet_type::rpc},
    {"result", tds::packet_type::tabular_result},
    {"attention", tds::packet_type::attention},
    {"transaction", tds::packet_type::transaction_manager},
    {"login", tds::packet_type::login7},
    {"sspi", tds::packet_type::sspi},
    {"prelogin", tds::packet_type::prelogin},
}};

core::bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::optional<core::bytes> read_hex(context& ctx, const node& n, std::string_view what) {
    const auto text = read_text(ctx, n, what);
    if (!text) return std::nullopt;
    auto data = core::from_hex(*text);
    if (!data) {
        ctx.out.error(
            n.where,
            std::string(what) + " must be hex digits in pairs, not " + ticked(*text),
            "for example 04 01 00 2f; quote it if it is a number, such as \"12e5\""
        );
    }
    return data;
}

std::optional<core::bytes> read_file(context& ctx, const node& n) {
    namespace fs = std::filesystem;
    const auto text = read_text(ctx, n, "`file`", false);
    if (!text) return std::nullopt;
    if (text->find('\0') != std::string::npos) {
        ctx.out.error(n.where, "`file` must be a path, not " + ticked(*text), "a path holds no NUL");
        return std::nullopt;
    }
    const auto path = ctx.folder.empty() ? fs::path(*text) : fs::path(ctx.folder) / *text;
    std::error_code why;
    if (!fs::is_regular_file(path, why)) {
        ctx.out.error(
            n.where,
            "there is no file " + ticked(path.string()),
            "the path is relative to the scenario's folder"
        );
        return std::nullopt;
    }
    const auto size = fs::file_size(path, why);
    if (why || size > most_file_bytes) {
        ctx.out.error(
            n.where, "the file " + ticked(path.string()) + " is larger than 16 MiB", "send a part of it"
        );
        return std::nullopt;
    }
    core::bytes data(static_cast<std::size_t>(size));
    std::ifstream in(path, std::ios::binary);
    in.read(reinterpret_cast<char*>(data.data()), static_cast<std::streamsize>(data.size()));
    if (!in) {
        ctx.out.error(n.where, "cannot read the file " + ticked(path.string()), "check its permissions");
        return std::nullopt;
    }
    return data;
}

std::optional<std::uint64_t> read_packet_type(context& ctx, const node& n) {
    std::array<std::string_view, packet_words.size()> words;
    std::ranges::transform(packet_words, words.begin(), [](const auto& p) { return p.word; });
    if (n.is_scalar() && !n.text.empty() && n.text.front() >= '0' && n.text.front() <= '9') {
        return read_code(ctx, n, "`type`", 0, 255);
    }
    const auto index = read_word(ctx, n, "`type`", words);
    if (!index) return std::nullopt;
    return static_cast<std::uint64_t>(packet_words[*index].type);
}

// One packet with a true length: type, status, length (big-endian), SPID 0, packet 1, window 0
// (MS-TDS 2.2.3.1).
std::optional<core::bytes> read_packet(context& ctx, const node& n) {
    map_reader map(ctx, n, "`packet`", {"type", "status", "payload"});
    const auto* type_at = map.need("type", "send: {packet: {type: result, payload: fd 00 00}}");
    if (type_at == nullptr) return std::nullopt;
    const auto type = read_packet_type(ctx, *type_at);
    std::uint64_t status = tds::status::end_of_message;
    if (const auto* v = map.get("status")) status = read_code(ctx, *v, "`status`", 0, 255).value_or(status);
    core::bytes payload;
    if (const auto* v = map.get("payload")) payload = read_hex(ctx, *v, "`payload`").value_or(core::bytes{});
    if (payload.size() > most_payload) {
        ctx.out.error(
            n.where, "a packet holds " + std::to_string(most_payload) + " bytes at most", "send several"
        );
        return std::nullopt;
    }
    if (!type) return std::nullopt;
    core::byte_writer out;
    out.u8(*type);
    out.u8(status);
    out.u16_be(payload.size() + tds::packet_header::size);
    out.u16_be(0);
    out.u8(1);
    out.u8(0);
    out.append(core::byte_view(payload));
    return out.take();
}

} // namespace

std::optional<core::bytes> read_bytes(context& ctx, const node& n) {
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            "`send` must be a map that says what the bytes are, not " + std::string(kind_name(n)),
            "for example `" + std::string(example) + "` or `send: {text: \"HTTP/1.1 400\"}`"
        );
        return std::nullopt;
    }
    map_reader map(ctx, n, "`send`", {"hex", "text", "file", "packet"}, later_sends);
    std::optional<core::bytes> data;
    int forms = 0;
    if (const auto* v = map.get("hex")) {
        ++forms;
        data = read_hex(ctx, *v, "`hex`");
    }
    if (const auto* v = map.get("text")) {
        ++forms;
        if (const auto text = read_text(ctx, *v, "`text`")) data = to_bytes(*text);
    }
    if (const auto* v = map.get("file")) {
        ++forms;
        data = read_file(ctx, *v);
    }
    if (const auto* v = map.get("packet")) {
        ++forms;
        data = read_packet(ctx, *v);
    }
    if (forms != 1) {
        ctx.out.error(
            n.where,
            forms == 0 ? "`send` says nothing to send" : "`send` takes one of hex, text, file and packet",
            forms == 0 ? "for example `" + std::string(example) + "`" : "write one step for each"
        );
        return std::nullopt;
    }
    if (data && data->empty()) {
        ctx.out.error(n.where, "`send` of no bytes", "use `ignore` to send nothing");
        return std::nullopt;
    }
    return data;
}

} // namespace tdsfake::scenario::reader
