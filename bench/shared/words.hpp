#pragma once

#include "symphony/call/rate_sharing_options.hpp"
#include "symphony/policy/rate_limit_options.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace shared_bench {

[[noreturn]] inline void stop(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::_Exit(1);
}

/// A program's arguments, each NAME=VALUE.
class words {
public:
    words(int count, char** arguments) {
        for (int i = 1; i < count; ++i) {
            const std::string_view word = arguments[i];
            const std::size_t at = word.find('=');
            if (at == std::string_view::npos) stop("not NAME=VALUE: " + std::string(word));
            given_.emplace(word.substr(0, at), word.substr(at + 1));
        }
    }
    [[nodiscard]] std::string text(const std::string& name, std::string otherwise = {}) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise : found->second;
    }
    [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t otherwise = 0) const {
        const auto found = given_.find(name);
        return found == given_.end() ? otherwise : std::stoull(found->second);
    }

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

private:
    std::map<std::string, std::string> given_;
};

}  // namespace shared_bench
