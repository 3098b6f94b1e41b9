#pragma once

#include "symphony/core/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace symphony::net::detail {

struct client_core;

/// What a host name came to: addresses, or why there are none.
struct resolved_name {
    std::vector<boost::asio::ip::tcp::endpoint> addresses;
    std::string failure;
};

/// What names came to lately. The system does not say how long that holds: addresses are believed
/// for ten seconds, failures for one. Without I/O.
class name_cache {
public:
    static constexpr std::size_t most_names = 256;
    static constexpr duration keeps_addresses = std::chrono::seconds(10);
    static constexpr duration keeps_failures = std::chrono::seconds(1);

    /// Null when nothing is known any more. Valid until the next change.
    [[nodiscard]] const resolved_name* find(const std::string& name, instant now);
    /// In a full cache it takes the place of what would be forgotten next.
    void put(const std::string& name, resolved_name what, instant now);
    void forget(const std::string& name) { names_.erase(name); }
    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

private:
    struct entry {
        resolved_name what;
        instant until;
    };
    std::unordered_map<std::string, entry> names_;
};

/// Resolves the names of one client: each once at a time, however many ask for it, and not again
/// while the cache knows it. One thread.
class name_resolver {
public:
    using callback = std::move_only_function<void(const resolved_name&)>;

    /// `done` is called once, perhaps before this returns; never when the executor goes first.
    void resolve(const std::shared_ptr<client_core>& core, const std::string& host,
                 std::uint16_t port, callback done);
    /// None of its addresses was of use: the next call asks the system again.
    void forget(const std::string& host, std::uint16_t port);

private:
    // Lives with the system's answer that is to come, so that callbacks go when that never does.
    struct question {
        std::vector<callback> waiting;
    };

    name_cache cache_;
    std::unordered_map<std::string, std::weak_ptr<question>> asked_;
};

}  // namespace symphony::net::detail
