#include "net/tls_files.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <span>

namespace symphony::net::detail {

namespace {

using fault = tls_identity::fault;

// The name of a file that is there is no secret; what is no file may be a key in the wrong form.
std::string in_file(std::string_view source) {
    if (is_pem(source) || stamp_of(std::string(source)) == file_stamp()) return {};
    return fmt::format(" (file {})", source);
}

fault at(std::string_view member, std::string_view source, std::string_view what) {
    return {member, fmt::format("{}{}", what, in_file(source))};
}

std::expected<secret, fault> read_source(std::string_view member, std::string_view source) {
    if (source.empty()) return std::unexpected(fault{member, "must not be empty"});
    auto text = read_pem(source);
    if (!text) return std::unexpected(at(member, source, text.error()));
    return std::move(*text);
}

fault about_key(const tls_identity& from, opened_key::state outcome) {
    const std::string_view source = from.key.reveal();
    switch (outcome) {
        case opened_key::state::needs_passphrase:
            return at("passphrase", source, "the private key is encrypted: give its passphrase");
        case opened_key::state::wrong_passphrase:
            return at("passphrase", source, "the passphrase does not open the private key");
        default:
            return at("key", source, "no usable PEM private key in it");
    }
}

error as_error(const fault& wrong) {
    return {error_kind::tls_failed,
            fmt::format("the certificate's {}: {}", wrong.member, wrong.message)};
}

}  // namespace

std::expected<opened_identity, fault> open_identity(const tls_identity& from,
                                                    std::string_view cert_pem,
                                                    std::string_view key_pem) {
    opened_identity opened;
    opened.chain = certificates_in(cert_pem);
    if (opened.chain.empty()) {
        return std::unexpected(
            at("cert", from.cert, "no PEM certificate in it, or one that is broken"));
    }
    opened_key key = open_key(key_pem, from.passphrase);
    if (!key.key) return std::unexpected(about_key(from, key.outcome));
    if (X509_check_private_key(opened.chain.front().get(), key.key.get()) != 1) {
        return std::unexpected(at("key", from.key.reveal(),
                                  "the private key does not belong to the certificate, of which "
                                  "the client's own has to come first"));
    }
    opened.key = std::move(key.key);
    return opened;
}

std::string ca_in_words(const tls_options& options) {
    return is_pem(options.ca) ? "the CA's PEM text" : "the CA file " + options.ca;
}

result<tls_files> tls_files::read(const tls_options& options) {
    tls_files files;
    if (!options.ca.empty()) {
        auto text = read_pem(options.ca);
        if (!text) {
            return fail(error_kind::tls_failed,
                        fmt::format("{} cannot be used: {}", ca_in_words(options), text.error()));
        }
        files.ca = std::move(*text);
    }
    if (options.identity) {
        auto cert = read_source("cert", options.identity->cert);
        if (!cert) return std::unexpected(as_error(cert.error()));
        auto key = read_source("key", options.identity->key.reveal());
        if (!key) return std::unexpected(as_error(key.error()));
        files.cert = std::move(*cert);
        files.key = std::move(*key);
    }
    return files;
}

std::uint64_t tls_files::revision() const {
    const std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>> sum(EVP_MD_CTX_new());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    EVP_DigestInit_ex(sum.get(), EVP_sha256(), nullptr);
    for (const secret* const text : {&ca, &cert, &key}) {
        const std::size_t size = text->reveal().size();
        EVP_DigestUpdate(sum.get(), &size, sizeof size);
        EVP_DigestUpdate(sum.get(), text->reveal().data(), size);
    }
    EVP_DigestFinal_ex(sum.get(), digest.data(), nullptr);
    std::uint64_t begin = 0;
    std::memcpy(&begin, digest.data(), sizeof begin);
    return begin;
}

}  // namespace symphony::net::detail

namespace symphony {

std::optional<tls_identity::fault> tls_identity::problem() const {
    const auto cert_pem = net::detail::read_source("cert", cert);
    if (!cert_pem) return cert_pem.error();
    const auto key_pem = net::detail::read_source("key", key.reveal());
    if (!key_pem) return key_pem.error();
    const auto opened = net::detail::open_identity(*this, cert_pem->reveal(), key_pem->reveal());
    if (!opened) return opened.error();
    return std::nullopt;
}

}  // namespace symphony
