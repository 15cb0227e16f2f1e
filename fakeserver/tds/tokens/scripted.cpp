#include "tds/tokens/scripted.hpp"

#include "core/utf16.hpp"
#include "tds/tokens/login_tokens.hpp"

namespace tdsfake::tds {

namespace {

template <class... Cases>
struct overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
overloaded(Cases...) -> overloaded<Cases...>;

constexpr std::uint8_t sessionstate_number = 0xe4;
constexpr std::uint8_t long_state = 0xff; // the length does not fit a byte: a DWORD follows

// ED, USHORT length, bytes
void write_sspi(token_writer& out, const scripted_token& token, const scripted_sspi& sspi) {
    core::byte_writer bytes;
    bytes.u8(sspi_number);
    bytes.u16_le(token.length.value_or(static_cast<std::uint32_t>(sspi.data.size())));
    bytes.append(sspi.data);
    out.raw("sspi", bytes.view());
}

// EE, DWORD length, DWORD count, { id, DWORD length, DWORD offset from the count } …, texts
void write_fedauth(token_writer& out, const scripted_token& token, const scripted_fedauth& info) {
    core::byte_writer options;
    core::byte_writer texts;
    const auto texts_at = 4 + 9 * info.options.size();
    for (const auto& [id, text] : info.options) {
        const auto utf16 = core::utf8_to_utf16le(text);
        options.u8(id);
        options.u32_le(utf16.size());
        options.u32_le(texts_at + texts.size());
        texts.append(utf16);
    }
    core::byte_writer bytes;
    bytes.u8(fedauthinfo_number);
    bytes.u32_le(token.length.value_or(static_cast<std::uint32_t>(texts_at + texts.size())));
    bytes.u32_le(info.options.size());
    bytes.append(options.view());
    bytes.append(texts.view());
    out.raw("fedauthinfo", bytes.view());
}

// E4, DWORD length, DWORD sequence number, status, { id, length, value } …
void write_state(token_writer& out, const scripted_token& token, const scripted_state& state) {
    core::byte_writer states;
    for (const auto& [id, data] : state.states) {
        states.u8(id);
        if (data.size() < long_state) {
            states.u8(data.size());
        } else {
            states.u8(long_state);
            states.u32_le(data.size());
        }
        states.append(data);
    }
    core::byte_writer bytes;
    bytes.u8(sessionstate_number);
    bytes.u32_le(token.length.value_or(static_cast<std::uint32_t>(5 + states.size())));
    bytes.u32_le(state.sequence);
    bytes.u8(state.recoverable ? 1 : 0);
    bytes.append(states.view());
    out.raw("sessionstate", bytes.view());
}

void write_envchange(token_writer& out, const scripted_envchange& change) {
    const auto type = static_cast<envchange>(change.type);
    if (change.route) {
        out.routing(change.route->first, change.route->second);
    } else if (change.is_text) {
        out.envchange_text(type, change.new_text, change.old_text);
    } else {
        out.envchange_bytes(type, change.new_bytes, change.old_bytes);
    }
}

} // namespace

std::string_view name(const scripted_token& token) noexcept {
    using word = std::string_view;
    return std::visit(
        overloaded{
            [](const scripted_message& m) -> word { return m.is_error ? "error" : "info"; },
            [](const scripted_envchange&) -> word { return "envchange"; },
            [](const loginack&) -> word { return "loginack"; },
            [](const scripted_features&) -> word { return "featureextack"; },
            [](const scripted_columns&) -> word { return "colmetadata"; },
            [](const scripted_row& row) -> word { return row.compressed ? "nbcrow" : "row"; },
            [](const scripted_order&) -> word { return "order"; },
            [](const scripted_status&) -> word { return "returnstatus"; },
            [](const return_value&) -> word { return "returnvalue"; },
            [](const scripted_done& d) -> word {
                return d.token == 0xfd ? "done" : d.token == 0xfe ? "doneproc" : "doneinproc";
            },
            [](const scripted_sspi&) -> word { return "sspi"; },
            [](const scripted_fedauth&) -> word { return "fedauthinfo"; },
            [](const scripted_state&) -> word { return "sessionstate"; },
            [](const scripted_bytes&) -> word { return "raw"; },
        },
        token.what
    );
}

void write(token_writer& out, const scripted_token& token) {
    const auto began = out.size();
    const auto with_length = [&] {
        if (token.length) out.claim_length(began, static_cast<std::uint16_t>(*token.length));
    };
    std::visit(
        overloaded{
            [&](const scripted_message& m) {
                m.is_error ? out.error(m.message) : out.info(m.message);
                with_length();
            },
            [&](const scripted_envchange& change) {
                write_envchange(out, change);
                with_length();
            },
            [&](const loginack& ack) {
                out.login_ack(ack);
                with_length();
            },
            [&](const scripted_features& features) { out.feature_ext_ack(features.acks); },
            [&](const scripted_columns& columns) {
                columns.columns.empty() ? out.no_metadata() : out.col_metadata(columns.columns);
                if (columns.count) out.claim_length(began, *columns.count);
            },
            [&](const scripted_row& row) {
                row.compressed ? out.nbc_row(row.columns, row.values, row.plp)
                               : out.plain_row(row.columns, row.values, row.plp);
            },
            [&](const scripted_order& order) {
                out.order(order.columns);
                with_length();
            },
            [&](const scripted_status& status) { out.return_status(status.value); },
            [&](const return_value& value) { out.return_value(value); },
            [&](const scripted_done& d) {
                if (d.token == 0xfd) out.done(d.done);
                if (d.token == 0xfe) out.done_proc(d.done);
                if (d.token == 0xff) out.done_in_proc(d.done);
            },
            [&](const scripted_sspi& sspi) { write_sspi(out, token, sspi); },
            [&](const scripted_fedauth& info) { write_fedauth(out, token, info); },
            [&](const scripted_state& state) { write_state(out, token, state); },
            [&](const scripted_bytes& bytes) { out.raw("raw", bytes.data); },
        },
        token.what
    );
}

} // namespace tdsfake::tds
