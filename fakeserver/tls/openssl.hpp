// OpenSSL as the files of this floor call it: loaded when TLS is first needed, so that a run without TLS pays
// nothing for it (linked, it costs a start up to 3 ms). Each name below is a pointer that hides the function
// of the same name; calls, and the macros of OpenSSL's headers, read as always. For .cpp files only.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

// X(name): a function of libcrypto or libssl.
#define TDSFAKE_CRYPTO_FUNCTIONS(X)                                                                          \
    X(ASN1_INTEGER_set_uint64)                                                                               \
    X(ASN1_TIME_set_string_X509)                                                                             \
    X(BIO_clear_flags)                                                                                       \
    X(BIO_ctrl)                                                                                              \
    X(BIO_free)                                                                                              \
    X(BIO_get_data)                                                                                          \
    X(BIO_get_new_index)                                                                                     \
    X(BIO_meth_new)                                                                                          \
    X(BIO_meth_set_ctrl)                                                                                     \
    X(BIO_meth_set_read)                                                                                     \
    X(BIO_meth_set_write)                                                                                    \
    X(BIO_new)                                                                                               \
    X(BIO_new_mem_buf)                                                                                       \
    X(BIO_s_mem)                                                                                             \
    X(BIO_set_data)                                                                                          \
    X(BIO_set_flags)                                                                                         \
    X(BIO_set_init)                                                                                          \
    X(CRYPTO_free)                                                                                           \
    X(ERR_clear_error)                                                                                       \
    X(ERR_peek_error)                                                                                        \
    X(ERR_peek_last_error)                                                                                   \
    X(ERR_reason_error_string)                                                                               \
    X(EVP_CIPHER_CTX_ctrl)                                                                                   \
    X(EVP_CIPHER_CTX_free)                                                                                   \
    X(EVP_CIPHER_CTX_new)                                                                                    \
    X(EVP_CIPHER_CTX_set_padding)                                                                            \
    X(EVP_CIPHER_fetch)                                                                                      \
    X(EVP_CIPHER_free)                                                                                       \
    X(EVP_CIPHER_get_block_size)                                                                             \
    X(EVP_CIPHER_get_key_length)                                                                             \
    X(EVP_EncryptFinal_ex)                                                                                   \
    X(EVP_EncryptInit_ex)                                                                                    \
    X(EVP_EncryptUpdate)                                                                                     \
    X(EVP_KDF_CTX_free)                                                                                      \
    X(EVP_KDF_CTX_new)                                                                                       \
    X(EVP_KDF_derive)                                                                                        \
    X(EVP_KDF_fetch)                                                                                         \
    X(EVP_KDF_free)                                                                                          \
    X(EVP_MD_get0_name)                                                                                      \
    X(EVP_MD_get_size)                                                                                       \
    X(EVP_PKEY2PKCS8)                                                                                        \
    X(EVP_PKEY_Q_keygen)                                                                                     \
    X(EVP_PKEY_free)                                                                                         \
    X(EVP_Q_mac)                                                                                             \
    X(EVP_sha1)                                                                                              \
    X(EVP_sha256)                                                                                            \
    X(OBJ_nid2sn)                                                                                            \
    X(OSSL_PARAM_construct_end)                                                                              \
    X(OSSL_PARAM_construct_int)                                                                              \
    X(OSSL_PARAM_construct_octet_string)                                                                     \
    X(OSSL_PARAM_construct_utf8_string)                                                                      \
    X(PEM_read_bio_PrivateKey)                                                                               \
    X(PEM_read_bio_X509)                                                                                     \
    X(PEM_write_bio_X509)                                                                                    \
    X(PKCS8_PRIV_KEY_INFO_free)                                                                              \
    X(RAND_bytes)                                                                                            \
    X(X509V3_EXT_conf_nid)                                                                                   \
    X(X509V3_set_ctx)                                                                                        \
    X(X509_EXTENSION_free)                                                                                   \
    X(X509_NAME_add_entry_by_txt)                                                                            \
    X(X509_NAME_print_ex)                                                                                    \
    X(X509_add_ext)                                                                                          \
    X(X509_check_private_key)                                                                                \
    X(X509_free)                                                                                             \
    X(X509_get_serialNumber)                                                                                 \
    X(X509_get_subject_name)                                                                                 \
    X(X509_getm_notAfter)                                                                                    \
    X(X509_getm_notBefore)                                                                                   \
    X(X509_new)                                                                                              \
    X(X509_set_issuer_name)                                                                                  \
    X(X509_set_pubkey)                                                                                       \
    X(X509_set_version)                                                                                      \
    X(X509_sign)                                                                                             \
    X(d2i_AutoPrivateKey)                                                                                    \
    X(d2i_X509)                                                                                              \
    X(i2d_PKCS8_PRIV_KEY_INFO)                                                                               \
    X(i2d_X509)

#define TDSFAKE_SSL_FUNCTIONS(X)                                                                             \
    X(OPENSSL_init_ssl)                                                                                      \
    X(SSL_CIPHER_get_cipher_nid)                                                                             \
    X(SSL_CIPHER_get_digest_nid)                                                                             \
    X(SSL_CIPHER_get_handshake_digest)                                                                       \
    X(SSL_CIPHER_get_name)                                                                                   \
    X(SSL_CIPHER_is_aead)                                                                                    \
    X(SSL_CTX_ctrl)                                                                                          \
    X(SSL_CTX_free)                                                                                          \
    X(SSL_CTX_new)                                                                                           \
    X(SSL_CTX_set_alpn_select_cb)                                                                            \
    X(SSL_CTX_set_cipher_list)                                                                               \
    X(SSL_CTX_set_ciphersuites)                                                                              \
    X(SSL_CTX_set_keylog_callback)                                                                           \
    X(SSL_CTX_set_num_tickets)                                                                               \
    X(SSL_CTX_set_options)                                                                                   \
    X(SSL_CTX_set_security_level)                                                                            \
    X(SSL_CTX_set_verify)                                                                                    \
    X(SSL_CTX_use_PrivateKey)                                                                                \
    X(SSL_CTX_use_certificate)                                                                               \
    X(SSL_SESSION_get_master_key)                                                                            \
    X(SSL_ctrl)                                                                                              \
    X(SSL_do_handshake)                                                                                      \
    X(SSL_free)                                                                                              \
    X(SSL_get0_alpn_selected)                                                                                \
    X(SSL_get1_peer_certificate)                                                                             \
    X(SSL_get_client_random)                                                                                 \
    X(SSL_get_current_cipher)                                                                                \
    X(SSL_get_error)                                                                                         \
    X(SSL_get_ex_data)                                                                                       \
    X(SSL_get_server_random)                                                                                 \
    X(SSL_get_servername)                                                                                    \
    X(SSL_get_session)                                                                                       \
    X(SSL_new)                                                                                               \
    X(SSL_read_ex)                                                                                           \
    X(SSL_select_next_proto)                                                                                 \
    X(SSL_set_accept_state)                                                                                  \
    X(SSL_set_bio)                                                                                           \
    X(SSL_set_ex_data)                                                                                       \
    X(SSL_set_msg_callback)                                                                                  \
    X(SSL_shutdown)                                                                                          \
    X(SSL_version)                                                                                           \
    X(SSL_write_ex)                                                                                          \
    X(TLS_server_method)

namespace tdsfake::tls {

// NOLINTBEGIN(readability-identifier-naming,bugprone-macro-parentheses)
#define TDSFAKE_DECLARE(name) extern decltype(&::name) name;
TDSFAKE_CRYPTO_FUNCTIONS(TDSFAKE_DECLARE)
TDSFAKE_SSL_FUNCTIONS(TDSFAKE_DECLARE)
#undef TDSFAKE_DECLARE
// NOLINTEND(readability-identifier-naming,bugprone-macro-parentheses)

// Before any of them is called. Throws setup_error if this machine has no OpenSSL 3. The configuration file
// of the machine is left out: what a scenario means must not depend on it.
void load_openssl();

// What OpenSSL says of the failure just seen; its queue of errors is empty afterwards.
std::string take_openssl_error();

// OpenSSL's functions return 1 when all is well. Throws setup_error.
void need_ok(int result, const char* what);

struct openssl_deleter {
    void operator()(BIO* it) const { BIO_free(it); }
    void operator()(EVP_CIPHER* it) const { EVP_CIPHER_free(it); }
    void operator()(EVP_CIPHER_CTX* it) const { EVP_CIPHER_CTX_free(it); }
    void operator()(EVP_KDF* it) const { EVP_KDF_free(it); }
    void operator()(EVP_KDF_CTX* it) const { EVP_KDF_CTX_free(it); }
    void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
    void operator()(PKCS8_PRIV_KEY_INFO* it) const { PKCS8_PRIV_KEY_INFO_free(it); }
    void operator()(SSL* it) const { SSL_free(it); }
    void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
    void operator()(X509* it) const { X509_free(it); }
    void operator()(X509_EXTENSION* it) const { X509_EXTENSION_free(it); }
};
template <class T>
using owned = std::unique_ptr<T, openssl_deleter>;

} // namespace tdsfake::tls
