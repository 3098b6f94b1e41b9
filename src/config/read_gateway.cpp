#include "config/blocks.hpp"
#include "config/text.hpp"

namespace symphony::detail {

namespace {

// The host of "HOST:PORT", brackets of IPv6 removed; nothing when it is not that.
std::optional<std::string> host_of(std::string_view address) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = to_integer(address.substr(colon + 1));
    if (!port || *port < 0 || *port > 65'535) return std::nullopt;
    std::string_view host = address.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || host.size() > 253 || host.find_first_of("[]/@ ") != std::string::npos) {
        return std::nullopt;
    }
    if (!bracketed && host.find(':') != std::string_view::npos) return std::nullopt;
    return std::string(host);
}

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host == "::1") return true;
    // "127.evil.example" begins like an address of the machine itself, and is none.
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

std::optional<std::string> read_address(const object& block, std::string_view key,
                                        std::string& target) {
    const auto at = block.get(key);
    if (!at) return host_of(target);
    auto text = at->shown_text();
    if (!text) return std::nullopt;
    auto host = host_of(*text);
    if (!host) at->wrong("must be HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080");
    target = std::move(*text);
    return host;
}

}  // namespace

gateway_options read_gateway(const cursor& at) {
    const object block(
        at,
        {{"listen"}, {"admin"}, {"adminToken"}, {"drainTimeout"}, {"maxRequestBytes"}, {"tls"}});
    gateway_options options;
    (void)read_address(block, "listen", options.listen);
    const auto admin = read_address(block, "admin", options.admin);
    const auto token = block.get("adminToken");
    if (token) {
        if (auto text = token->hidden()) {
            options.admin_token = std::move(*text);
            if (options.admin_token.empty()) token->wrong("must not be empty");
        }
    }
    if (admin && !is_loopback(*admin) && !token) {
        block.get("admin")->wrong("not a loopback address: 'adminToken' is required");
    }
    if (const auto tls = block.get("tls")) options.tls = read_server_tls(*tls);
    block.into(options.drain_timeout, "drainTimeout",
               [](const cursor& c) { return c.time({duration::zero(), std::chrono::hours(24)}); });
    block.into(options.max_request_bytes, "maxRequestBytes", [](const cursor& c) {
        constexpr std::int64_t tebibyte = std::int64_t{1} << 40;
        return c.integer<std::uint64_t>(1, tebibyte);
    });
    return options;
}

log_options read_log(const cursor& at) {
    const object block(at, {{"level"}, {"format"}});
    log_options options;
    if (const auto level = block.get("level")) {
        if (const auto which =
                level->choice({{"trace"}, {"debug"}, {"info"}, {"warn"}, {"error"}})) {
            options.level = static_cast<severity>(*which);
        }
    }
    if (const auto format = block.get("format")) {
        if (const auto which = format->choice({{"text"}, {"json"}})) {
            options.format = static_cast<log_format>(*which);
        }
    }
    return options;
}

}  // namespace symphony::detail
