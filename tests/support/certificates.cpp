#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace symphony::test_support {

namespace {

template <auto free>
struct freed {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed<X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, freed<std::fclose>>;

void demand(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("certificates: ") + what);
}

void add_extension(X509* to, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const extension_ptr made(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    demand(made && X509_add_ext(to, made.get(), -1) == 1, value.c_str());
}

x509_ptr make_certificate(EVP_PKEY* key, const std::string& name, int serial, validity valid) {
    constexpr long day = 24L * 60 * 60;
    x509_ptr made(X509_new());
    demand(made && X509_set_version(made.get(), X509_VERSION_3) == 1, "new");
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), valid.from * day);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), valid.to * day);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    demand(X509_set_pubkey(made.get(), key) == 1, "public key");
    return made;
}

void write(const std::filesystem::path& path, auto save) {
    const file_ptr file(std::fopen(path.c_str(), "w"));
    demand(file && save(file.get()) == 1, path.c_str());
}

void write_certificate(const std::filesystem::path& path, X509* what) {
    write(path, [&](std::FILE* to) { return PEM_write_X509(to, what); });
}

}  // namespace

struct throwaway_ca::keys {
    key_ptr key{EVP_EC_gen("P-256")};
    x509_ptr certificate;
};

throwaway_ca::throwaway_ca() : keys_(std::make_unique<keys>()) {
    demand(keys_->key != nullptr, "key");
    keys_->certificate = make_certificate(keys_->key.get(), "Throw-away CA", 1, {-1000, 1});
    X509* const self = keys_->certificate.get();
    X509_set_issuer_name(self, X509_get_subject_name(self));
    add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(self, self, NID_subject_key_identifier, "hash");
    demand(X509_sign(self, keys_->key.get(), EVP_sha256()) > 0, "signature");
    write_certificate(file(), self);
}

throwaway_ca::~throwaway_ca() = default;

std::string throwaway_ca::file() const {
    return directory_.path() / "ca.pem";
}

certificate_files throwaway_ca::issue(const std::string& names, validity valid) {
    const int serial = 2 + issued_++;
    const key_ptr key(EVP_EC_gen("P-256"));
    demand(key != nullptr, "key");
    const x509_ptr made = make_certificate(key.get(), "Throw-away server", serial, valid);
    X509* const issuer = keys_->certificate.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    add_extension(made.get(), issuer, NID_subject_alt_name, names);
    add_extension(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
    demand(X509_sign(made.get(), keys_->key.get(), EVP_sha256()) > 0, "signature");

    const std::filesystem::path base = directory_.path() / std::to_string(serial);
    certificate_files files{base.string() + ".pem", base.string() + ".key"};
    write_certificate(files.certificate, made.get());
    write(files.key, [&](std::FILE* to) {
        return PEM_write_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return files;
}

}  // namespace symphony::test_support
