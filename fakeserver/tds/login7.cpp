#include "tds/login7.hpp"

#include "core/hex.hpp"
#include "core/utf16.hpp"
#include "tds/code_page.hpp"

#include <algorithm>
#include <string_view>

namespace tdsfake::tds {

namespace {

constexpr std::size_t fixed_size_7_0 = 86;       // up to AtchDBFile
constexpr std::size_t fixed_size_7_2 = 94;       // and ChangePassword, cbSSPILong
constexpr std::size_t max_size = 128 * 1024 - 1; // MS-TDS 2.2.6.4: must be below
constexpr std::uint8_t extension_flag = 0x10;    // OptionFlags3.fExtension
constexpr std::uint8_t feature_terminator = 0xff;
constexpr std::uint16_t sspi_is_long = 0xffff;
constexpr std::size_t longest_name = 128; // in UTF-16 units: all texts but AtchDBFile
constexpr std::size_t longest_path = 260;

// An offset and a length as they stand in the fixed part; the length counts UTF-16 units or bytes.
struct item {
    std::size_t offset = 0;
    std::size_t length = 0;
};

item read_item(core::byte_reader& reader) noexcept {
    item read;
    read.offset = reader.u16_le();
    read.length = reader.u16_le();
    return read;
}

// Fetches variable data; the first item that leads outside makes all that follow fail.
class item_reader {
public:
    item_reader(core::byte_view message, std::size_t fixed_size) noexcept
        : message_(message),
          fixed_size_(fixed_size) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }

    core::byte_view bytes(item at) noexcept {
        if (at.length == 0) return {}; // any offset will do: pytds writes 0, others the current position
        if (at.offset < fixed_size_ || at.offset > message_.size() ||
            at.length > message_.size() - at.offset) {
            ok_ = false;
            return {};
        }
        return message_.subspan(at.offset, at.length);
    }
    core::byte_view units(item at, std::size_t most) noexcept {
        ok_ = ok_ && at.length <= most;
        return bytes({at.offset, 2 * at.length});
    }
    std::string text(item at, std::size_t most = longest_name) {
        return core::utf16le_to_utf8(units(at, most));
    }
    std::string secret(item at) {
        return core::utf16le_to_utf8(deobfuscate_password(units(at, longest_name)));
    }

private:
    core::byte_view message_;
    std::size_t fixed_size_;
    bool ok_ = true;
};

// FeatureExt: { id, length (4), data } …, FF. The extension holds the DWORD offset of this list.
boost::system::error_code read_features(core::byte_view message, core::byte_view extension, login7& login) {
    if (extension.size() < 4) return core::wire_errc::bad_length;
    const std::size_t offset = core::byte_reader(extension).u32_le();
    if (offset > message.size()) return core::wire_errc::bad_length;
    core::byte_reader list(message.subspan(offset));
    for (;;) {
        const std::uint8_t id = list.u8();
        if (!list.ok()) return core::wire_errc::truncated;
        if (id == feature_terminator) return {};
        const auto data = list.take(list.u32_le());
        if (!list.ok()) return core::wire_errc::truncated;
        login.features.push_back({id, core::bytes(data.begin(), data.end())});
    }
}

// 7.0 and 7.1 lack the last eight fixed bytes. An unknown version is taken for a new one.
bool has_short_layout(std::uint32_t raw_version) noexcept {
    const auto generation = raw_version >> 24;
    return generation == 0x70 || generation == 0x71;
}

std::uint8_t swap_nibbles(std::uint8_t byte) noexcept {
    return static_cast<std::uint8_t>(byte << 4 | byte >> 4);
}

// Collects variable data behind the fixed part and hands out the offsets.
class item_writer {
public:
    item_writer(core::byte_writer& fixed, std::size_t data_begins) noexcept
        : fixed_(fixed),
          data_begins_(data_begins) {}

    void text(std::string_view utf8) { units(core::utf8_to_utf16le(utf8)); }
    void secret(std::string_view utf8) { units(obfuscate_password(core::utf8_to_utf16le(utf8))); }
    void bytes(core::byte_view data, std::size_t length_field) {
        fixed_.u16_le(data_begins_ + data_.size());
        fixed_.u16_le(length_field);
        data_.append(data);
    }
    // An item whose data the caller puts down later.
    void reserve(std::size_t offset, std::size_t length) {
        fixed_.u16_le(offset);
        fixed_.u16_le(length);
    }
    [[nodiscard]] std::size_t end() const noexcept { return data_begins_ + data_.size(); }
    [[nodiscard]] core::byte_view data() const noexcept { return data_.view(); }

private:
    void units(const core::bytes& utf16) { bytes(utf16, utf16.size() / 2); }

    core::byte_writer& fixed_;
    core::byte_writer data_;
    std::size_t data_begins_;
};

core::bytes encode_features(const std::vector<login_feature>& features) {
    core::byte_writer list;
    for (const auto& [id, data] : features) {
        list.u8(id);
        list.u32_le(data.size());
        list.append(data);
    }
    list.u8(feature_terminator);
    return list.take();
}

} // namespace

std::string feature_name(std::uint8_t id) {
    switch (id) {
    case 0x01: return "sessionrecovery";
    case 0x02: return "fedauth";
    case 0x04: return "columnencryption";
    case 0x05: return "globaltransactions";
    case 0x08: return "azuresqlsupport";
    case 0x09: return "dataclassification";
    case 0x0a: return "utf8-support";
    case 0x0b: return "azuresqldnscaching";
    case 0x0d: return "json";
    case 0x0e: return "vector";
    case 0x0f: return "enhancedrouting";
    case 0x10: return "useragent";
    default: return "0x" + core::to_hex(core::byte_view(&id, 1));
    }
}

core::result<login7> parse_login7(core::byte_view payload) {
    if (payload.size() >= max_size) return core::wire_errc::message_too_long;
    core::byte_reader reader(payload);
    login7 login;
    login.length = reader.u32_le();
    login.tds_version = reader.u32_le();
    login.packet_size = reader.u32_le();
    login.client_prog_ver = reader.u32_le();
    login.client_pid = reader.u32_le();
    login.connection_id = reader.u32_le();
    login.option_flags1 = reader.u8();
    login.option_flags2 = reader.u8();
    login.type_flags = reader.u8();
    login.option_flags3 = reader.u8();
    login.client_time_zone = static_cast<std::int32_t>(reader.u32_le());
    login.client_lcid = reader.u32_le();
    const auto host_name = read_item(reader);
    const auto user_name = read_item(reader);
    const auto password = read_item(reader);
    const auto app_name = read_item(reader);
    const auto server_name = read_item(reader);
    const auto extension = read_item(reader);
    const auto library_name = read_item(reader);
    const auto language = read_item(reader);
    const auto database = read_item(reader);
    std::ranges::copy(reader.take(login.client_id.size()), login.client_id.begin());
    auto sspi = read_item(reader);
    const auto attach_db_file = read_item(reader);
    item change_password;
    const bool is_short = has_short_layout(login.tds_version);
    if (!is_short) {
        change_password = read_item(reader);
        const std::uint32_t sspi_long = reader.u32_le();
        if (sspi.length == sspi_is_long && sspi_long > 0) sspi.length = sspi_long;
    }
    if (!reader.ok() || login.length > payload.size()) return core::wire_errc::truncated;
    if (login.length < reader.position()) return core::wire_errc::bad_length;
    if (login.length < payload.size()) return core::wire_errc::extra_bytes;

    item_reader items(payload, is_short ? fixed_size_7_0 : fixed_size_7_2);
    login.host_name = items.text(host_name);
    login.user_name = items.text(user_name);
    login.password = items.secret(password);
    login.app_name = items.text(app_name);
    login.server_name = items.text(server_name);
    login.library_name = items.text(library_name);
    login.language = items.text(language);
    login.database = items.text(database);
    const auto sspi_data = items.bytes(sspi);
    login.sspi.assign(sspi_data.begin(), sspi_data.end());
    login.attach_db_file = items.text(attach_db_file, longest_path);
    login.change_password = items.secret(change_password);
    if (!items.ok()) return core::wire_errc::bad_length;

    // Before 7.2 the bit and the field were unused, and clients left rubbish in them. tedious sets the bit
    // for 7.2 and 7.3 without an extension.
    login.has_feature_extension =
        !is_short && (login.option_flags3 & extension_flag) != 0 && extension.length > 0;
    if (login.has_feature_extension) {
        const auto pointer = items.bytes(extension);
        if (const auto failed = read_features(payload, pointer, login)) return failed;
    }
    return login;
}

core::bytes encode_login7(const login7& message) {
    const bool extended = message.has_feature_extension || !message.features.empty();
    const auto flags3 = static_cast<std::uint8_t>(
        extended ? message.option_flags3 | extension_flag : message.option_flags3 & ~extension_flag
    );
    core::byte_writer fixed;
    fixed.u32_le(message.tds_version); // Length goes in front of it at the end
    fixed.u32_le(message.packet_size);
    fixed.u32_le(message.client_prog_ver);
    fixed.u32_le(message.client_pid);
    fixed.u32_le(message.connection_id);
    fixed.u8(message.option_flags1);
    fixed.u8(message.option_flags2);
    fixed.u8(message.type_flags);
    fixed.u8(flags3);
    fixed.u32_le(static_cast<std::uint32_t>(message.client_time_zone));
    fixed.u32_le(message.client_lcid);

    // The four bytes that point at the feature list come first, the long items last: offsets are 16 bits.
    const std::size_t pointer_size = extended ? 4 : 0;
    item_writer items(fixed, fixed_size_7_2 + pointer_size);
    items.text(message.host_name);
    items.text(message.user_name);
    items.secret(message.password);
    items.text(message.app_name);
    items.text(message.server_name);
    items.reserve(extended ? fixed_size_7_2 : 0, pointer_size);
    items.text(message.library_name);
    items.text(message.language);
    items.text(message.database);
    fixed.append(message.client_id);
    // Behind it come AtchDBFile and ChangePassword; they have to stay in reach, so SSPI data is written last.
    const auto attach_db_file = core::utf8_to_utf16le(message.attach_db_file);
    const auto change_password = obfuscate_password(core::utf8_to_utf16le(message.change_password));
    const bool is_long = message.sspi.size() >= sspi_is_long;
    items.reserve(
        items.end() + attach_db_file.size() + change_password.size(),
        is_long ? sspi_is_long : message.sspi.size()
    );
    items.bytes(attach_db_file, attach_db_file.size() / 2);
    items.bytes(change_password, change_password.size() / 2);
    fixed.u32_le(is_long ? message.sspi.size() : 0);

    const auto features = extended ? encode_features(message.features) : core::bytes();
    const std::size_t features_begin = items.end() + message.sspi.size();
    core::byte_writer out;
    out.u32_le(features_begin + features.size());
    out.append(fixed.view());
    if (extended) out.u32_le(features_begin);
    out.append(items.data());
    out.append(message.sspi);
    out.append(features);
    return out.take();
}

core::bytes obfuscate_password(core::byte_view utf16) {
    core::bytes out(utf16.begin(), utf16.end());
    for (auto& byte : out)
        byte = swap_nibbles(byte) ^ 0xa5;
    return out;
}

core::bytes deobfuscate_password(core::byte_view wire) {
    core::bytes out(wire.begin(), wire.end());
    for (auto& byte : out)
        byte = swap_nibbles(byte ^ 0xa5);
    return out;
}

// host 30+1 · user 30+1 · password 30+1 · host process 30+1 · 16 bytes of representation · app 30+1 ·
// server 30+1 · remote passwords 255+1 · TDS version 4 · …; the byte behind each text is its length.
core::result<pre_tds7_login> parse_pre_tds7_login(core::byte_view payload) {
    core::byte_reader reader(payload);
    bool lengths_fit = true;
    const auto text = [&] {
        constexpr std::size_t room = 30;
        const auto field = reader.take(room);
        const std::size_t length = reader.u8();
        lengths_fit = lengths_fit && length <= room;
        return cp1252_to_utf8(field.first(std::min(length, field.size())));
    };
    pre_tds7_login login;
    login.host_name = text();
    login.user_name = text();
    text(); // the password, in clear: not kept
    text(); // host process
    reader.take(16);
    login.app_name = text();
    login.server_name = text();
    reader.take(255 + 1);
    std::ranges::copy(reader.take(login.version.size()), login.version.begin());
    if (!reader.ok()) return core::wire_errc::truncated;
    if (!lengths_fit) return core::wire_errc::bad_length;
    return login;
}

} // namespace tdsfake::tds
