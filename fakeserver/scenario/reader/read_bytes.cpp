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

template <class Number>
void read_code_into(
    context& ctx,
    map_reader& map,
    std::string_view key,
    Number& out,
    std::uint64_t most,
    std::uint64_t least = 0
) {
    const auto* n = map.get(key);
    if (n == nullptr) return;
    if (const auto value = read_code(ctx, *n, ticked(key), least, most))
        out = static_cast<std::uint32_t>(*value);
}

// One packet: type, status, length (big-endian), SPID, packet, window (MS-TDS 2.2.3.1). What is not said is
// true, or what a server sends.
std::optional<core::bytes> read_packet(context& ctx, const node& n) {
    map_reader map(
        ctx, n, "`packet`", {"type", "status", "length", "spid", "packet-id", "window", "payload"}
    );
    const auto* type_at = map.need("type", "send: {packet: {type: result, payload: fd 00 00}}");
    if (type_at == nullptr) return std::nullopt;
    const auto type = read_packet_type(ctx, *type_at);
    core::bytes payload;
    if (const auto* v = map.get("payload")) payload = read_hex(ctx, *v, "`payload`").value_or(core::bytes{});
    if (payload.size() > most_payload) {
        ctx.out.error(
            n.where, "a packet holds " + std::to_string(most_payload) + " bytes at most", "send several"
        );
        return std::nullopt;
    }
    std::uint32_t status = tds::status::end_of_message;
    auto length = static_cast<std::uint32_t>(payload.size() + tds::packet_header::size);
    std::uint32_t spid = 0;
    std::uint32_t id = 1;
    std::uint32_t window = 0;
    read_code_into(ctx, map, "status", status, 0xff);
    read_code_into(ctx, map, "length", length, 0xffff);
    read_code_into(ctx, map, "spid", spid, 0xffff);
    read_code_into(ctx, map, "packet-id", id, 0xff);
    read_code_into(ctx, map, "window", window, 0xff);
    if (!type) return std::nullopt;
    core::byte_writer out;
    tds::encode_packet_header(
        out,
        {.type = static_cast<std::uint8_t>(*type),
         .status = static_cast<std::uint8_t>(status),
         .length = static_cast<std::uint16_t>(length),
         .spid = static_cast<std::uint16_t>(spid),
         .packet_id = static_cast<std::uint8_t>(id),
         .window = static_cast<std::uint8_t>(window)}
    );
    out.append(core::byte_view(payload));
    return out.take();
}

std::optional<smp_packet> read_smp(context& ctx, const node& n) {
    constexpr std::array<std::string_view, 4> words{"syn", "ack", "fin", "data"};
    constexpr std::array<std::uint8_t, 4> flags{1, 2, 4, 8};
    constexpr std::uint64_t most = 0xffffffff;
    map_reader map(ctx, n, "`smp`", {"flag", "session", "seq", "window", "length", "payload"});
    const auto* flag_at = map.need("flag", "send: {smp: {flag: fin}}");
    if (flag_at == nullptr) return std::nullopt;
    smp_packet out;
    if (flag_at->is_scalar() && !flag_at->text.empty() && flag_at->text.front() >= '0' &&
        flag_at->text.front() <= '9') {
        const auto flag = read_code(ctx, *flag_at, "`flag`", 0, 255);
        if (!flag) return std::nullopt;
        out.flag = static_cast<std::uint8_t>(*flag);
    } else {
        const auto index = read_word(ctx, *flag_at, "`flag`", words);
        if (!index) return std::nullopt;
        out.flag = flags[*index];
    }
    read_code_into(ctx, map, "session", out.session, 0xffff);
    read_code_into(ctx, map, "seq", out.sequence, most);
    read_code_into(ctx, map, "window", out.window, most);
    read_code_into(ctx, map, "length", out.length, most);
    if (const auto* v = map.get("payload"))
        out.payload = read_hex(ctx, *v, "`payload`").value_or(core::bytes{});
    return out;
}

} // namespace

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

// `handshake-failure`, `40`, `{name, level}`.
std::optional<tls::alert> read_alert(context& ctx, const node& n) {
    tls::alert out;
    const node* name_at = &n;
    std::optional<std::uint64_t> level;
    if (n.is_map()) {
        map_reader map(ctx, n, "`alert`", {"name", "level"});
        name_at = map.need("name", "alert: {name: close-notify, level: fatal}");
        if (const auto* v = map.get("level")) {
            constexpr std::array<std::string_view, 2> words{"warning", "fatal"};
            const bool number =
                v->is_scalar() && !v->text.empty() && v->text.front() >= '0' && v->text.front() <= '9';
            if (number) {
                level = read_code(ctx, *v, "`level`", 0, 255);
            } else if (const auto index = read_word(ctx, *v, "`level`", words)) {
                level = *index + 1;
            }
        }
    }
    if (name_at == nullptr) return std::nullopt;
    if (name_at->is_scalar() && !name_at->text.empty() && name_at->text.front() >= '0' &&
        name_at->text.front() <= '9') {
        const auto number = read_code(ctx, *name_at, "an alert", 0, 255);
        if (!number) return std::nullopt;
        out.description = static_cast<std::uint8_t>(*number);
    } else {
        std::vector<std::string_view> words;
        for (int number = 0; number < 256; ++number) {
            const auto word = tls::alert_name(static_cast<std::uint8_t>(number));
            if (!word.empty()) words.push_back(word);
        }
        const auto text = read_text(ctx, *name_at, "`alert`", false);
        if (!text) return std::nullopt;
        const auto number = tls::alert_by_name(*text);
        if (!number) {
            ctx.out.error(
                name_at->where,
                "there is no alert " + ticked(*text),
                did_you_mean(
                    *text, words, "such as handshake-failure, unknown-ca, internal-error; or a number"
                )
            );
            return std::nullopt;
        }
        out.description = *number;
    }
    // What TLS 1.2 sends as a warning.
    constexpr std::array<std::uint8_t, 3> warnings{0, 90, 100};
    if (std::ranges::find(warnings, out.description) != warnings.end())
        out.level = static_cast<std::uint8_t>(tls::alert_level::warning);
    if (level) out.level = static_cast<std::uint8_t>(*level);
    return out;
}

std::optional<send_step> read_send_step(context& ctx, const node& n) {
    if (!n.is_map()) {
        ctx.out.error(
            n.where,
            "`send` must be a map that says what the bytes are, not " + std::string(kind_name(n)),
            "for example `" + std::string(example) + "` or `send: {text: \"HTTP/1.1 400\"}`"
        );
        return std::nullopt;
    }
    map_reader map(ctx, n, "`send`", {"hex", "text", "file", "packet", "smp", "alert", "plain"});
    send_step out;
    bool good = false;
    int forms = 0;
    const auto take = [&](auto&& value) {
        if (!value) return;
        out.what = std::move(*value);
        good = true;
    };
    const auto form = [&](std::string_view word) {
        const auto* const v = map.get(word);
        if (v != nullptr) ++forms;
        return v;
    };
    if (const auto* v = form("hex")) take(read_hex(ctx, *v, "`hex`"));
    if (const auto* v = form("text")) {
        if (const auto text = read_text(ctx, *v, "`text`")) take(std::optional(to_bytes(*text)));
    }
    if (const auto* v = form("file")) take(read_file(ctx, *v));
    if (const auto* v = form("packet")) take(read_packet(ctx, *v));
    if (const auto* v = form("smp")) take(read_smp(ctx, *v));
    if (const auto* v = form("alert")) take(read_alert(ctx, *v));
    if (const auto* v = map.get("plain")) out.plain = read_yes(ctx, *v, "`plain`");
    if (forms != 1) {
        ctx.out.error(
            n.where,
            forms == 0 ? "`send` says nothing to send"
                       : "`send` takes one of hex, text, file, packet, smp and alert",
            forms == 0 ? "for example `" + std::string(example) + "`" : "write one step for each"
        );
        return std::nullopt;
    }
    if (!good) return std::nullopt;
    const auto* data = std::get_if<core::bytes>(&out.what);
    if (data != nullptr && data->empty()) {
        ctx.out.error(n.where, "`send` of no bytes", "use `ignore` to send nothing");
        return std::nullopt;
    }
    return out;
}

} // namespace tdsfake::scenario::reader
