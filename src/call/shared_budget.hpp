#pragma once

#include "call/endpoint_events.hpp"
#include "call/queued_call.hpp"
#include "call/shard.hpp"
#include "call/shared_queue.hpp"
#include "symphony/call/rate_sharing_options.hpp"
#include "symphony/store/rate_store.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony {

class rate_gate;

/// What a gate needs to share its budget.
struct rate_sharing {
    rate_sharing_options options;
    std::string key;                    ///< the budget's name in the store
    std::shared_ptr<rate_store> store;  ///< of the gate's home shard
    endpoint_events events;             ///< signed by the endpoint that came first
};

/// The shared side of a gate: a `shared_queue` before a store, and what is done while the store is
/// down. The store is used on the home shard only; everything else is thread-safe.
class shared_budget {
public:
    /// How often a store that is away is tried, and how old a view of it may be.
    static constexpr duration probe_interval = std::chrono::milliseconds(250);

    shared_budget(rate_gate& gate, rate_sharing how, const rate_limit_options& limit);

    /// From a running lease at once, else `queued`: the call has to stand in the queue.
    [[nodiscard]] rate_answer try_acquire(instant now, std::uint32_t cost) noexcept;
    [[nodiscard]] rate_answer enqueue(queued_call& call, instant now);
    void withdraw(queued_call& call, instant now);
    /// As `rate_gate::time_is_up`.
    [[nodiscard]] std::optional<instant> time_is_up(queued_call& call, instant now);
    void give_back(const rate_permit& permit, std::uint32_t cost, instant now);
    void pause(instant until, instant now);
    /// As `rate_gate::narrow`, of this process.
    void narrow(std::uint64_t left, instant until, instant now);
    /// The store stays.
    void reconfigure(const rate_limit_options& limit, const rate_sharing_options& how, instant now);

    [[nodiscard]] bool is_up() const noexcept { return up_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t queued() const;
    [[nodiscard]] duration outlook(instant now) const;
    /// The last view known; asks the store for a newer one when it is old. Waits for nothing.
    [[nodiscard]] rate_limiter::view look(instant now);
    [[nodiscard]] const rate_sharing_options& options() const noexcept { return how_.options; }

    /// What is due; and when it is, next. On the home shard.
    void tick(instant now);
    /// After the gate's `close`, when nothing runs on the home shard any more.
    void drop_store() noexcept { how_.store.reset(); }
    [[nodiscard]] std::optional<instant> next(instant now) const;

private:
    friend class queued_call;
    using keeper = std::shared_ptr<rate_gate>;
    // What the store said about itself last, and what has been taken since.
    struct snapshot {
        std::vector<rate_level> limits;
        rate_limiter::view view;
        instant at = instant::min();
        bool asking = false;
    };

    [[nodiscard]] rate_answer admit_down_locked(instant now, std::uint32_t cost) noexcept;
    // Of a cost that the gate's own limiter never grants, which changes only under the lock.
    [[nodiscard]] rate_answer too_costly_locked(const rate_decision& never,
                                                std::uint32_t cost) const noexcept;
    [[nodiscard]] rate_answer enqueue_down_locked(queued_call& call, instant now);
    // What is left to do on the home shard is left undone then: that goes.
    [[nodiscard]] bool is_over() const noexcept;
    using limit_in_store = std::shared_ptr<const shared_limit>;
    // Tells the waiters here and now, and the store on the home shard. `before`: the limit by which
    // permits go back, where that is another.
    void perform(shared_actions then, limit_in_store before = {});
    void finish(const shared_actions& then);
    void perform_at_home(const keeper& self, const shared_actions& then,
                         const limit_in_store& before);
    void tell_pause(duration length);
    void ask_for_view();
    void ask_whether_back();
    void spawn(const keeper& self, boost::asio::awaitable<void> work);
    boost::asio::awaitable<void> run_claim(shared_actions::claim what);
    boost::asio::awaitable<void> run_refund(shared_actions::refund what, limit_in_store of);
    boost::asio::awaitable<void> run_pause(duration length);
    boost::asio::awaitable<void> run_probe();
    boost::asio::awaitable<void> run_look();
    void answered(std::uint64_t claim, const rate_grant& grant);
    void fall(std::string_view why);
    void move_over_locked(instant now, shared_actions& then);
    void rise(duration paused);
    void probe_failed();
    void tell_change(bool up, std::string_view why, instant now) const;
    [[nodiscard]] limit_in_store limit() const;
    [[nodiscard]] rate_limit_options share_locked() const;
    [[nodiscard]] rate_limiter::view view_locked(instant now) const;
    void set_limit_locked();
    void forget_view_locked();
    // After a step of the queue on the home shard: the limit that held before it.
    [[nodiscard]] limit_in_store follow_locked(const shared_actions& then);
    template <class Step>
    void step_at_home(Step what) {
        shared_actions then;
        limit_in_store before;
        {
            const std::lock_guard lock(mutex_);
            what(then);
            before = follow_locked(then);
        }
        perform(std::move(then), std::move(before));
    }

    rate_gate& gate_;
    rate_sharing how_;            // only the options change
    std::atomic<bool> up_{true};  // changes under the lock

    mutable std::mutex mutex_;
    rate_limit_options options_;
    limit_in_store limit_;  // of `options_` once the queue has turned over to them
    shared_queue queue_;
    snapshot known_;
    instant probe_at_ = instant::max();
    bool probing_ = false;
};

}  // namespace symphony
