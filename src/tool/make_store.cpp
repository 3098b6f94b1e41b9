#include "tool/make_store.hpp"

#include "symphony/store/redis_circuit_store.hpp"
#include "symphony/store/redis_rate_store.hpp"

#include <utility>

namespace symphony::detail {

namespace {

namespace asio = boost::asio;

// What cannot be made any more, such as with a CA file that has gone since it was checked, is a
// store that is down: `onStoreFailure` rules.
class unusable_rate_store final : public rate_store {
public:
    explicit unusable_rate_store(error why) : why_(std::move(why)) {}

    asio::awaitable<result<rate_grant>> claim(const shared_limit&, const rate_claim&) override {
        co_return std::unexpected(why_);
    }
    asio::awaitable<result<bool>> give_back(const shared_limit&, const rate_refund&) override {
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

class unusable_circuit_store final : public circuit_store {
public:
    explicit unusable_circuit_store(error why) : why_(std::move(why)) {}

    asio::awaitable<result<circuit_council>> meet(std::string, circuit_report) override {
        co_return std::unexpected(why_);
    }

private:
    error why_;
};

template <class Unusable, class Store>
std::shared_ptr<Store> made_or_unusable(result<std::unique_ptr<Store>> made) {
    if (made) return std::move(*made);
    made.error().kind = error_kind::store_unavailable;
    return std::make_shared<Unusable>(std::move(made.error()));
}

}  // namespace

std::shared_ptr<rate_store> make_rate_store(const redis_options& target, const shard& where) {
    return made_or_unusable<unusable_rate_store>(
        make_redis_rate_store(target, where.executor, where.time, where.wakeups, where.random));
}

std::shared_ptr<circuit_store> make_circuit_store(const redis_options& target, const shard& where) {
    return made_or_unusable<unusable_circuit_store>(
        make_redis_circuit_store(target, where.executor, where.time, where.wakeups, where.random));
}

}  // namespace symphony::detail
