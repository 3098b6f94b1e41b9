#include "symphony/net/proxy.hpp"

#include "net/no_proxy.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace symphony {

namespace {

std::optional<std::string> first_of(const environment& variables,
                                    std::initializer_list<std::string_view> names) {
    if (!variables) return std::nullopt;
    for (const std::string_view name : names) {
        if (auto value = variables(name)) return value;
    }
    return std::nullopt;
}

secret as_secret(std::optional<std::string> text) {
    return text ? secret(std::move(*text)) : secret();
}

}  // namespace

proxy_options proxy_options::from(const environment& variables) {
    proxy_options found;
    found.https = as_secret(first_of(variables, {"https_proxy", "HTTPS_PROXY"}));
    found.http = as_secret(first_of(variables, {"http_proxy", "HTTP_PROXY"}));
    found.except = first_of(variables, {"no_proxy", "NO_PROXY"}).value_or("");
    return found;
}

std::optional<std::string> proxy_options::problem_for(const url& destination) const {
    const auto chosen = net::proxy_for(destination, *this);
    if (chosen) return std::nullopt;
    return chosen.error().message;
}

namespace net {

namespace {

// RFC 7617. The password may hold any text but control characters; a user alone has an empty one.
result<secret> basic_credentials(std::string_view user_info) {
    const bool has_control =
        std::ranges::any_of(user_info, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (has_control) {
        return fail(error_kind::invalid_request,
                    "the credentials for the proxy hold a control character");
    }
    std::string pair(user_info);
    if (pair.find(':') == std::string::npos) pair += ':';
    const secret wiped_pair(std::move(pair));
    const std::string_view text = wiped_pair.reveal();
    std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(size));
    const secret wiped(std::move(encoded));
    std::string value;
    value.reserve(6 + wiped.reveal().size());
    value.append("Basic ").append(wiped.reveal());
    return secret(std::move(value));
}

result<proxy_server> parse_proxy(std::string_view given) {
    constexpr const char* form = "a proxy is given as http://[user:password@]host[:port]";
    std::string text(given);
    if (text.find("://") == std::string::npos) text.insert(0, "http://");
    const secret whole(std::move(text));
    const auto parsed = url::parse(whole.reveal());
    if (!parsed || parsed->path != "/" || parsed->has_query) {
        return fail(error_kind::invalid_request, form);
    }
    if (parsed->scheme != "http") {
        return fail(error_kind::invalid_request,
                    "a proxy is reached over http:// only in this version");
    }
    proxy_server made;
    made.host = parsed->host;
    made.port = parsed->port;
    made.authority =
        fmt::format(fmt::runtime(made.host.find(':') == std::string::npos ? "{}:{}" : "[{}]:{}"),
                    made.host, made.port);
    if (!parsed->user_info.empty()) {
        auto credentials = basic_credentials(parsed->user_info.reveal());
        if (!credentials) return std::unexpected(std::move(credentials.error()));
        made.authorization = std::move(*credentials);
    }
    return made;
}

}  // namespace

result<std::optional<proxy_server>> proxy_for(const url& destination,
                                              const proxy_options& options) {
    const secret& given = destination.is_tls() ? options.https : options.http;
    if (given.empty()) return std::nullopt;
    if (detail::is_excepted(options.except, destination.host, destination.port)) {
        return std::nullopt;
    }
    auto parsed = parse_proxy(given.reveal());
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    return std::move(*parsed);
}

}  // namespace net

}  // namespace symphony
