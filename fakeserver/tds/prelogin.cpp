#include "tds/prelogin.hpp"

#include "core/hex.hpp"

#include <algorithm>
#include <array>

namespace tdsfake::tds {

namespace {

constexpr std::size_t option_header_size = 5; // token, offset, length
constexpr std::uint8_t certificate_flag = 0x80;
constexpr std::string_view certificate_suffix = "+certificate";

constexpr std::uint8_t number(prelogin_token token) noexcept { return static_cast<std::uint8_t>(token); }

struct word {
    std::string_view text;
    encryption value;
};
constexpr std::array<word, 5> words{{
    {"off", encryption::off},
    {"on", encryption::on},
    {"not-supported", encryption::not_supported},
    {"required", encryption::required},
    {"extended", encryption::extended},
}};
// MS-TDS 2.2.6.5: only these three go with a client certificate.
constexpr bool takes_certificate(encryption value) noexcept {
    return value == encryption::off || value == encryption::on || value == encryption::required;
}

enum class strictness : bool { lenient, strict };

// { token, offset (BE), length (BE) } …, FF, data; offsets count from the start of the payload.
core::result<prelogin> parse(core::byte_view payload, strictness how) {
    const bool strict = how == strictness::strict;
    prelogin message;
    core::byte_reader headers(payload);
    std::size_t data_begins = payload.size(); // where the first byte of data stands, as the headers say
    for (;;) {
        // A reply may leave FF out; then its headers end where its data begins.
        if (!strict && headers.position() >= data_begins) {
            message.terminator = false;
            break;
        }
        const std::uint8_t token = headers.u8();
        if (!headers.ok()) return core::wire_errc::truncated;
        if (token == number(prelogin_token::terminator)) break;
        const std::size_t offset = headers.u16_be();
        const std::size_t length = headers.u16_be();
        if (!headers.ok()) return core::wire_errc::truncated;

        if (strict && message.options.empty() && token != number(prelogin_token::version)) {
            return core::wire_errc::bad_value;
        }
        if (strict && message.find(static_cast<prelogin_token>(token)) != nullptr) {
            return core::wire_errc::bad_value;
        }
        prelogin_option option;
        option.token = token;
        if (length != 0) { // an empty option may carry any offset
            if (offset > payload.size() || length > payload.size() - offset)
                return core::wire_errc::bad_length;
            const auto data = payload.subspan(offset, length);
            option.data.assign(data.begin(), data.end());
            data_begins = std::min(data_begins, offset);
        }
        message.options.push_back(std::move(option));
    }
    if (!strict) return message;

    if (message.options.empty()) return core::wire_errc::bad_value;
    if (data_begins < headers.position()) return core::wire_errc::bad_length; // data inside the headers
    if (message.options.front().data.size() != 6) return core::wire_errc::bad_value;
    const auto* const encryption_option = message.find(prelogin_token::encryption);
    if (encryption_option != nullptr && encryption_option->data.size() != 1)
        return core::wire_errc::bad_value;
    return message;
}

std::optional<std::uint8_t> first_byte(const prelogin_option* option) noexcept {
    if (option == nullptr || option->data.empty()) return std::nullopt;
    return option->data.front();
}

} // namespace

std::string encryption_name(std::uint8_t value) {
    const auto base = static_cast<encryption>(value & ~certificate_flag);
    const bool certificate = (value & certificate_flag) != 0;
    for (const auto& [text, meaning] : words) {
        if (meaning != base || (certificate && !takes_certificate(base))) continue;
        return std::string(text).append(certificate ? certificate_suffix : "");
    }
    return "0x" + core::to_hex(core::byte_view(&value, 1));
}

std::optional<std::uint8_t> parse_encryption(std::string_view text) {
    if (text.size() == 4 && text.starts_with("0x")) {
        const auto raw = core::from_hex(text.substr(2));
        return raw && raw->size() == 1 ? std::optional(raw->front()) : std::nullopt;
    }
    const bool certificate = text.ends_with(certificate_suffix);
    if (certificate) text.remove_suffix(certificate_suffix.size());
    for (const auto& [name, value] : words) {
        if (name != text || (certificate && !takes_certificate(value))) continue;
        return static_cast<std::uint8_t>(
            static_cast<std::uint8_t>(value) | (certificate ? certificate_flag : 0)
        );
    }
    return std::nullopt;
}

const prelogin_option* prelogin::find(prelogin_token token) const noexcept {
    const auto found = std::ranges::find(options, number(token), &prelogin_option::token);
    return found == options.end() ? nullptr : &*found;
}

prelogin_option& prelogin::option(prelogin_token token) {
    const auto found = std::ranges::find(options, number(token), &prelogin_option::token);
    if (found != options.end()) return *found;
    auto& added = options.emplace_back();
    added.token = number(token);
    return added;
}

void prelogin::remove(prelogin_token token) {
    std::erase_if(options, [token](const prelogin_option& option) { return option.token == number(token); });
}

std::optional<std::uint8_t> prelogin::encryption() const noexcept {
    return first_byte(find(prelogin_token::encryption));
}

std::optional<std::uint8_t> prelogin::mars() const noexcept { return first_byte(find(prelogin_token::mars)); }

std::string prelogin::version() const {
    const auto* const option = find(prelogin_token::version);
    if (option == nullptr) return {};
    // major, minor, build (BE), sub-build (LE, as SqlClient writes it)
    core::byte_reader reader(option->data);
    const int major = reader.u8();
    const int minor = reader.u8();
    const int build = reader.u16_be();
    const int sub_build = reader.u16_le();
    if (!reader.ok()) return {};
    return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build) + '.' +
           std::to_string(sub_build);
}

std::string prelogin::instance() const {
    const auto* const option = find(prelogin_token::instance);
    if (option == nullptr) return {};
    const auto end = std::ranges::find(option->data, 0);
    return {option->data.begin(), end};
}

core::result<prelogin> parse_prelogin(core::byte_view payload) { return parse(payload, strictness::strict); }

core::result<prelogin> parse_prelogin_leniently(core::byte_view payload) {
    return parse(payload, strictness::lenient);
}

core::bytes encode_prelogin(const prelogin& message) {
    std::size_t offset = message.options.size() * option_header_size + (message.terminator ? 1 : 0);
    core::byte_writer out;
    for (const auto& option : message.options) {
        out.u8(option.token);
        out.u16_be(option.false_offset.value_or(static_cast<std::uint16_t>(offset)));
        out.u16_be(option.false_length.value_or(static_cast<std::uint16_t>(option.data.size())));
        offset += option.data.size();
    }
    if (message.terminator) out.u8(number(prelogin_token::terminator));
    for (const auto& option : message.options)
        out.append(option.data);
    return out.take();
}

} // namespace tdsfake::tds
