#pragma once

#include "call/circuit_member.hpp"
#include "call/endpoint_events.hpp"
#include "call/shard.hpp"
#include "symphony/core/error.hpp"
#include "symphony/core/timers.hpp"
#include "symphony/store/circuit_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace symphony {

class breaker_cell;

/// What a circuit needs to be shared.
struct circuit_sharing {
    std::uint64_t who = 0;                 ///< this process, in the words about this circuit
    std::string key;                       ///< the circuit's name in the store
    std::shared_ptr<circuit_store> store;  ///< of the home shard
    endpoint_events events;
};

/// Keeps the circuit of one endpoint in talk with those of other processes: a few words a second,
/// and at once when it changes; never while a call waits. The store is used on one shard only, its
/// home. Thread-safe.
class shared_circuit : public std::enable_shared_from_this<shared_circuit> {
public:
    /// `home` outlives `close`.
    [[nodiscard]] static std::shared_ptr<shared_circuit> make(
        circuit_sharing how, const shard& home, const circuit_breaker_options& options,
        std::optional<circuit_member::page_timing> page);
    ~shared_circuit();
    shared_circuit(const shared_circuit&) = delete;
    shared_circuit& operator=(const shared_circuit&) = delete;

    /// From now on it speaks for `of`.
    void follow(const std::shared_ptr<breaker_cell>& of);
    /// Its circuit has changed: speaks at once.
    void speak();
    void reconfigure(const circuit_breaker_options& options,
                     std::optional<circuit_member::page_timing> page);
    /// Speaks no more.
    void retire();
    /// The same, and nothing of `home` is touched from now on: it goes.
    void close() noexcept;
    /// The same, when nothing runs on `home` any more: a word under way ends, and nothing of it
    /// touches what goes.
    void drop_store() noexcept;

    /// Whether this process may ask the health page now.
    [[nodiscard]] bool may_check() const;
    /// The health page was asked. False: the answer is for this process alone to heed.
    [[nodiscard]] bool note_health(bool well);

    struct view {
        bool up = true;     ///< the store answers
        bool open = false;  ///< for all
        std::uint32_t broken = 0;
        std::uint32_t sound = 0;
    };
    [[nodiscard]] view look() const;

private:
    struct beat : timer {
        explicit beat(shared_circuit& owner_of) noexcept;
        shared_circuit& owner;
    };

    shared_circuit(circuit_sharing how, const shard& home, const circuit_breaker_options& options,
                   std::optional<circuit_member::page_timing> page);
    void start_round();
    [[nodiscard]] boost::asio::awaitable<void> round();
    [[nodiscard]] boost::asio::awaitable<void> talk(std::shared_ptr<breaker_cell> cell);
    template <class Step>
    auto with_member(Step step) {
        const std::lock_guard lock(mutex_);
        return step(member_, home_.time.now());
    }
    void obey(breaker_cell& cell, const circuit_member::order& what) const;
    void set_up(bool up, std::string_view why);
    [[nodiscard]] bool is_over() const noexcept { return retired_.load() || closed_.load(); }

    const std::string key_;
    const endpoint_events events_;
    const shard& home_;
    std::shared_ptr<circuit_store> store_;  // used on the home shard, until that goes
    beat beat_;
    std::weak_ptr<breaker_cell> of_;  // on the home shard, as the next two
    bool speaking_ = false;
    bool again_ = false;
    std::atomic<bool> up_{true};
    std::atomic<bool> retired_{false};
    std::atomic<bool> closed_{false};

    mutable std::mutex mutex_;
    circuit_member member_;
};

}  // namespace symphony
