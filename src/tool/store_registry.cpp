#include "tool/store_registry.hpp"

#include "tool/make_store.hpp"

namespace symphony::detail {

std::shared_ptr<rate_store> store_registry::get(const redis_options& target, const shard& where) {
    std::erase_if(known_, [](const entry& one) { return one.store.expired(); });
    for (const entry& one : known_) {
        if (one.where != &where || !one.target.same_as(target)) continue;
        if (auto store = one.store.lock()) return store;
    }
    std::shared_ptr<rate_store> made =
        make_ ? make_(target, where.executor) : make_store(target, where);
    known_.push_back({target, &where, made});
    return made;
}

}  // namespace symphony::detail
