#pragma once

#include "store/redis_commands.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/random.hpp"
#include "symphony/store/rate_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace symphony::detail {

/// The texts of the two scripts, put together from the .lua files when this is built.
[[nodiscard]] std::string_view rate_window_script() noexcept;
[[nodiscard]] std::string_view rate_bucket_script() noexcept;

/// Shared budgets in Redis: each step is one call of one script, on `symphony:{KEY}:rl`; who uses a
/// key is in `symphony:{KEY}:who`. Braces in a key are escaped, so that both are in one slot of a
/// cluster. While that slot moves, steps go on without the second key wherever it is elsewhere, and
/// the number of instances stays what it was. Used from one executor. May go while words are under
/// way: each still ends, with an error or its answer.
class redis_rate_store final : public rate_store {
public:
    /// `time` has to outlive the store; it only spaces the renewals of this instance's name.
    redis_rate_store(std::unique_ptr<redis_commands> commands, const clock& time,
                     random_source& random);
    ~redis_rate_store() override;

    [[nodiscard]] boost::asio::awaitable<result<rate_grant>> claim(const shared_limit& of,
                                                                   const rate_claim& what) override;
    [[nodiscard]] boost::asio::awaitable<result<bool>> give_back(const shared_limit& of,
                                                                 const rate_refund& what) override;
    [[nodiscard]] boost::asio::awaitable<result<void>> pause(const shared_limit& of,
                                                             duration length) override;
    [[nodiscard]] boost::asio::awaitable<result<rate_limiter::view>> look(
        const shared_limit& of) override;

private:
    struct presence {
        instant renew_at = instant::min();
        std::uint32_t instances = 1;
    };
    struct step;
    // What a word under way may still touch when the store has gone.
    struct memory {
        redis_script windows;
        redis_script buckets;
        redis_commands* commands;                           // null: gone
        std::unordered_map<std::string, presence> present;  // one a key, as many as are configured
    };
    using memory_ptr = std::shared_ptr<memory>;
    [[nodiscard]] static boost::asio::awaitable<result<redis_reply>> run(memory_ptr with,
                                                                         const step& what);

    std::unique_ptr<redis_commands> commands_;
    const clock& time_;
    std::string id_;
    const memory_ptr memory_;
};

}  // namespace symphony::detail
