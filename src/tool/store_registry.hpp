#pragma once

#include "call/shard.hpp"
#include "symphony/store/rate_store.hpp"
#include "symphony/store/redis_options.hpp"
#include "symphony/tool/client.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace symphony::detail {

/// The clients of shared stores: one a target and shard, for as long as a gate uses it. For one
/// thread at a time.
class store_registry {
public:
    /// `make`: of the user's, empty for Redis.
    explicit store_registry(rate_store_factory make) : make_(std::move(make)) {}

    [[nodiscard]] std::shared_ptr<rate_store> get(const redis_options& target, const shard& where);

private:
    struct entry {
        redis_options target;
        const shard* where;
        std::weak_ptr<rate_store> store;
    };

    const rate_store_factory make_;
    std::vector<entry> known_;
};

}  // namespace symphony::detail
