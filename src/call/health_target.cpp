#include "call/health_target.hpp"

#include <utility>

namespace symphony {

namespace {

// Only whether it is a 2xx counts: nobody needs more of the page than this.
constexpr std::size_t longest_page = std::size_t{1} << 20;

error in_health_check(error why) {
    why.message = "health check: " + why.message;
    return why;
}

}  // namespace

std::optional<auth_options> basic_credentials_in(const url& base) {
    if (base.user_info.empty()) return std::nullopt;
    const std::string_view pair = base.user_info.reveal();
    const auto colon = pair.find(':');
    auth_options found;
    found.type = auth_type::basic;
    found.username = pair.substr(0, colon);
    if (colon != std::string_view::npos) found.password = secret(pair.substr(colon + 1));
    return found;
}

std::optional<std::string> health_check_options::problem() const {
    constexpr duration longest = std::chrono::days(1);
    if (timeout <= duration::zero() || timeout > longest) {
        return "timeout must be above 0 and at most a day";
    }
    if (interval && (*interval < std::chrono::milliseconds(10) || *interval > longest)) {
        return "interval must be at least 10 ms and at most a day";
    }
    return std::nullopt;
}

health_target::health_target(const endpoint_options& of,
                             std::shared_ptr<const net::destination> where,
                             std::optional<credentials> identity)
    : options_(*of.health_check),
      interval_(options_.interval_for(of.circuit_breaker->reset_timeout)),
      timeout_(options_.timeout),
      where_(std::move(where)),
      identity_(std::move(identity)),
      fields_({}, identity_ ? identity_->authorization() : std::string_view{}),
      target_(join_target(where_->base, {}, {}).value_or("/")) {}

result<std::shared_ptr<const health_target>> health_target::make(const endpoint_options& of) {
    if (!of.health_check) return nullptr;
    const auto base = url::parse(of.health_check->url);
    if (!base) return std::unexpected(in_health_check(base.error()));
    tls_options tls = of.tls;
    const auto own = url::parse(of.url);
    const bool same_host = own && own->host == base->host;
    if (!same_host) tls.server_name.clear();
    // Credentials go only where they were configured for.
    if (!same_host || !base->is_tls()) tls.identity.reset();
    limit_options limits;
    limits.max_response_bytes = longest_page;
    http_options http = of.http;
    if (!same_host) http.unix_socket.clear();
    auto where = net::destination::make(*base, tls, http, limits);
    if (!where) return std::unexpected(in_health_check(std::move(where.error())));
    std::optional<credentials> identity;
    if (const auto given = basic_credentials_in(*base)) {
        auto made = credentials::make(*given);
        if (!made) return std::unexpected(in_health_check(std::move(made.error())));
        identity = std::move(*made);
    }
    return std::make_shared<const health_target>(of, std::move(*where), std::move(identity));
}

net::wire_request health_target::wire() const noexcept {
    net::wire_request request;
    request.method = "GET";
    request.target = target_;
    request.more_fields = &fields_.all();
    return request;
}

}  // namespace symphony
