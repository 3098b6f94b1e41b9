#pragma once

#include "store/cluster_slots.hpp"
#include "store/redis_topology.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace symphony::detail {

/// A Redis Cluster: a connection to each node that is needed, and the map of slots, which is
/// learned from what the nodes say. (Redis Cluster specification, "MOVED Redirection" and "ASK
/// Redirection".) Before it is known, a seed is asked, which redirects. For one thread.
class redis_cluster final : public redis_topology,
                            public std::enable_shared_from_this<redis_cluster> {
public:
    /// `seeds`: some of its nodes, at least one.
    redis_cluster(redis_setup setup, const std::vector<redis_endpoint>& seeds);

    [[nodiscard]] boost::asio::awaitable<result<redis_reply>> send(
        std::string_view key, std::span<const std::string_view> words, instant until,
        split_keys when_split) override;
    void stop() noexcept override;

private:
    using connection = std::shared_ptr<redis_connection>;
    // Where a command goes next.
    struct route {
        connection to{};
        bool asks = false;   // after ASKING
        bool waits = false;  // for a slot that is on its way
    };

    [[nodiscard]] bool follow(const result<redis_reply>& reply, route& way);
    [[nodiscard]] result<redis_reply> judge(result<redis_reply> reply, const route& way,
                                            std::string_view verb);

    [[nodiscard]] connection for_slot(std::uint16_t slot);
    [[nodiscard]] connection any_seed() const;
    [[nodiscard]] connection at(const redis_address& node);
    [[nodiscard]] connection connect(const redis_endpoint& where);
    void refresh_soon();
    [[nodiscard]] boost::asio::awaitable<void> refresh(std::shared_ptr<redis_cluster> self);
    [[nodiscard]] std::vector<connection> candidates();
    void forget_unused();

    const redis_setup setup_;
    std::vector<connection> seeds_;
    cluster_slots slots_;
    std::map<std::string, connection, std::less<>> nodes_;  // by name
    instant refreshed_at_ = instant::min();
    bool refreshing_ = false;
    bool known_ = false;  // the map has been read once
};

}  // namespace symphony::detail
