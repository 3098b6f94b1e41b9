#pragma once

#include "net/pem.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/net_options.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace symphony::net::detail {

/// A client's certificate with its key, proven to belong together.
struct opened_identity {
    std::vector<certificate_ptr> chain{};  ///< the client's own first
    key_ptr key{};
};
[[nodiscard]] std::expected<opened_identity, tls_identity::fault> open_identity(
    const tls_identity& from, std::string_view cert_pem, std::string_view key_pem);

/// "the CA file ca.pem"; of PEM itself not a word is repeated.
[[nodiscard]] std::string ca_in_words(const tls_options& options);

/// What the sources of a `tls_options` hold at one moment: read once, so that what is judged is
/// what is used.
struct tls_files {
    /// Errors: `tls_failed` naming the file.
    [[nodiscard]] static result<tls_files> read(const tls_options& options);
    /// Tells contents apart; the same for the same ones.
    [[nodiscard]] std::uint64_t revision() const;

    secret ca{};  ///< empty: none was asked for
    secret cert{};
    secret key{};
};

}  // namespace symphony::net::detail
