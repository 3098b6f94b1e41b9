#include "symphony/store/memory_rate_store.hpp"

#include "store/memory_budget.hpp"
#include "store/rate_units.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace symphony {

namespace {

using detail::memory_budget;
using detail::micros;

}  // namespace

class memory_rate_store::impl {
public:
    explicit impl(const clock& time) : time_(time) {}

    /// Runs one step on a budget, under the lock.
    template <class Step>
    auto with(const shared_limit& of, Step step) {
        const std::vector<detail::budget_level> levels = detail::budget_levels(of);
        const std::lock_guard hold(lock_);
        // A clock's beginning is arbitrary, also before zero; the budgets take 0 as long ago.
        const auto since = std::chrono::floor<std::chrono::microseconds>(time_.now() - start_);
        const micros now = since.count() + beginning;
        sweep_locked(now);
        auto [found, is_new] = budgets_.try_emplace(of.key, of.strategy);
        if (!is_new && found->second.expires() <= now) {
            found->second = memory_budget(of.strategy);
        }
        return found->second.step(of.strategy, levels, now, step);
    }

    std::size_t size() const {
        const std::lock_guard hold(lock_);
        return budgets_.size();
    }

private:
    static constexpr micros beginning = detail::longest_micros;

    // Amortised: looks at everything once the number has doubled.
    void sweep_locked(micros now) {
        if (budgets_.size() < sweep_at_) return;
        std::erase_if(budgets_, [now](const auto& b) { return b.second.expires() <= now; });
        sweep_at_ = std::max<std::size_t>(64, 2 * budgets_.size());
    }

    const clock& time_;
    const instant start_ = time_.now();
    mutable std::mutex lock_;
    std::unordered_map<std::string, memory_budget> budgets_;
    std::size_t sweep_at_ = 64;
};

memory_rate_store::memory_rate_store(const clock& time) : impl_(std::make_unique<impl>(time)) {}
memory_rate_store::~memory_rate_store() = default;

boost::asio::awaitable<result<rate_grant>> memory_rate_store::claim(const shared_limit& of,
                                                                    const rate_claim& what) {
    if (auto sound = detail::check_limit(of); !sound) co_return std::unexpected(sound.error());
    const memory_budget::question asked{what.cost, what.want, detail::micros_up(what.hold),
                                        detail::micros_down(what.max_wait)};
    const auto answer = impl_->with(of, [&asked](memory_budget& b) { return b.claim(asked); });
    rate_grant grant;
    grant.what = answer.what;
    grant.level = static_cast<std::uint8_t>(answer.level);
    grant.permits = static_cast<std::uint32_t>(answer.permits);
    grant.wait = std::chrono::microseconds(answer.wait);
    grant.ticket = static_cast<std::uint64_t>(answer.ticket);
    grant.paused = std::chrono::microseconds(answer.paused);
    grant.below = static_cast<std::uint64_t>(answer.below);
    co_return grant;
}

boost::asio::awaitable<result<bool>> memory_rate_store::give_back(const shared_limit& of,
                                                                  const rate_refund& what) {
    if (auto sound = detail::check_limit(of); !sound) co_return std::unexpected(sound.error());
    const auto given = impl_->with(of, [&what](memory_budget& b) {
        return b.give(static_cast<std::int64_t>(what.ticket), what.permits,
                      static_cast<std::int64_t>(what.below));
    });
    co_return given > 0;
}

boost::asio::awaitable<result<void>> memory_rate_store::pause(const shared_limit& of,
                                                              duration length) {
    if (auto sound = detail::check_limit(of); !sound) co_return std::unexpected(sound.error());
    impl_->with(of, [length](memory_budget& b) { return b.pause(detail::micros_up(length)); });
    co_return result<void>();
}

boost::asio::awaitable<result<rate_limiter::view>> memory_rate_store::look(const shared_limit& of) {
    if (auto sound = detail::check_limit(of); !sound) co_return std::unexpected(sound.error());
    const auto seen = impl_->with(of, [](memory_budget& b) { return b.look(); });
    rate_limiter::view view;
    view.strategy = of.strategy;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        view.levels.push_back({of.levels[i].max, of.levels[i].window,
                               static_cast<std::uint64_t>(seen[i].remaining),
                               std::chrono::microseconds(seen[i].reset)});
    }
    co_return view;
}

std::size_t memory_rate_store::size() const {
    return impl_->size();
}

}  // namespace symphony
