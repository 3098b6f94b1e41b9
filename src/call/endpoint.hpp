#pragma once

#include "call/breaker_cell.hpp"
#include "call/concurrency_gate.hpp"
#include "call/endpoint_events.hpp"
#include "call/health_target.hpp"
#include "call/outgoing.hpp"
#include "call/rate_gate.hpp"
#include "call/redirect_targets.hpp"
#include "call/shard.hpp"
#include "symphony/auth/credentials.hpp"
#include "symphony/call/endpoint_options.hpp"
#include "symphony/call/request.hpp"
#include "symphony/core/result.hpp"
#include "symphony/net/response.hpp"
#include "symphony/net/transport.hpp"
#include "symphony/policy/hedge.hpp"
#include "symphony/policy/retry.hpp"
#include "symphony/telemetry/metrics.hpp"

#include <memory>
#include <optional>
#include <string>

namespace symphony {

/// What an endpoint keeps when its configuration is replaced.
struct endpoint_state {
    std::shared_ptr<rate_gate> gate;          ///< null without a rate limit
    std::shared_ptr<breaker_cell> breaker;    ///< null without a circuit breaker
    std::shared_ptr<concurrency_gate> slots;  ///< null without a concurrency limit
    std::shared_ptr<hedge_timing> hedge;      ///< null without hedging
    std::shared_ptr<retry_budget> budget;
    std::shared_ptr<endpoint_metrics> metrics;
};

/// One external API with its layers composed once. Immutable once `attach`ed, and then shared by
/// all threads; a call in flight keeps it.
class endpoint : public std::enable_shared_from_this<endpoint> {
public:
    /// Errors: what `problem` says, a bad URL, an unreadable CA file, unusable credentials.
    [[nodiscard]] static result<std::shared_ptr<endpoint>> make(endpoint_options options,
                                                                endpoint_events events);
    void attach(endpoint_state state) { state_ = std::move(state); }

    [[nodiscard]] const endpoint_options& options() const noexcept { return options_; }
    [[nodiscard]] const endpoint_state& state() const noexcept { return state_; }
    [[nodiscard]] const endpoint_events& events() const noexcept { return events_; }
    [[nodiscard]] const std::shared_ptr<const net::destination>& where() const noexcept {
        return where_;
    }
    /// Null without a health check.
    [[nodiscard]] const std::shared_ptr<const health_target>& health() const noexcept {
        return health_;
    }
    [[nodiscard]] bool has_credentials() const noexcept { return identity_.has_value(); }
    /// Who takes the calls that the circuit refuses; null: nobody.
    [[nodiscard]] const std::shared_ptr<const endpoint>& fallback() const noexcept {
        return fallback_;
    }
    /// Before it is shared; never in a circle.
    void fall_back_to(std::shared_ptr<const endpoint> other) { fallback_ = std::move(other); }
    /// Another origin that a redirect leads to, without anything that shows who calls.
    [[nodiscard]] result<std::shared_ptr<const net::destination>> redirect_target(
        const url& to) const {
        return redirect_targets_.find(to, options_);
    }
    /// Where it is, for people.
    [[nodiscard]] std::string shown_url() const {
        return options_.shown_url.empty() ? base().display() : options_.shown_url;
    }
    [[nodiscard]] const url& base() const noexcept { return where_->base; }

private:
    friend class managed_call;
    endpoint(endpoint_options options, endpoint_events events,
             std::shared_ptr<const net::destination> where, std::optional<credentials> identity);

    const endpoint_options options_;
    const endpoint_events events_;
    const std::shared_ptr<const net::destination> where_;
    const std::optional<credentials> identity_;
    const standing_fields standing_;
    mutable redirect_targets redirect_targets_;
    std::shared_ptr<const health_target> health_;
    std::shared_ptr<const endpoint> fallback_;
    std::string bare_target_;  // for calls that give no path of their own
    endpoint_state state_;
};

/// What is impossible about these options, in words, or nothing.
[[nodiscard]] std::optional<std::string> problem(const endpoint_options& options);

}  // namespace symphony
