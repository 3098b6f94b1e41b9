#pragma once

#include "symphony/policy/circuit_breaker.hpp"
#include "symphony/policy/rate_limiter.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace symphony {

/// What `GET /v1/status` shows, as data.
struct endpoint_status {
    std::string name;
    std::string url;  ///< without user-info and query
    struct breaker_status {
        circuit_state state{};
        bool manual = false;
        std::optional<duration> retry_after{};
        std::optional<double> admitted_share{};  ///< while half-open admits a share
        /// What other processes find, where the circuit is shared.
        struct sharing_status {
            std::string store = "redis";  ///< or "redis-down"
            bool open = false;            ///< for all
            std::uint32_t broken = 0;     ///< processes that find the API so …
            std::uint32_t sound = 0;      ///< … or so, this one included
        };
        std::optional<sharing_status> shared{};
    };
    std::optional<breaker_status> breaker{};  ///< absent when none is configured
    struct rate_limit_status {
        std::string key_prefix;
        rate_limiter::view view;
        std::string store = "local";
    };
    std::optional<rate_limit_status> rate_limit{};
    struct concurrency_status {
        std::uint32_t limit = 0;      ///< at this moment
        std::uint32_t in_flight = 0;  ///< attempts, answers being read included
        std::size_t queued = 0;
        bool adaptive = false;
    };
    std::optional<concurrency_status> concurrency{};
};

struct tool_status {
    std::string name;
    std::vector<endpoint_status> endpoints;
};

}  // namespace symphony
