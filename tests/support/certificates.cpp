#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <fstream>
#include <iterator>
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
    explicit keys(const std::string& name) {
        demand(key != nullptr, "key");
        certificate = make_certificate(key.get(), name, 1, {-1000, 1});
        X509* const self = certificate.get();
        add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(self, self, NID_subject_key_identifier, "hash");
    }
    key_ptr key{EVP_EC_gen("P-256")};
    x509_ptr certificate;
};

throwaway_ca::throwaway_ca() : keys_(std::make_unique<keys>("Throw-away CA")) {
    X509* const self = keys_->certificate.get();
    X509_set_issuer_name(self, X509_get_subject_name(self));
    demand(X509_sign(self, keys_->key.get(), EVP_sha256()) > 0, "signature");
    write_certificate(file(), self);
}

throwaway_ca::throwaway_ca(const throwaway_ca& issuer, const std::string& name)
    : keys_(std::make_unique<keys>(name)) {
    X509* const self = keys_->certificate.get();
    X509_set_issuer_name(self, X509_get_subject_name(issuer.keys_->certificate.get()));
    demand(X509_sign(self, issuer.keys_->key.get(), EVP_sha256()) > 0, "signature");
    write_certificate(file(), self);
}

throwaway_ca::~throwaway_ca() = default;

std::string throwaway_ca::file() const {
    return directory_.path() / "ca.pem";
}

certificate_files throwaway_ca::own() const {
    const std::string key = directory_.path() / "ca.key";
    write(key, [&](std::FILE* to) {
        return PEM_write_PrivateKey(to, keys_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return {file(), key};
}

certificate_files throwaway_ca::issue(const std::string& names, validity valid) {
    return issue("Throw-away server", names, valid, key_kind::ec);
}

certificate_files throwaway_ca::issue_client(const std::string& name, validity valid,
                                             key_kind kind) {
    return issue(name, {}, valid, kind);
}

certificate_files throwaway_ca::issue(const std::string& common_name, const std::string& names,
                                      validity valid, key_kind kind) {
    const int serial = 2 + issued_++;
    const key_ptr key(kind == key_kind::ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048U));
    demand(key != nullptr, "key");
    const x509_ptr made = make_certificate(key.get(), common_name, serial, valid);
    X509* const issuer = keys_->certificate.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
    if (!names.empty()) add_extension(made.get(), issuer, NID_subject_alt_name, names);
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

std::string rewrite_key(const std::string& file, const key_form& form) {
    const file_ptr from(std::fopen(file.c_str(), "r"));
    const key_ptr key(from ? PEM_read_PrivateKey(from.get(), nullptr, nullptr, nullptr) : nullptr);
    demand(key != nullptr, file.c_str());
    const std::string name =
        file + (form.traditional ? ".old" : ".pkcs8") + (form.passphrase.empty() ? "" : ".locked");
    const EVP_CIPHER* const cipher = form.passphrase.empty() ? nullptr : EVP_aes_256_cbc();
    std::string phrase = form.passphrase;
    write(name, [&](std::FILE* to) {
        const auto* const bytes = reinterpret_cast<const unsigned char*>(phrase.data());
        const int size = static_cast<int>(phrase.size());
        if (!form.traditional) {
            return PEM_write_PKCS8PrivateKey(to, key.get(), cipher, phrase.data(), size, nullptr,
                                             nullptr);
        }
        const std::unique_ptr<BIO, freed<BIO_free_all>> out(BIO_new_fp(to, BIO_NOCLOSE));
        return PEM_write_bio_PrivateKey_traditional(out.get(), key.get(), cipher, bytes, size,
                                                    nullptr, nullptr);
    });
    return name;
}

std::string content_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& file, const std::string& content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

void swap_file(const std::string& file, const std::string& content) {
    write_file(file + ".new", content);
    std::filesystem::rename(file + ".new", file);
}

}  // namespace symphony::test_support
