#pragma once

#include "plain_models.hpp"
#include "store/memory_budget.hpp"
#include "support/script_redis.hpp"
#include "symphony/core/random.hpp"

#include <optional>
#include <string>
#include <vector>

namespace symphony::script_test {

using detail::budget_level;
using detail::memory_budget;
using detail::micros;

struct dice {
    fast_random source;
    explicit dice(std::uint64_t seed) : source(seed) {}
    std::int64_t operator()(std::int64_t low, std::int64_t high) {
        const auto span = static_cast<std::uint64_t>(high - low) + 1;
        return low + static_cast<std::int64_t>(source.next() % span);
    }
    bool one_in(std::int64_t n) { return (*this)(1, n) == 1; }
};

/// Into the cache of Redis, as the histories run them.
void load_scripts(test_support::script_redis& server);

/// What a history may hold.
enum class scope : std::uint8_t {
    local,  ///< what the local policy has as well
    whole,  ///< all that can be asked, under one configuration
    wild,   ///< configurations in turn, and a clock that goes back
    busy,   ///< long and dense, on large levels: too much for the plain definitions
};

struct limit {
    rate_strategy strategy{};
    std::vector<budget_level> levels;
};

/// One random history, told at the same time to the C++ budget, to the plain definitions and, where
/// it has the verbs, to the local policy, whose answers have to agree; then to the script in Redis.
class script_run {
public:
    /// Without a server: nothing is told to a script.
    script_run(test_support::script_redis* server, std::uint64_t seed, scope what,
               rate_strategy strategy);
    /// Fails the test where answers differ.
    void go(int steps);

private:
    struct granted {
        std::int64_t ticket = 0;
        std::int64_t permits = 0;
        micros start = 0;
        std::int64_t below = 0;
    };
    void step();
    void claim();
    void give();
    void look();
    void move_time();
    void tell(std::vector<std::string> words, std::vector<std::int64_t> expected, bool changes);
    void compare();
    [[nodiscard]] std::int64_t random_max(std::int64_t family);
    void hold_against_models(const memory_budget::question& asked,
                             const memory_budget::answer& answer);
    void hold_against_policy(const memory_budget::question& asked,
                             const memory_budget::answer& answer);
    void use(const memory_budget::question& asked, const memory_budget::answer& answer);
    [[nodiscard]] bool log_forgets() const;
    [[nodiscard]] limit random_limit(rate_strategy strategy);
    [[nodiscard]] std::string where() const;

    struct told {
        std::vector<std::int64_t> expected;
        bool changes = false;
        std::string what;
    };
    test_support::script_redis* const server_;
    std::uint64_t seed_;
    dice roll_;
    scope scope_;
    std::vector<limit> limits_;
    limit now_used_;
    memory_budget budget_;
    plain_window window_;
    plain_bucket bucket_;
    std::optional<rate_limiter> policy_;
    uses uses_;
    micros real_ = 1'795'000'000'123'457;
    std::vector<granted> grants_;
    std::vector<told> told_;
    bool reads_value_ = false;
    bool newest_stands_ = false;
    bool exact_ = true;
};

}  // namespace symphony::script_test
