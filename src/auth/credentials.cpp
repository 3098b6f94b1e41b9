#include "symphony/auth/credentials.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <string>

namespace symphony {

namespace {

// Visible ASCII only: a credential with a control character or a line break is a copy-paste
// accident or an attempt to inject a header.
bool is_field_text(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

// User names and passwords may hold any text but control characters: it is sent as base64.
bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string base64(std::string_view text) {
    std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

constexpr std::size_t max_credential_bytes = 16 * 1024;

result<secret> basic(const auth_options& options) {
    if (options.username.empty()) {
        return fail(error_kind::auth_failed, "basic credentials need a username");
    }
    if (options.username.find(':') != std::string::npos) {
        return fail(error_kind::auth_failed, "a username must not hold ':' (RFC 7617)");
    }
    const std::string_view password = options.password.reveal();
    if (has_control(options.username) || has_control(password)) {
        return fail(error_kind::auth_failed, "basic credentials hold a control character");
    }
    if (options.username.size() + password.size() > max_credential_bytes) {
        return fail(error_kind::auth_failed, "basic credentials are longer than 16 KiB");
    }
    std::string pair;
    pair.reserve(options.username.size() + 1 + password.size());
    pair.append(options.username).append(":").append(password);
    secret wiped_pair(std::move(pair));
    std::string encoded = base64(wiped_pair.reveal());
    std::string value;
    value.reserve(6 + encoded.size());
    value.append("Basic ").append(encoded);
    secret wiped_encoded(std::move(encoded));
    return secret(std::move(value));
}

result<secret> bearer(const auth_options& options) {
    const std::string_view token = options.token.reveal();
    if (token.empty()) return fail(error_kind::auth_failed, "bearer credentials need a token");
    if (!is_field_text(token)) {
        return fail(error_kind::auth_failed,
                    "the bearer token holds a space, a control or a non-ASCII character");
    }
    if (token.size() > max_credential_bytes) {
        return fail(error_kind::auth_failed, "the bearer token is longer than 16 KiB");
    }
    std::string value;
    value.reserve(7 + token.size());
    value.append("Bearer ").append(token);
    return secret(std::move(value));
}

}  // namespace

result<credentials> credentials::make(const auth_options& options) {
    result<secret> value = options.type == auth_type::basic ? basic(options) : bearer(options);
    if (!value) return std::unexpected(std::move(value.error()));
    credentials made;
    made.value_ = std::move(*value);
    return made;
}

}  // namespace symphony
