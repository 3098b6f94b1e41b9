#include "config/blocks.hpp"

#include <algorithm>

namespace symphony::detail {

namespace {

struct credentials {
    std::optional<cursor> username{};
    std::optional<cursor> password{};
    std::optional<cursor> token{};
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
}

// What stands in credentials of no known type is still looked at: all faults come at once.
void expand_only(const credentials& given) {
    for (const auto& value : {given.username, given.password, given.token}) {
        if (value) static_cast<void>(value->hidden());
    }
}

}  // namespace

auth_options read_auth(const cursor& at) {
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
    auth_options options;
    credentials given;
    if (const auto inner = block.get("credentials")) {
        const object fields(*inner,
                            {{"username"}, {"password"}, {"token"}, unavailable("certificate")},
                            object::secrecy::secret);
        given = {fields.get("username"), fields.get("password"), fields.get("token")};
    }
    const auto type = block.require("type");
    const auto which = type ? type->choice({{"basic"},
                                            {"bearer"},
                                            unavailable("oauth2"),
                                            unavailable("jwt"),
                                            unavailable("mtls")})
                            : std::nullopt;
    if (!which) {
        expand_only(given);
        return options;
    }
    options.type = *which == 0 ? auth_type::basic : auth_type::bearer;
    if (options.type == auth_type::basic) {
        read_basic(at, given, options);
    } else {
        read_bearer(at, given, options);
    }
    return options;
}

}  // namespace symphony::detail
