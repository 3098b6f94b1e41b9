// Any bytes as a certificate, a PEM file or a server's names: what we say about them is one line of
// printable text of bounded length, and nobody passes for a server whose name is not in there.
#include "net/certificate_words.hpp"
#include "net/tls_context.hpp"
#include "symphony/net/headers.hpp"
#include "symphony/net/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace symphony;
using net::detail::certificate_ptr;
using net::detail::freed_by;
using net::detail::key_ptr;

void require(bool holds) {
    if (!holds) std::abort();
}

// Five names of 253 bytes are the most that is shown.
void require_line(std::string_view text, std::size_t most = 1600) {
    require(!text.empty() && text.size() <= most);
    require(std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; }));
}

std::string_view view(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool stands_for(std::string_view name, std::string_view host) {
    if (iequals(name, host)) return true;
    return name.starts_with("*.") && iequals(name.substr(1), host.substr(host.find('.')));
}

// By hand what OpenSSL decides: byte for byte, so that no NUL ends a name early.
bool names_host(const X509* certificate, std::string_view host, std::string_view address) {
    const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> names(
        static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int type = 0;
        const void* const value =
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
        if (type == GEN_IPADD && !address.empty() &&
            view(static_cast<const ASN1_STRING*>(value)) == address) {
            return true;
        }
        if (type == GEN_DNS && address.empty() &&
            stands_for(view(static_cast<const ASN1_STRING*>(value)), host)) {
            return true;
        }
    }
    if (!address.empty()) return false;
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
        unsigned char* raw = nullptr;
        const int size =
            ASN1_STRING_to_UTF8(&raw, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        const bool found =
            size > 0 &&
            stands_for({reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)}, host);
        OPENSSL_free(raw);
        if (found) return true;
    }
    return false;
}

// What a client checks in a handshake, with this very certificate as one that is trusted.
long verify(SSL* as, X509* certificate) {
    const std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>> store(X509_STORE_new());
    const std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> check(
        X509_STORE_CTX_new());
    if (X509_STORE_add_cert(store.get(), certificate) != 1 ||
        X509_STORE_CTX_init(check.get(), store.get(), certificate, nullptr) != 1) {
        return X509_V_ERR_UNSPECIFIED;
    }
    X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(check.get());
    X509_STORE_CTX_set_default(check.get(), "ssl_server");
    X509_VERIFY_PARAM_set1(rules, SSL_get0_param(as));
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(check.get()) == 1) return X509_V_OK;
    const long verdict = X509_STORE_CTX_get_error(check.get());
    return verdict == X509_V_OK ? X509_V_ERR_UNSPECIFIED : verdict;
}

struct peer {
    std::string name;
    std::string_view address;  // of four bytes, or none
    SSL* connection;
};

std::array<peer, 2> make_peers() {
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    std::array<peer, 2> all{peer{"api.example.test", "", SSL_new(context)},
                            peer{"127.0.0.1", "\x7f\0\0\1", SSL_new(context)}};
    all[1].address = std::string_view("\x7f\0\0\1", 4);
    for (const peer& one : all)
        require(net::expect_tls_server(one.connection, one.name));
    return all;
}

void look_at(X509* certificate) {
    static const std::array<peer, 2> peers = make_peers();
    require_line(net::detail::names_of(certificate));
    require_line(net::detail::date_of(X509_get0_notAfter(certificate)), 20);
    const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain(
        sk_X509_new_null(), [](STACK_OF(X509) * gone) { sk_X509_free(gone); });
    sk_X509_push(chain.get(), certificate);
    for (const peer& one : peers) {
        const long verdict = verify(one.connection, certificate);
        if (verdict == X509_V_OK) require(names_host(certificate, one.name, one.address));
        for (const long said :
             {verdict, long{X509_V_ERR_CERT_HAS_EXPIRED}, long{X509_V_ERR_HOSTNAME_MISMATCH}}) {
            require_line(net::detail::refusal_of(chain.get(), said, one.name));
        }
    }
}

void look_at_pem(std::string text) {
    int seen = 0;
    for (const certificate_ptr& one : net::detail::certificates_in(text)) {
        if (++seen > 3) break;
        look_at(one.get());
    }
    // The name of a file otherwise.
    if (!net::detail::is_pem(text)) return;
    tls_options options;
    options.ca = text;
    tls_identity identity;
    identity.cert = text;
    // A file may ask for any number of rounds of PBKDF2: whoever wrote the configuration waits.
    if (text.find("BEGIN ENCRYPTED") == text.npos) identity.passphrase = secret("pass");
    identity.key = secret(std::move(text));
    if (const auto wrong = identity.problem()) {
        require_line(wrong->message, 200);
    } else {
        options.identity = std::move(identity);
    }
    const auto files = net::detail::tls_files::read(options);
    if (!files) return require_line(files.error().message, 200);
    static X509_STORE* const nobody = X509_STORE_new();
    const auto made = net::detail::make_tls_context(options, *files, nobody);
    if (!made) require_line(made.error().message, 200);
}

// A certificate that is sound but for names and dates.
certificate_ptr make_certificate() {
    certificate_ptr made(X509_new());
    const key_ptr key(EVP_EC_gen("P-256"));
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -86400);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86400);
    X509_set_pubkey(made.get(), key.get());
    require(X509_sign(made.get(), key.get(), EVP_sha256()) != 0);
    return made;
}

std::string_view take(std::string_view& from, std::size_t size) {
    const std::string_view taken = from.substr(0, size);
    from.remove_prefix(taken.size());
    return taken;
}

// Each name: a byte for its kind, one for its length, and the text.
void look_at_names(std::string_view bytes) {
    static const certificate_ptr base = make_certificate();
    const certificate_ptr made(X509_dup(base.get()));
    const std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> names(
        sk_GENERAL_NAME_new_null());
    while (bytes.size() > 2) {
        const auto kind = static_cast<unsigned char>(take(bytes, 1).front());
        const std::string_view text =
            take(bytes, static_cast<unsigned char>(take(bytes, 1).front()));
        const auto* const raw = reinterpret_cast<const unsigned char*>(text.data());
        const int size = static_cast<int>(text.size());
        if (kind == 'c') {
            X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName,
                                       MBSTRING_UTF8, raw, size, -1, 0);
            continue;
        }
        if (kind == 'e') {
            X509_gmtime_adj(X509_getm_notAfter(made.get()), -60);
            continue;
        }
        ASN1_STRING* const value =
            kind == 'i' ? ASN1_OCTET_STRING_new() : ASN1_STRING_type_new(V_ASN1_IA5STRING);
        ASN1_STRING_set(value, raw, size);
        GENERAL_NAME* const name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name,
                                kind == 'i'   ? GEN_IPADD
                                : kind == 'u' ? GEN_URI
                                              : GEN_DNS,
                                value);
        sk_GENERAL_NAME_push(names.get(), name);
    }
    X509_add1_ext_i2d(made.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
    look_at(made.get());
}

}  // namespace

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] % 3 == 0) {
        look_at_pem(std::string(bytes));
    } else if (data[0] % 3 == 1) {
        const unsigned char* raw = data + 1;
        const certificate_ptr made(d2i_X509(nullptr, &raw, static_cast<long>(size - 1)));
        if (made) look_at(made.get());
    } else {
        look_at_names(bytes);
    }
    ERR_clear_error();
    return 0;
}
