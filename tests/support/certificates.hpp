#pragma once

#include "support/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace symphony::test_support {

/// PEM files a server starts with.
struct certificate_files {
    std::string certificate;
    std::string key;
};

/// When a certificate is valid, in days from now.
struct validity {
    int from = -1;
    int to = 1;
};

enum class key_kind : std::uint8_t { ec, rsa };

/// How a private key is written down.
struct key_form {
    bool traditional = false;  ///< PKCS#1 or SEC1, not PKCS#8
    std::string passphrase{};  ///< empty: in the clear
};

/// Writes the key of a PEM file in another form, to a file beside it.
[[nodiscard]] std::string rewrite_key(const std::string& file, const key_form& form);
/// What a file holds.
[[nodiscard]] std::string content_of(const std::string& file);
/// Writes a file in place, or puts another in its place.
void write_file(const std::string& file, const std::string& content);
void swap_file(const std::string& file, const std::string& content);

/// A certificate authority that nobody knows, gone with the test. Throws std::runtime_error when
/// OpenSSL refuses.
class throwaway_ca {
public:
    throwaway_ca();
    /// One that `issuer` vouches for.
    explicit throwaway_ca(const throwaway_ca& issuer, const std::string& name);
    ~throwaway_ca();
    throwaway_ca(const throwaway_ca&) = delete;
    throwaway_ca& operator=(const throwaway_ca&) = delete;

    /// Its own certificate: what a client has to trust.
    [[nodiscard]] std::string file() const;
    /// Itself, with its key: for a server that shows a certificate nobody else has signed.
    [[nodiscard]] certificate_files own() const;
    /// A server certificate. `names` as OpenSSL writes them: "DNS:a.test,IP:127.0.0.1".
    [[nodiscard]] certificate_files issue(const std::string& names, validity valid = {});
    /// A client's certificate, with `name` as its common name.
    [[nodiscard]] certificate_files issue_client(const std::string& name, validity valid = {},
                                                 key_kind kind = key_kind::ec);

private:
    struct keys;
    [[nodiscard]] certificate_files issue(const std::string& common_name, const std::string& names,
                                          validity valid, key_kind kind);
    temporary_directory directory_;
    std::unique_ptr<keys> keys_;
    int issued_ = 0;
};

}  // namespace symphony::test_support
