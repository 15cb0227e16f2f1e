#include "tls/forged_record.hpp"

#include "core/hex.hpp"
#include "tls/record.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tdsfake::tls {

namespace {

constexpr std::size_t tag_size = 16; // of GCM and of ChaCha20-Poly1305
constexpr std::size_t nonce_size = 12;

// What a record is to hold.
struct content {
    std::uint8_t type;
    core::byte_view data;
};

// OSSL_PARAM wants what it will not change without const.
void* data_of(core::byte_view bytes) {
    return const_cast<std::uint8_t*>(bytes.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast)
}
OSSL_PARAM text(const char* key, std::string& value) {
    return OSSL_PARAM_construct_utf8_string(key, value.data(), 0);
}
OSSL_PARAM octets(const char* key, core::byte_view value) {
    return OSSL_PARAM_construct_octet_string(key, data_of(value), value.size());
}
core::byte_view view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

core::bytes derive(const char* name, const OSSL_PARAM* with, std::size_t size) {
    const owned<EVP_KDF> kdf(EVP_KDF_fetch(nullptr, name, nullptr));
    const owned<EVP_KDF_CTX> of(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    core::bytes out(size);
    if (!of || EVP_KDF_derive(of.get(), out.data(), out.size(), with) != 1) out.clear();
    return out;
}

// The server's half of what RFC 5246, section 6.3, derives: MAC key, key, IV.
struct write_keys {
    core::bytes mac, key, iv;
};

write_keys old_keys(const SSL* ssl, std::size_t mac, std::size_t key, std::size_t iv) {
    core::bytes master(SSL_MAX_MASTER_KEY_LENGTH);
    master.resize(SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size()));
    core::bytes seed(std::size_t{2} * SSL3_RANDOM_SIZE); // the server's random comes first here
    SSL_get_server_random(ssl, seed.data(), SSL3_RANDOM_SIZE);
    SSL_get_client_random(ssl, seed.data() + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    std::string digest = "MD5-SHA1";
    if (SSL_version(ssl) == TLS1_2_VERSION) {
        digest = EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl)));
        if (digest == "MD5-SHA1") digest = "SHA256";
    }
    const std::array with{
        text(OSSL_KDF_PARAM_DIGEST, digest),
        octets(OSSL_KDF_PARAM_SECRET, master),
        octets(OSSL_KDF_PARAM_SEED, view("key expansion")),
        octets(OSSL_KDF_PARAM_SEED, seed),
        OSSL_PARAM_construct_end()
    };
    const auto block = derive("TLS1-PRF", with.data(), 2 * (mac + key + iv));
    if (block.empty()) return {};
    // Client and server take turns.
    const auto part = [&](std::size_t from, std::size_t size) {
        const auto begin = block.begin() + static_cast<std::ptrdiff_t>(from);
        return core::bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
    };
    return {part(mac, mac), part(2 * mac + key, key), part(2 * (mac + key) + iv, iv)};
}

// RFC 8446, section 7.3.
write_keys new_keys(const SSL* ssl, core::byte_view secret, std::size_t key) {
    std::string digest = EVP_MD_get0_name(SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl)));
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const auto expand = [&](std::string_view label, std::size_t size) {
        const std::array with{
            text(OSSL_KDF_PARAM_DIGEST, digest),
            OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
            octets(OSSL_KDF_PARAM_KEY, secret),
            octets(OSSL_KDF_PARAM_PREFIX, view("tls13 ")),
            octets(OSSL_KDF_PARAM_LABEL, view(label)),
            OSSL_PARAM_construct_end()
        };
        return derive("TLS13-KDF", with.data(), size);
    };
    return {{}, expand("key", key), expand("iv", nonce_size)};
}

// Ciphertext and tag; empty if the cipher will not.
core::bytes seal(
    const EVP_CIPHER* cipher,
    core::byte_view key,
    core::byte_view nonce,
    core::byte_view aad,
    core::byte_view data
) {
    const owned<EVP_CIPHER_CTX> with(EVP_CIPHER_CTX_new());
    core::bytes out(data.size() + tag_size);
    int size = 0;
    if (!with || EVP_EncryptInit_ex(with.get(), cipher, nullptr, key.data(), nonce.data()) != 1 ||
        EVP_EncryptUpdate(with.get(), nullptr, &size, aad.data(), static_cast<int>(aad.size())) != 1 ||
        EVP_EncryptUpdate(with.get(), out.data(), &size, data.data(), static_cast<int>(data.size())) != 1 ||
        EVP_EncryptFinal_ex(with.get(), out.data() + size, &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(with.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out.data() + data.size()) != 1)
        return {};
    return out;
}

core::bytes
encrypt_blocks(const EVP_CIPHER* cipher, core::byte_view key, core::byte_view iv, core::byte_view data) {
    const owned<EVP_CIPHER_CTX> with(EVP_CIPHER_CTX_new());
    core::bytes out(data.size());
    int size = 0;
    if (!with || EVP_EncryptInit_ex(with.get(), cipher, nullptr, key.data(), iv.data()) != 1 ||
        EVP_CIPHER_CTX_set_padding(with.get(), 0) != 1 ||
        EVP_EncryptUpdate(with.get(), out.data(), &size, data.data(), static_cast<int>(data.size())) != 1)
        return {};
    return out;
}

core::bytes nonce_of(core::bytes iv, std::uint64_t sequence) {
    for (std::size_t i = 0; i < 8; ++i)
        iv[iv.size() - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
    return iv;
}

void put_sequence(core::byte_writer& to, std::uint64_t sequence) {
    to.u32_be(sequence >> 32);
    to.u32_be(sequence);
}

core::bytes record(std::uint8_t type, unsigned version, core::byte_view fragment) {
    core::byte_writer out;
    out.u8(type);
    out.u16_be(version);
    out.u16_be(fragment.size());
    out.append(fragment);
    return out.take();
}

// RFC 8446, section 5.2: what a record is stands encrypted behind its content.
core::bytes encode_1_3(
    const content& what, const SSL* ssl, const EVP_CIPHER* cipher, core::byte_view secret, std::uint64_t n
) {
    const auto key_size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
    const auto keys = new_keys(ssl, secret, key_size);
    if (keys.key.empty() || keys.iv.empty()) return {};
    core::bytes inner(what.data.begin(), what.data.end());
    inner.push_back(what.type);
    const auto length = inner.size() + tag_size;
    const core::bytes header{
        23, 3, 3, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)
    };
    const auto sealed = seal(cipher, keys.key, nonce_of(keys.iv, n), header, inner);
    if (sealed.empty()) return {};
    return record(23, TLS1_2_VERSION, sealed);
}

// RFC 5288 (GCM: the sequence number stands in the record) and RFC 7905 (ChaCha20: it does not).
core::bytes encode_aead(
    const content& what, const SSL* ssl, const EVP_CIPHER* cipher, bool explicit_nonce, std::uint64_t n
) {
    const auto key_size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
    const auto keys = old_keys(ssl, 0, key_size, explicit_nonce ? 4 : nonce_size);
    if (keys.key.empty()) return {};
    core::byte_writer sequence;
    put_sequence(sequence, n);
    core::bytes nonce;
    core::byte_writer fragment;
    if (explicit_nonce) {
        nonce = keys.iv;
        nonce.insert(nonce.end(), sequence.view().begin(), sequence.view().end());
        fragment.append(sequence.view());
    } else {
        nonce = nonce_of(keys.iv, n);
    }
    core::byte_writer aad;
    put_sequence(aad, n);
    aad.append(record(what.type, TLS1_2_VERSION, what.data));
    const auto sealed = seal(cipher, keys.key, nonce, aad.view().first(13), what.data);
    if (sealed.empty()) return {};
    fragment.append(sealed);
    return record(what.type, TLS1_2_VERSION, fragment.view());
}

// RFC 5246, section 6.2.3.2; RFC 2246 has no IV in the record.
core::bytes encode_cbc(
    const content& what, const SSL* ssl, const EVP_CIPHER* cipher, core::byte_view last_block, std::uint64_t n
) {
    const auto version = static_cast<unsigned>(SSL_version(ssl));
    const auto key_size = static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher));
    const auto block = static_cast<std::size_t>(EVP_CIPHER_get_block_size(cipher));
    const auto* digest = OBJ_nid2sn(SSL_CIPHER_get_digest_nid(SSL_get_current_cipher(ssl)));
    const std::string_view name(digest);
    const std::size_t mac_size = name == "SHA1" ? 20 : name == "SHA256" ? 32 : name == "SHA384" ? 48 : 0;
    if (mac_size == 0 || last_block.size() < block) return {};
    const auto keys = old_keys(ssl, mac_size, key_size, version == TLS1_2_VERSION ? 0 : block);
    if (keys.key.empty()) return {};

    core::byte_writer plain; // content, MAC, padding
    plain.append(what.data);
    core::byte_writer signed_part;
    put_sequence(signed_part, n);
    signed_part.append(record(what.type, version, plain.view()));
    core::bytes mac(mac_size);
    std::size_t written = 0;
    const auto signed_bytes = signed_part.view();
    if (EVP_Q_mac(
            nullptr,
            "HMAC",
            nullptr,
            digest,
            nullptr,
            keys.mac.data(),
            keys.mac.size(),
            signed_bytes.data(),
            signed_bytes.size(),
            mac.data(),
            mac.size(),
            &written
        ) == nullptr)
        return {};
    plain.append(mac);
    const auto padding = block - 1 - plain.size() % block;
    plain.fill(padding + 1, static_cast<std::uint8_t>(padding));

    core::byte_writer fragment;
    core::bytes iv(last_block.end() - static_cast<std::ptrdiff_t>(block), last_block.end());
    if (version != TLS1_VERSION) {
        RAND_bytes(iv.data(), static_cast<int>(iv.size()));
        fragment.append(iv);
    }
    const auto sealed = encrypt_blocks(cipher, keys.key, iv, plain.view());
    if (sealed.empty()) return {};
    fragment.append(sealed);
    return record(what.type, version, fragment.view());
}

} // namespace

void sent_records::note(core::byte_view records) {
    bool data = false;
    for (;;) {
        const auto size = whole_record(records);
        if (size.has_error() || size.value() == 0) break;
        const auto type = static_cast<content_type>(records[0]);
        if (changed_cipher_) {
            ++after_change_;
            const auto tail = records.subspan(size.value() - std::min(size.value(), tag_size), tag_size);
            last_block_.assign(tail.begin(), tail.end());
        }
        if (type == content_type::change_cipher_spec) changed_cipher_ = true;
        if (type == content_type::application_data) {
            data = true;
            if (flight_sent_) ++after_flight_;
        }
        records = records.subspan(size.value());
    }
    flight_sent_ = flight_sent_ || data;
}

void sent_records::learn_secret(std::string_view line) {
    if (!line.starts_with("SERVER_TRAFFIC_SECRET_0 ")) return;
    if (auto secret = core::from_hex(line.substr(line.rfind(' ') + 1))) secret_ = std::move(*secret);
}

core::bytes sent_records::encode(content_type type, core::byte_view data, const SSL* of) const {
    const content what{static_cast<std::uint8_t>(type), data};
    const bool newest = SSL_version(of) == TLS1_3_VERSION;
    const auto* negotiated = SSL_get_current_cipher(of);
    if (negotiated == nullptr || !(newest ? flight_sent_ : changed_cipher_)) return {};
    const auto* name = OBJ_nid2sn(SSL_CIPHER_get_cipher_nid(negotiated));
    const owned<EVP_CIPHER> cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
    const std::string_view word(name);
    const bool gcm = word.ends_with("GCM");
    const bool stream = word == "ChaCha20-Poly1305";
    core::bytes out;
    if (cipher && newest && (gcm || stream)) {
        out = encode_1_3(what, of, cipher.get(), secret_, after_flight_);
    } else if (cipher && (gcm || stream)) {
        out = encode_aead(what, of, cipher.get(), gcm, after_change_);
    } else if (cipher && word.ends_with("CBC")) {
        out = encode_cbc(what, of, cipher.get(), last_block_, after_change_);
    }
    ERR_clear_error();
    return out;
}

core::bytes sent_records::encode(alert what, const SSL* of) const {
    const core::bytes data{what.level, what.description};
    auto out = encode(content_type::alert, data, of);
    if (!out.empty()) return out;
    const auto wire = SSL_version(of);
    const auto spoken = wire >= TLS1_VERSION && wire <= TLS1_3_VERSION
                            ? static_cast<version>(wire - TLS1_VERSION)
                            : version::v1_2;
    return encode_plain_alert(what, spoken);
}

} // namespace tdsfake::tls
