#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/store/rate_store.hpp"

#include <cstddef>
#include <memory>

namespace symphony {

/// Shared budgets of one process, with the promises of the Redis store: for tests and for machines
/// that share nothing. Counts in whole microseconds of the given clock. A budget that is full again
/// is forgotten. Never fails and never suspends; `instances` is always 1. Thread-safe.
class memory_rate_store final : public rate_store {
public:
    /// `time` has to outlive the store.
    explicit memory_rate_store(const clock& time);
    ~memory_rate_store() override;
    memory_rate_store(const memory_rate_store&) = delete;
    memory_rate_store& operator=(const memory_rate_store&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<rate_grant>> claim(const shared_limit& of,
                                                                   const rate_claim& what) override;
    [[nodiscard]] boost::asio::awaitable<result<bool>> give_back(const shared_limit& of,
                                                                 const rate_refund& what) override;
    [[nodiscard]] boost::asio::awaitable<result<void>> pause(const shared_limit& of,
                                                             duration length) override;
    [[nodiscard]] boost::asio::awaitable<result<rate_limiter::view>> look(
        const shared_limit& of) override;

    /// Budgets that are not full, as far as noticed.
    [[nodiscard]] std::size_t size() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace symphony
