#pragma once

#include "call/shard.hpp"
#include "symphony/store/redis_options.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace symphony::detail {

/// The clients of shared stores of one kind: one a target and shard, for as long as it is used. For
/// one thread at a time.
template <class Store>
class store_registry {
public:
    using users_factory = std::function<std::shared_ptr<Store>(
        const redis_options& target, const boost::asio::any_io_executor&)>;
    using own_factory = std::shared_ptr<Store> (*)(const redis_options& target, const shard& where);

    /// `users`: empty for `own`.
    store_registry(users_factory users, own_factory own) : users_(std::move(users)), own_(own) {}

    [[nodiscard]] std::shared_ptr<Store> get(const redis_options& target, const shard& where) {
        std::erase_if(known_, [](const entry& one) { return one.store.expired(); });
        for (const entry& one : known_) {
            if (one.where != &where || !one.target.same_as(target)) continue;
            if (auto store = one.store.lock()) return store;
        }
        std::shared_ptr<Store> made = users_ ? users_(target, where.executor) : own_(target, where);
        known_.push_back({target, &where, made});
        return made;
    }

private:
    struct entry {
        redis_options target;
        const shard* where;
        std::weak_ptr<Store> store;
    };

    const users_factory users_;
    const own_factory own_;
    std::vector<entry> known_;
};

}  // namespace symphony::detail
