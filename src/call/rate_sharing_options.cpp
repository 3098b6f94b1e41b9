#include "symphony/call/rate_sharing_options.hpp"

#include <fmt/format.h>

namespace symphony {

namespace {

std::string address_text(const redis_address& at) {
    const bool bare_ipv6 = at.host.find(':') != std::string::npos;
    return bare_ipv6 ? fmt::format("[{}]:{}", at.host, at.port)
                     : fmt::format("{}:{}", at.host, at.port);
}

}  // namespace

bool rate_sharing_options::same_as(const rate_sharing_options& other) const noexcept {
    return redis.same_as(other.redis) && on_store_failure == other.on_store_failure &&
           lease == other.lease && lease_time == other.lease_time;
}

std::optional<std::string> rate_sharing_options::problem() const {
    using namespace std::chrono_literals;
    if (lease_time < 1ms || lease_time > 10s) return "lease time must be in 1 ms ... 10 s";
    if (redis.command_timeout <= duration::zero() || redis.connect_timeout <= duration::zero()) {
        return "redis: time-outs must be above 0";
    }
    if (redis.database > 15) return "redis: database must be in 0 ... 15";
    if (redis.cluster && redis.database != 0) return "redis: a cluster has only database 0";
    if (redis.cluster && !redis.sentinel.addresses.empty()) {
        return "redis: either a cluster or sentinels";
    }
    if (!redis.sentinel.addresses.empty() && redis.sentinel.master.empty()) {
        return "redis: sentinels need the master's name";
    }
    return std::nullopt;
}

std::string describe_target(const redis_options& redis) {
    const char* const tls = redis.tls ? " over TLS" : "";
    if (!redis.sentinel.addresses.empty()) {
        return fmt::format("redis master {} of {} sentinel{}{}", redis.sentinel.master,
                           redis.sentinel.addresses.size(),
                           redis.sentinel.addresses.size() == 1 ? "" : "s", tls);
    }
    if (!redis.unix_socket.empty()) return "redis at " + redis.unix_socket;
    return fmt::format("redis{} at {}{}", redis.cluster ? " cluster" : "",
                       address_text(redis.server), tls);
}

}  // namespace symphony
