#include "config/blocks.hpp"
#include "config/expand.hpp"

#include <algorithm>

namespace symphony::detail {

namespace {

struct credentials {
    std::optional<cursor> username{};
    std::optional<cursor> password{};
    std::optional<cursor> token{};
    std::optional<cursor> certificate{};
};

// None of the messages here repeats any value.
void read_basic(const cursor& at, const credentials& given, auth_options& options) {
    if (!given.username) {
        at.incomplete("'type: basic' needs 'credentials.username'");
    } else if (auto name = given.username->text()) {
        options.username = std::move(*name);
        if (options.username.find(':') != std::string::npos) {
            given.username->wrong("must not contain ':'");
        }
        if (options.username.empty()) given.username->wrong("must not be empty");
        if (!is_valid_header("authorization", options.username)) {
            given.username->wrong("must not contain control characters");
        }
    }
    if (given.password) {
        if (auto password = given.password->hidden()) options.password = std::move(*password);
    }
    if (given.token) given.token->incomplete("goes with 'type: bearer' only");
    if (given.certificate) given.certificate->incomplete("goes with 'type: mtls' only");
}

// RFC 6750, 2.1: b64token.
bool is_token(std::string_view text) {
    const auto end = text.find_last_not_of('=');
    if (end == std::string_view::npos) return false;
    return std::ranges::all_of(text.substr(0, end + 1), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~+/").find(c) != std::string_view::npos;
    });
}

void read_bearer(const cursor& at, const credentials& given, auth_options& options) {
    if (!given.token) {
        at.incomplete("'type: bearer' needs 'credentials.token'");
    } else if (auto token = given.token->hidden()) {
        if (token->empty()) {
            given.token->wrong("must not be empty");
        } else if (!is_token(token->reveal())) {
            given.token->wrong(
                "holds characters that a bearer token cannot have (RFC 6750: "
                "letters, digits, '-._~+/', '=' at the end)");
        }
        options.token = std::move(*token);
    }
    if (given.username) given.username->incomplete("goes with 'type: basic' only");
    if (given.password) given.password->incomplete("goes with 'type: basic' only");
    if (given.certificate) given.certificate->incomplete("goes with 'type: mtls' only");
}

// The name of a file next to the configuration, or PEM itself.
std::string source_of(const cursor& at, std::string text) {
    return text.starts_with("-----BEGIN") || text.empty()
               ? std::move(text)
               : resolve_path(at.context().directory(), text);
}

void read_mtls(const cursor& at, const credentials& given, tls_identity& identity) {
    for (const auto& other : {given.username, given.password, given.token}) {
        if (other) other->incomplete("does not go with 'type: mtls'");
    }
    if (!given.certificate) {
        at.incomplete("'type: mtls' needs 'credentials.certificate' with 'cert' and 'key'");
        return;
    }
    const object block(*given.certificate, {{"cert"}, {"key"}, {"passphrase"}},
                       object::secrecy::secret);
    read_certificate(block, identity);
}

// What stands in credentials of no known type is still looked at: all faults come at once.
void expand_only(const credentials& given) {
    for (const auto& value : {given.username, given.password, given.token}) {
        if (value) static_cast<void>(value->hidden());
    }
    if (!given.certificate) return;
    const object block(*given.certificate, {{"cert"}, {"key"}, {"passphrase"}},
                       object::secrecy::secret);
    for (const char* const name : {"cert", "key", "passphrase"}) {
        if (const auto value = block.get(name)) static_cast<void>(value->hidden());
    }
}

}  // namespace

// What is wrong with the files is said here, where they are named.
void read_certificate(const object& block, tls_identity& identity) {
    const auto cert = block.require("cert");
    const auto key = block.require("key");
    const auto passphrase = block.get("passphrase");
    auto cert_source = cert ? cert->text() : std::nullopt;
    const auto key_source = key ? key->hidden() : std::nullopt;
    const auto opens = passphrase ? passphrase->hidden() : secret();
    if (!cert_source || !key_source || !opens) return;
    identity.cert = source_of(*cert, std::move(*cert_source));
    identity.key = secret(source_of(*key, std::string(key_source->reveal())));
    identity.passphrase = *opens;
    if (const auto wrong = identity.problem()) {
        const cursor& where = wrong->member == "cert"                       ? *cert
                              : wrong->member == "passphrase" && passphrase ? *passphrase
                                                                            : *key;
        where.wrong(wrong->message);
    }
}

read_identity read_auth(const cursor& at) {
    const object block(at,
                       {{"type"},
                        {"credentials"},
                        unavailable("oauth2"),
                        unavailable("jwt"),
                        unavailable("mtls"),
                        unavailable("refreshToken"),
                        unavailable("retryOnAuthFailure"),
                        unavailable("federation"),
                        unavailable("caching")},
                       object::secrecy::secret);
    read_identity made;
    credentials given;
    if (const auto inner = block.get("credentials")) {
        const object fields(*inner, {{"username"}, {"password"}, {"token"}, {"certificate"}},
                            object::secrecy::secret);
        given = {fields.get("username"), fields.get("password"), fields.get("token"),
                 fields.get("certificate")};
    }
    const auto type = block.require("type");
    const auto which =
        type ? type->choice(
                   {{"basic"}, {"bearer"}, {"mtls"}, unavailable("oauth2"), unavailable("jwt")})
             : std::nullopt;
    if (!which) {
        expand_only(given);
    } else if (*which == 2) {
        read_mtls(at, given, made.certificate.emplace());
    } else if (*which == 0) {
        made.auth.emplace().type = auth_type::basic;
        read_basic(at, given, *made.auth);
    } else {
        made.auth.emplace().type = auth_type::bearer;
        read_bearer(at, given, *made.auth);
    }
    return made;
}

}  // namespace symphony::detail
