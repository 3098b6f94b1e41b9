#pragma once

#include "symphony/core/clock.hpp"
#include "symphony/store/circuit_store.hpp"

#include <cstddef>
#include <memory>

namespace symphony {

/// Shared circuits of one process, with the promises of the Redis store: for tests and for machines
/// that share nothing. Counts in whole microseconds of the given clock. Never fails and never
/// suspends. Thread-safe.
class memory_circuit_store final : public circuit_store {
public:
    /// `time` has to outlive the store.
    explicit memory_circuit_store(const clock& time);
    ~memory_circuit_store() override;
    memory_circuit_store(const memory_circuit_store&) = delete;
    memory_circuit_store& operator=(const memory_circuit_store&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<circuit_council>> meet(
        std::string key, circuit_report says) override;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace symphony
