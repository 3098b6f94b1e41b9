#include "config/blocks.hpp"
#include "config/expand.hpp"
#include "symphony/core/url.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace symphony::detail {

namespace {

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

// Enough to catch a wrong path before anything starts; the certificates are parsed when used.
std::string wrong_with_ca(const std::string& path) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return "no such file";
    std::ifstream in(path, std::ios::binary);
    if (!in) return "the file cannot be read";
    std::string text(std::size_t{1} << 20, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    const bool pem = text.find("-----BEGIN CERTIFICATE-----") != std::string::npos ||
                     text.find("-----BEGIN TRUSTED CERTIFICATE-----") != std::string::npos;
    return pem ? "" : "the file holds no PEM certificate";
}

// It may hold a password: no message repeats any of it.
std::optional<proxy_options> read_proxy(const cursor& at) {
    const auto given = at.hidden();
    if (!given) return std::nullopt;
    if (given->equals("none")) return proxy_options();
    proxy_options proxy = proxy_options::to(*given);
    url anywhere;
    anywhere.scheme = "http";
    if (given->empty()) {
        at.wrong("must be the URL of a proxy, or 'none'");
    } else if (auto wrong = proxy.problem_for(anywhere)) {
        at.wrong(std::move(*wrong));
    } else if (const auto masked = at.masked_text()) {
        const auto parsed = url::parse(given->reveal());
        const auto shown = url::parse(*masked);
        const bool same = parsed && shown && parsed->origin() == shown->origin();
        if (!same) at.wrong(std::string(secret_host));
    }
    return proxy;
}

void read_connections(const object& block, http_options& options) {
    block.into(options.max_connections, "maxConnections",
               [](const cursor& c) { return c.integer<std::size_t>(1, 65'535); });
    const auto warm = block.get("warmConnections");
    if (!warm) return;
    const auto count = warm->integer<std::size_t>(0, 65'535);
    if (!count) return;
    if (*count > options.max_connections) {
        warm->wrong(
            fmt::format("must not be more than 'maxConnections' ({})", options.max_connections));
    }
    options.warm_connections = *count;
}

void read_times(const object& block, http_options& options) {
    const auto time = [](const cursor& c) { return c.time(); };
    block.into(options.idle_timeout, "idleTimeout", time);
    block.into(options.connect_timeout, "connectTimeout", time);
    block.into(options.resolve_timeout, "resolveTimeout", time);
    block.into(options.tls_timeout, "tlsTimeout", time);
    block.into(options.first_byte_timeout, "firstByteTimeout", time);
    block.into(options.between_bytes_timeout, "betweenBytesTimeout", time);
}

redirect_options read_redirects(const object& block) {
    redirect_options options;
    if (const auto which = block.get("redirects")) {
        if (const auto policy = which->choice({{"none"}, {"same-origin"}, {"any"}})) {
            options.follow = static_cast<redirect_policy>(*policy);
        }
    }
    block.into(options.max, "maxRedirects",
               [](const cursor& c) { return c.integer<std::uint32_t>(1, 50); });
    return options;
}

std::optional<std::string> read_least_version(const cursor& at) {
    const auto which = at.choice({{"1.2"}, {"1.3"}});
    if (!which) return std::nullopt;
    return *which == 0 ? "1.2" : "1.3";
}

}  // namespace

std::optional<std::string> read_authorities(const cursor& at) {
    const auto path = at.text();
    if (!path) return std::nullopt;
    std::string file = resolve_path(at.context().directory(), *path);
    const std::string problem = path->empty() ? "must not be empty" : wrong_with_ca(file);
    if (!problem.empty()) at.wrong(problem);
    return file;
}

tls_options read_tls(const cursor& at) {
    const object block(at, {{"ca"}, {"serverName"}, {"minVersion"}});
    tls_options options;
    block.into(options.ca, "ca", read_authorities);
    if (const auto name = block.get("serverName")) {
        if (auto text = name->shown_text()) {
            options.server_name = std::move(*text);
            const bool host = !options.server_name.empty() && options.server_name.size() <= 253 &&
                              options.server_name.find_first_of(" /:@\t\r\n") == std::string::npos;
            if (!host) name->wrong("must be a host name");
        }
    }
    block.into(options.min_version, "minVersion", read_least_version);
    return options;
}

server_tls_options read_server_tls(const cursor& at) {
    const object block(at, {{"cert"}, {"key"}, {"passphrase"}, {"clientCa"}, {"minVersion"}},
                       object::secrecy::secret);
    server_tls_options options;
    read_certificate(block, options.identity);
    block.into(options.client_ca, "clientCa", read_authorities);
    block.into(options.min_version, "minVersion", read_least_version);
    return options;
}

read_transport read_http(const cursor& at) {
    const object block(at, {{"version"},
                            {"maxConnections"},
                            {"warmConnections"},
                            {"idleTimeout"},
                            {"connectTimeout"},
                            {"resolveTimeout"},
                            {"tlsTimeout"},
                            {"firstByteTimeout"},
                            {"betweenBytesTimeout"},
                            {"decompress"},
                            {"expectContinue"},
                            {"proxy"},
                            {"unixSocket"},
                            {"redirects"},
                            {"maxRedirects"}});
    http_options options;
    options.proxy = proxy_options::from(at.context().env());
    block.into(options.proxy, "proxy", read_proxy);
    if (const auto path = block.get("unixSocket")) {
        if (auto text = path->text()) {
            if (text->empty()) path->wrong("must not be empty");
            if (block.get("proxy")) path->wrong("goes without 'proxy'");
            options.unix_socket = resolve_path(at.context().directory(), *text);
            options.proxy = {};
            if (options.unix_socket.size() > http_options::longest_socket_path) {
                path->wrong(fmt::format("a path of at most {} bytes, from the root on",
                                        http_options::longest_socket_path));
            }
        }
    }
    if (const auto version = block.get("version")) {
        if (const auto which = version->choice({{"auto"}, {"1.1"}, {"2"}})) {
            options.version = static_cast<http_version>(*which);
        }
    }
    read_connections(block, options);
    read_times(block, options);
    const auto yes_or_no = [](const cursor& c) -> std::optional<bool> {
        const auto which = c.choice({{"true"}, {"false"}});
        if (!which) return std::nullopt;
        return *which == 0;
    };
    block.into(options.decompress, "decompress", yes_or_no);
    block.into(options.expect_continue, "expectContinue", yes_or_no);
    return {std::move(options), read_redirects(block)};
}

limit_options read_limits(const cursor& at) {
    const object block(at, {{"maxResponseBytes"}, {"maxHeaderBytes"}, {"maxDecodedRatio"}});
    limit_options options;
    block.into(options.max_response_bytes, "maxResponseBytes",
               [](const cursor& c) { return c.integer<std::size_t>(1, 64 * gibibyte); });
    block.into(options.max_header_bytes, "maxHeaderBytes",
               [](const cursor& c) { return c.integer<std::size_t>(1024, gibibyte); });
    block.into(options.max_decoded_ratio, "maxDecodedRatio",
               [](const cursor& c) { return c.integer<std::uint64_t>(0, 1'000'000); });
    return options;
}

}  // namespace symphony::detail
