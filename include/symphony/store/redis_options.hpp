#pragma once

#include "symphony/core/secret.hpp"
#include "symphony/core/time.hpp"
#include "symphony/net/net_options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace symphony {

struct redis_address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;

    bool operator==(const redis_address&) const = default;
};

/// Asks Redis Sentinel where the master is.
struct redis_sentinel_options {
    std::string master;                    ///< the name Sentinel knows it by
    std::vector<redis_address> addresses;  ///< asked in turn; at least one
    std::string username{};                ///< of the sentinels themselves
    secret password{};
};

/// The `redis` block: one server, one master behind Sentinel, or one cluster.
struct redis_options {
    redis_address server{};     ///< of a cluster: one of its nodes
    std::string unix_socket{};  ///< path; rules over `server`
    std::string username{};     ///< with `password`: ACL user; empty = the default user
    secret password{};
    std::uint32_t database = 0;  ///< 0 … 15; a cluster has only 0
    bool tls = false;            ///< encrypt and verify, as `tls_settings` says
    tls_options tls_settings{};
    redis_sentinel_options sentinel{};  ///< used when it has addresses
    bool cluster = false;
    std::vector<redis_address> cluster_nodes{};  ///< more of its nodes, should `server` be away
    duration command_timeout = std::chrono::milliseconds(50);  ///< above 0; a command is never
                                                               ///< queued for later
    duration connect_timeout = std::chrono::seconds(1);

    /// Whether both lead to the same budgets with the same rights.
    [[nodiscard]] bool same_as(const redis_options& other) const noexcept;
};

}  // namespace symphony
