#include "store/redis_rate_store.hpp"

#include "store/rate_units.hpp"
#include "store/redis_key.hpp"
#include "store/redis_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

namespace symphony::detail {

namespace {

constexpr duration renewal = std::chrono::seconds(3);
constexpr duration renewal_while_split = std::chrono::seconds(1);
constexpr std::size_t who_asks = 6;  // of the arguments

std::string_view name_of(rate_strategy strategy) noexcept {
    switch (strategy) {
        case rate_strategy::sliding_window:
            return "window";
        case rate_strategy::token_bucket:
            return "token";
        case rate_strategy::leaky_bucket:
            return "leaky";
    }
    return "window";
}

std::unexpected<error> not_understood() {
    return fail(error_kind::store_unavailable, "Redis gave an answer that no script of ours gives");
}

bool all_numbers(const redis_reply& reply, std::size_t count) {
    if (reply.kind != redis_reply::type::array || reply.items.size() != count) return false;
    constexpr std::int64_t exact = std::int64_t{1} << 53;  // of Lua's numbers
    return std::ranges::all_of(reply.items, [](const redis_reply& item) {
        return item.kind == redis_reply::type::integer && item.integer >= 0 && item.integer < exact;
    });
}

bool is_number_of(const redis_reply& reply, std::int64_t expected) {
    return reply.kind == redis_reply::type::integer && reply.integer == expected;
}

// As the script answers, or nothing that may be acted on: a permit that nobody gave passes a limit.
bool is_sound(const rate_grant& grant, const rate_claim& asked, std::size_t levels) {
    using verdict = rate_grant::verdict;
    if (grant.level >= levels) return false;
    if (grant.permits > 0 && grant.below + grant.permits > grant.ticket) return false;
    switch (grant.what) {
        case verdict::admitted:
            return grant.permits >= asked.cost && grant.wait == duration::zero() &&
                   grant.permits <= (asked.cost > 0 ? std::max(asked.cost, asked.want) : 0);
        case verdict::reserved:
            return grant.permits == asked.cost && asked.cost > 0 && grant.wait > duration::zero();
        case verdict::refused:
        case verdict::never:
            return grant.permits == 0 && grant.ticket == 0 && grant.below == 0;
    }
    return false;
}

template <class Number>
Number narrowed(std::int64_t n) noexcept {
    constexpr auto most = static_cast<std::int64_t>(std::numeric_limits<Number>::max());
    return static_cast<Number>(std::min(n, most));
}

std::string new_id(random_source& random) {
    return fmt::format("{:016x}", random.next());
}

}  // namespace

// What goes into one call. Lives in the coroutine that runs it.
struct redis_rate_store::step {
    step(const shared_limit& of, std::string_view verb, std::array<std::string, 5> asked)
        : sliding(of.strategy == rate_strategy::sliding_window) {
        keys.push_back(redis_key(of.key) + ":rl");
        arguments.reserve(7 + 3 * of.levels.size());
        arguments.emplace_back(verb);
        arguments.emplace_back(name_of(of.strategy));
        for (std::string& a : asked)
            arguments.push_back(std::move(a));
        for (const budget_level& l : budget_levels(of)) {
            arguments.push_back(decimal(l.max));
            arguments.push_back(decimal(l.window));
            arguments.push_back(decimal(l.most));
        }
    }
    // Counts the instances, too.
    void renew(const shared_limit& of, const std::string& id) {
        keys.push_back(redis_key(of.key) + ":who");
        arguments[who_asks] = id;
    }
    void leave_out_renewal() {
        keys.pop_back();
        arguments[who_asks].clear();
    }

    bool sliding;
    std::vector<std::string> keys;
    std::vector<std::string> arguments;
};

redis_rate_store::redis_rate_store(std::unique_ptr<redis_commands> commands, const clock& time,
                                   random_source& random)
    : commands_(std::move(commands)),
      time_(time),
      id_(new_id(random)),
      memory_(std::make_shared<memory>(memory{redis_script(std::string(rate_window_script())),
                                              redis_script(std::string(rate_bucket_script())),
                                              commands_.get(),
                                              {}})) {}

redis_rate_store::~redis_rate_store() {
    memory_->commands = nullptr;
}

// Also when the store has gone since its caller began.
boost::asio::awaitable<result<redis_reply>> redis_rate_store::run(memory_ptr with,
                                                                  const step& what) {
    if (with->commands == nullptr) co_return fail(error_kind::cancelled, "the call was cancelled");
    const std::vector<std::string_view> keys(what.keys.begin(), what.keys.end());
    const std::vector<std::string_view> arguments(what.arguments.begin(), what.arguments.end());
    co_return co_await with->commands->run(what.sliding ? with->windows : with->buckets, keys,
                                           arguments, split_keys::fail);
}

boost::asio::awaitable<result<rate_grant>> redis_rate_store::claim(const shared_limit& of,
                                                                   const rate_claim& what) {
    if (auto sound = check_limit(of); !sound) co_return std::unexpected(sound.error());
    const instant now = time_.now();
    const auto kept = memory_;
    const auto known = kept->present.find(of.key);
    // What only looks tells whether the store can be written to as well: calls need that.
    const bool renew =
        what.cost == 0 || known == kept->present.end() || known->second.renew_at <= now;
    const std::string key = of.key;
    const std::size_t levels = of.levels.size();
    const rate_claim asked_for = what;
    step asked(of, "claim",
               {decimal(std::uint64_t{what.cost}), decimal(std::uint64_t{what.want}),
                decimal(micros_up(what.hold)), decimal(micros_down(what.max_wait)), std::string()});
    if (renew) asked.renew(of, id_);
    auto reply = co_await run(kept, asked);
    if (!reply && renew && are_split(reply.error())) {
        kept->present[key].renew_at = later(now, renewal_while_split);
        asked.leave_out_renewal();
        reply = co_await run(kept, asked);
    }
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (!all_numbers(*reply, 8) || reply->items[0].integer > 3) co_return not_understood();
    const auto at = [&reply](std::size_t i) { return reply->items[i].integer; };
    rate_grant grant;
    grant.what = static_cast<rate_grant::verdict>(at(0));
    grant.level = narrowed<std::uint8_t>(at(1));
    grant.permits = narrowed<std::uint32_t>(at(2));
    grant.wait = std::chrono::microseconds(std::min(at(3), 2 * longest_micros));
    grant.ticket = static_cast<std::uint64_t>(at(4));
    grant.below = static_cast<std::uint64_t>(at(7));
    if (!is_sound(grant, asked_for, levels)) co_return not_understood();
    presence& mine = kept->present[key];
    if (at(5) > 0) mine = {later(now, renewal), narrowed<std::uint32_t>(at(5))};
    grant.instances = mine.instances;
    grant.paused = std::chrono::microseconds(std::min(at(6), 2 * longest_micros));
    co_return grant;
}

boost::asio::awaitable<result<bool>> redis_rate_store::give_back(const shared_limit& of,
                                                                 const rate_refund& what) {
    if (auto sound = check_limit(of); !sound) co_return std::unexpected(sound.error());
    const step asked(of, "give",
                     {decimal(what.ticket), decimal(std::uint64_t{what.permits}),
                      decimal(what.below), std::string(), std::string()});
    const std::uint32_t permits = what.permits;  // `what` may be gone when the answer is here
    auto reply = co_await run(memory_, asked);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    const bool taken = is_number_of(*reply, permits);
    if (!taken && !is_number_of(*reply, 0)) co_return not_understood();
    co_return taken;
}

boost::asio::awaitable<result<void>> redis_rate_store::pause(const shared_limit& of,
                                                             duration length) {
    if (auto sound = check_limit(of); !sound) co_return std::unexpected(sound.error());
    const step asked(
        of, "pause",
        {decimal(micros_up(length)), std::string(), std::string(), std::string(), std::string()});
    auto reply = co_await run(memory_, asked);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (!is_number_of(*reply, 1)) co_return not_understood();
    co_return result<void>();
}

boost::asio::awaitable<result<rate_limiter::view>> redis_rate_store::look(const shared_limit& of) {
    if (auto sound = check_limit(of); !sound) co_return std::unexpected(sound.error());
    const std::vector<rate_level> levels = of.levels;
    const std::vector<budget_level> budget = budget_levels(of);
    rate_limiter::view view;
    view.strategy = of.strategy;
    const step asked(of, "look", {});
    auto reply = co_await run(memory_, asked);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    if (!all_numbers(*reply, 2 * levels.size())) co_return not_understood();
    for (std::size_t i = 0; i < levels.size(); ++i) {
        if (reply->items[2 * i].integer > budget[i].most) co_return not_understood();
        const auto left = static_cast<std::uint64_t>(reply->items[2 * i].integer);
        const micros reset = std::min(reply->items[2 * i + 1].integer, 2 * longest_micros);
        view.levels.push_back(
            {levels[i].max, levels[i].window, left, std::chrono::microseconds(reset)});
    }
    co_return view;
}

}  // namespace symphony::detail
