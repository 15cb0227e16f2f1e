#include "tls/authority.hpp"

#include "tls/names.hpp"
#include "tls/openssl.hpp"
#include "tls/read_files.hpp"

#include <array>
#include <ranges>

namespace tdsfake::tls {

namespace {

struct dates {
    const char* from;
    const char* to;
};
// Years below 2050 are written with two digits, which every client can read.
constexpr dates always{"20000101000000Z", "20491231235959Z"};
constexpr dates past{"20190101000000Z", "20191231235959Z"};
constexpr dates future{"20490101000000Z", "20491231235959Z"};

// Three of them, with the server's own certificate, are more than one packet of 4096 bytes; more would pass
// the limits that some clients set to the number.
constexpr std::size_t padding_of_an_intermediate = 1600;
constexpr int intermediates_of_a_long_chain = 3;

template <class T>
T* need(T* made, const char* what) {
    if (made == nullptr)
        throw setup_error("OpenSSL cannot make " + std::string(what) + ": " + take_openssl_error());
    return made;
}

struct extension {
    int nid;
    std::string value; // as in a configuration file of OpenSSL
};

struct certificate_plan {
    std::string subject; // its common name
    EVP_PKEY* key = nullptr;
    X509* issuer = nullptr; // itself, if null
    EVP_PKEY* issuer_key = nullptr;
    dates valid = always;
    std::vector<extension> extensions;
    bool sha1 = false;
};

owned<X509> make_certificate(const certificate_plan& plan) {
    constexpr auto what = "a certificate";
    owned<X509> made(need(X509_new(), what));
    need_ok(X509_set_version(made.get(), X509_VERSION_3), what);
    std::uint64_t serial = 0;
    std::array<unsigned char, 8> random{};
    need_ok(RAND_bytes(random.data(), static_cast<int>(random.size())), what);
    for (const auto byte : random)
        serial = serial << 8 | byte;
    need_ok(ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1 | 1), what);
    need_ok(ASN1_TIME_set_string_X509(X509_getm_notBefore(made.get()), plan.valid.from), what);
    need_ok(ASN1_TIME_set_string_X509(X509_getm_notAfter(made.get()), plan.valid.to), what);
    auto* subject = X509_get_subject_name(made.get());
    need_ok(
        X509_NAME_add_entry_by_txt(
            subject,
            "CN",
            MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(plan.subject.data()),
            static_cast<int>(plan.subject.size()),
            -1,
            0
        ),
        what
    );
    auto* issuer = plan.issuer != nullptr ? plan.issuer : made.get();
    need_ok(X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)), what);
    need_ok(X509_set_pubkey(made.get(), plan.key), what);
    X509V3_CTX of{};
    X509V3_set_ctx(&of, issuer, made.get(), nullptr, nullptr, 0);
    for (const auto& each : plan.extensions) {
        const owned<X509_EXTENSION> one(
            need(X509V3_EXT_conf_nid(nullptr, &of, each.nid, each.value.c_str()), what)
        );
        need_ok(X509_add_ext(made.get(), one.get(), -1), what);
    }
    auto* signing = plan.issuer_key != nullptr ? plan.issuer_key : plan.key;
    need_ok(X509_sign(made.get(), signing, plan.sha1 ? EVP_sha1() : EVP_sha256()), what);
    return made;
}

owned<EVP_PKEY> make_key(bool weak = false) {
    constexpr std::size_t weak_bits = 1024;
    return owned<EVP_PKEY>(need(
        weak ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", weak_bits)
             : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"),
        "a key"
    ));
}

core::bytes to_der(X509* certificate) {
    core::bytes out(static_cast<std::size_t>(i2d_X509(certificate, nullptr)));
    auto* at = out.data();
    i2d_X509(certificate, &at);
    return out;
}

core::bytes to_der(EVP_PKEY* key) {
    const owned<PKCS8_PRIV_KEY_INFO> info(need(EVP_PKEY2PKCS8(key), "a key"));
    core::bytes out(static_cast<std::size_t>(i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr)));
    auto* at = out.data();
    i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at);
    return out;
}

std::vector<extension> of_an_authority() {
    return {
        {NID_basic_constraints, "critical,CA:TRUE"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
}

std::vector<extension> of_a_server(const std::vector<std::string>& names, bool weak) {
    return {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, weak ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_alt_name, alternative_names(names)},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid"},
    };
}

} // namespace

struct authority::impl {
    owned<EVP_PKEY> key;
    owned<X509> certificate;
};

authority::authority() = default;
authority::~authority() = default;

authority::impl& authority::made() {
    if (impl_) return *impl_;
    load_openssl();
    auto fresh = std::make_unique<impl>();
    fresh->key = make_key();
    fresh->certificate = make_certificate(
        {.subject = "tdsfake test authority", .key = fresh->key.get(), .extensions = of_an_authority()}
    );
    impl_ = std::move(fresh);
    return *impl_;
}

std::string authority::pem() {
    auto& self = made();
    const owned<BIO> out(need(BIO_new(BIO_s_mem()), "a buffer"));
    need_ok(PEM_write_bio_X509(out.get(), self.certificate.get()), "a certificate");
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

credentials authority::issue(const certificate_spec& spec, const std::vector<std::string>& addresses) {
    load_openssl();
    if (spec.from_files()) return read_files(spec);
    const auto kind = spec.kind;
    const bool weak = kind == certificate_kind::weak;
    const auto key = make_key(weak);
    const auto names = names_of(spec, addresses);

    certificate_plan plan{
        .subject = common_name(names),
        .key = key.get(),
        .valid = kind == certificate_kind::expired         ? past
                 : kind == certificate_kind::not_yet_valid ? future
                                                           : always,
        .extensions = of_a_server(names, weak),
        .sha1 = weak
    };
    credentials out{.key = to_der(key.get())};
    if (kind == certificate_kind::self_signed) {
        out.chain.push_back(to_der(make_certificate(plan).get()));
        return out;
    }

    auto& root = made();
    plan.issuer = root.certificate.get();
    plan.issuer_key = root.key.get();
    // From the root down; the wire has them from the server's up, and does without the root.
    std::vector<owned<EVP_PKEY>> keys;
    std::vector<owned<X509>> between;
    if (kind == certificate_kind::long_chain) {
        for (int i = 0; i < intermediates_of_a_long_chain; ++i) {
            keys.push_back(make_key());
            auto extensions = of_an_authority();
            extensions.push_back({NID_authority_key_identifier, "keyid"});
            extensions.push_back({NID_netscape_comment, std::string(padding_of_an_intermediate, '.')});
            between.push_back(make_certificate(
                {.subject = "tdsfake intermediate authority " + std::to_string(i + 1),
                 .key = keys.back().get(),
                 .issuer = plan.issuer,
                 .issuer_key = plan.issuer_key,
                 .extensions = std::move(extensions)}
            ));
            plan.issuer = between.back().get();
            plan.issuer_key = keys.back().get();
        }
    }
    out.chain.push_back(to_der(make_certificate(plan).get()));
    for (const auto& certificate : between | std::views::reverse)
        out.chain.push_back(to_der(certificate.get()));
    return out;
}

} // namespace tdsfake::tls
