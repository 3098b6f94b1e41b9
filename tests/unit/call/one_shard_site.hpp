#pragma once

#include "call/call_job.hpp"

#include <memory>
#include <stdexcept>

namespace symphony::call_testing {

/// Where calls run that all have one shard, which may come to life after this.
class one_shard_site : public call_site {
public:
    explicit one_shard_site(const shard& here) noexcept : here_(here) {}
    one_shard_site(const one_shard_site&) = delete;
    one_shard_site& operator=(const one_shard_site&) = delete;

private:
    [[nodiscard]] const shard* find(
        const boost::asio::any_io_executor& /*executor*/) const noexcept override {
        return &here_;
    }
    [[nodiscard]] boost::asio::awaitable<result<response>> run_elsewhere(
        boost::asio::any_io_executor /*from*/, recycled<call_job> /*work*/) override {
        throw std::logic_error("there is but one shard");
    }
    [[nodiscard]] const std::shared_ptr<calls_in_flight>& in_flight() const noexcept override {
        return calls_;
    }

    const shard& here_;
    const std::shared_ptr<calls_in_flight> calls_ = std::make_shared<calls_in_flight>();
};

}  // namespace symphony::call_testing
