#pragma once

#include "store/redis_connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <span>
#include <string_view>

namespace symphony::detail {

/// Which server a command goes to.
class redis_topology {
public:
    virtual ~redis_topology() = default;
    /// The reply, or `store_unavailable` for an error that Redis answers, but for NOSCRIPT, which
    /// is a reply.
    [[nodiscard]] virtual boost::asio::awaitable<result<redis_reply>> send(
        std::string_view key, std::span<const std::string_view> words, instant until,
        split_keys when_split) = 0;
    virtual void stop() noexcept = 0;
};

/// What the connections of one topology have in common.
struct redis_setup {
    std::shared_ptr<redis_core> core{};
    std::shared_ptr<const redis_tls> tls{};
    redis_login login{};
    redis_limits limits{};
};

/// One server, or the master that sentinels name.
[[nodiscard]] std::shared_ptr<redis_topology> make_direct_topology(redis_setup setup,
                                                                   const redis_options& options);
[[nodiscard]] std::shared_ptr<redis_topology> make_cluster_topology(redis_setup setup,
                                                                    const redis_options& options);

[[nodiscard]] bool has_code(const redis_reply& reply, std::string_view code) noexcept;
/// The server is not, or no longer, the one to ask: a replica, still loading, or not logged in to.
[[nodiscard]] bool is_wrong_server(const redis_reply& reply) noexcept;
/// Redis answered a command with an error.
[[nodiscard]] error refused(const redis_connection& by, std::string_view verb,
                            const redis_reply& reply);

}  // namespace symphony::detail
