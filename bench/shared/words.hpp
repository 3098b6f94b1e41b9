#pragma once

#include "bench/words.hpp"
#include "symphony/call/rate_sharing_options.hpp"
#include "symphony/policy/rate_limit_options.hpp"

#include <cstdint>
#include <string>

namespace shared_bench {

using bench::stop;

/// What the programs here are told.
class words : public bench::words {
public:
    using bench::words::words;

    /// `strategy`, `per-second`, `per-minute`, `burst`, `queue`.
    [[nodiscard]] symphony::rate_limit_options limit() const {
        symphony::rate_limit_options made;
        const std::string strategy = text("strategy", "sliding-window");
        made.strategy = strategy == "token-bucket"   ? symphony::rate_strategy::token_bucket
                        : strategy == "leaky-bucket" ? symphony::rate_strategy::leaky_bucket
                                                     : symphony::rate_strategy::sliding_window;
        const std::uint64_t second = number("per-second", 100'000);
        made.limits = {{second, std::chrono::seconds(1), number("burst")},
                       {number("per-minute", second * 60), std::chrono::minutes(1), 0}};
        made.max_queue_size = number("queue", 1000);
        return made;
    }
    /// `redis`, its port, and `lease`, 0 or 1.
    [[nodiscard]] symphony::rate_sharing_options sharing() const {
        symphony::rate_sharing_options made;
        made.redis.server.port = static_cast<std::uint16_t>(number("redis"));
        made.lease = number("lease", 1) != 0;
        return made;
    }
};

}  // namespace shared_bench
