#pragma once

#include "symphony/core/time.hpp"
#include "symphony/store/redis_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace symphony {

/// What becomes of calls while the shared store gives no answer (`rateLimit.onStoreFailure`).
enum class store_failure : std::uint8_t {
    local,  ///< this process keeps to its share: limit ÷ instances last seen, at least 1
    open,   ///< all are admitted
    closed  ///< all are refused with `store_unavailable`
};

/// Keeps a rate limit's budget where other processes see it (`rateLimit.distributed`). Stands
/// beside `rate_limit_options`, which know no store.
struct rate_sharing_options {
    redis_options redis{};
    store_failure on_store_failure = store_failure::local;
    /// Under load take several permits in one round trip; off by itself for limits too small.
    bool lease = true;
    duration lease_time = std::chrono::milliseconds(100);  ///< longest lease; 1 ms … 10 s

    /// Whether both mean the same budget, treated alike.
    [[nodiscard]] bool same_as(const rate_sharing_options& other) const noexcept;
    /// What is impossible about these options, in words, or nothing.
    [[nodiscard]] std::optional<std::string> problem() const;
};

/// Where the budgets are, for people and without secrets: "redis at host:6379".
[[nodiscard]] std::string describe_target(const redis_options& redis);

}  // namespace symphony
