#pragma once

#include "symphony/core/result.hpp"
#include "symphony/core/secret.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::net::detail {

template <auto free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        free(object);
    }
};
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

/// Whether `source` is PEM itself, and not the name of a file.
[[nodiscard]] bool is_pem(std::string_view source) noexcept;

/// Tells a file from what was there before without reading it. All zero: there is none.
struct file_stamp {
    std::uint64_t device = 0;
    std::uint64_t node = 0;
    std::int64_t size = 0;
    std::int64_t changed_ns = 0;

    bool operator==(const file_stamp&) const = default;
};
[[nodiscard]] file_stamp stamp_of(const std::string& file) noexcept;

/// What `source` holds. Errors, as a clause without the file's name: "no such file" and so on.
[[nodiscard]] std::expected<secret, std::string> read_pem(std::string_view source);

/// All certificates in a PEM text, in their order; empty when there is none or one is broken.
[[nodiscard]] std::vector<certificate_ptr> certificates_in(std::string_view pem);

/// The first private key of a PEM text, or why there is none.
struct opened_key {
    enum class state : std::uint8_t { opened, absent, needs_passphrase, wrong_passphrase };
    state outcome = state::absent;
    key_ptr key{};
};
[[nodiscard]] opened_key open_key(std::string_view pem, const secret& passphrase);

/// "2026-01-02", in UTC.
[[nodiscard]] std::string date_of(const ASN1_TIME* when);

}  // namespace symphony::net::detail
