#include "tool/make_store.hpp"

#include "symphony/store/redis_rate_store.hpp"

#include <utility>

namespace symphony::detail {

namespace {

namespace asio = boost::asio;

// What cannot be made any more, such as with a CA file that has gone since it was checked, is a
// store that is down: `onStoreFailure` rules.
class unusable_store final : public rate_store {
public:
    explicit unusable_store(error why) : why_(std::move(why)) {
        why_.kind = error_kind::store_unavailable;
    }

    asio::awaitable<result<rate_grant>> claim(const shared_limit&, const rate_claim&) override {
        co_return std::unexpected(why_);
    }
    asio::awaitable<result<void>> give_back(const shared_limit&, std::uint64_t,
                                            std::uint32_t) override {
        co_return std::unexpected(why_);
    }
    asio::awaitable<result<void>> pause(const shared_limit&, duration) override {
        co_return std::unexpected(why_);
    }
    asio::awaitable<result<rate_limiter::view>> look(const shared_limit&) override {
        co_return std::unexpected(why_);
    }

private:
    error why_;
};

}  // namespace

std::shared_ptr<rate_store> make_store(const redis_options& target, const shard& where) {
    auto made =
        make_redis_rate_store(target, where.executor, where.time, where.wakeups, where.random);
    if (made) return std::move(*made);
    return std::make_shared<unusable_store>(std::move(made.error()));
}

}  // namespace symphony::detail
