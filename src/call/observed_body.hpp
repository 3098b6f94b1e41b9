#pragma once

#include "call/endpoint.hpp"
#include "symphony/net/body.hpp"

#include <memory>

namespace symphony {

/// A streamed answer of a managed call, which is over when this ends: it holds the permits
/// of breaker and concurrency limit and counts the call.
class observed_body final : public body_source {
public:
    observed_body(std::unique_ptr<body_source> origin, std::shared_ptr<const endpoint> on,
                  const shard& where, circuit_permit permit, bulkhead_permit slot,
                  int status) noexcept;
    /// Given up before its end: cancelled.
    ~observed_body() override;
    observed_body(const observed_body&) = delete;
    observed_body& operator=(const observed_body&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return origin_->size();
    }

private:
    void end(const result<std::string_view>& last) noexcept;

    const std::unique_ptr<body_source> origin_;
    const std::shared_ptr<const endpoint> on_;
    const shard& where_;
    circuit_permit permit_;
    bulkhead_permit slot_;
    const int status_;
    bool over_ = false;
};

/// An answer whose beginning was read already: that, then the rest.
class resumed_body final : public body_source {
public:
    resumed_body(std::string beginning, std::unique_ptr<body_source> rest)
        : beginning_(std::move(beginning)), rest_(std::move(rest)) {}

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return rest_->size();
    }

private:
    const std::string beginning_;
    const std::unique_ptr<body_source> rest_;
    bool begun_ = false;
};

}  // namespace symphony
