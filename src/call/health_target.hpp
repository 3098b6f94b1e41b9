#pragma once

#include "call/outgoing.hpp"
#include "symphony/auth/credentials.hpp"
#include "symphony/call/endpoint_options.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/transport.hpp"

#include <memory>
#include <optional>
#include <string>

namespace symphony {

/// A user name in a URL stands for basic credentials.
[[nodiscard]] std::optional<auth_options> basic_credentials_in(const url& base);

/// Where an endpoint's health is asked for, ready to be sent. Immutable.
class health_target {
public:
    /// Null without a health check. The endpoint's TLS settings hold for it as well, a client
    /// certificate on the same host only. Its other credentials do not: they are sent nowhere else.
    /// Errors: as for an endpoint's URL.
    [[nodiscard]] static result<std::shared_ptr<const health_target>> make(
        const endpoint_options& of);

    [[nodiscard]] net::wire_request wire() const noexcept;
    [[nodiscard]] const std::shared_ptr<const net::destination>& where() const noexcept {
        return where_;
    }
    [[nodiscard]] duration interval() const noexcept { return interval_; }
    [[nodiscard]] duration timeout() const noexcept { return timeout_; }
    [[nodiscard]] bool same_as(const health_target& other) const noexcept {
        // A file may have changed under its name.
        return where_->tls.ca.empty() && !where_->tls.identity && options_ == other.options_ &&
               interval_ == other.interval_ && where_->tls == other.where_->tls &&
               where_->http == other.where_->http;
    }

    health_target(const endpoint_options& of, std::shared_ptr<const net::destination> where,
                  std::optional<credentials> identity);

private:
    const health_check_options options_;
    const duration interval_;
    const duration timeout_;
    const std::shared_ptr<const net::destination> where_;
    const std::optional<credentials> identity_;
    const standing_fields fields_;
    std::string target_;
};

}  // namespace symphony
