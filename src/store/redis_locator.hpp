#pragma once

#include "store/redis_socket.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>

namespace symphony::detail {

/// Who a connection logs in as.
struct redis_login {
    std::string username{};
    secret password{};
    std::uint32_t database = 0;
    bool master_only = false;  ///< a replica is not the one that was looked for
};

/// Logs in and makes sure that the server answers. Errors: `store_unavailable`; no text of them
/// holds the password.
[[nodiscard]] boost::asio::awaitable<result<void>> greet(redis_socket& server,
                                                         const redis_login& login);

/// Says where a connection goes, each time it is opened.
class redis_locator {
public:
    virtual ~redis_locator() = default;
    [[nodiscard]] virtual boost::asio::awaitable<result<redis_endpoint>> locate() = 0;
};

/// Always to the same server.
class fixed_locator final : public redis_locator {
public:
    explicit fixed_locator(redis_endpoint where) : where_(std::move(where)) {}
    [[nodiscard]] boost::asio::awaitable<result<redis_endpoint>> locate() override;

private:
    redis_endpoint where_;
};

/// To the master that Sentinel names. The sentinels are asked in turn, beginning with the one that
/// answered last; each has a while to answer.
class sentinel_locator final : public redis_locator {
public:
    sentinel_locator(std::shared_ptr<redis_core> core, redis_sentinel_options sentinel,
                     std::shared_ptr<const redis_tls> tls, duration patience);
    [[nodiscard]] boost::asio::awaitable<result<redis_endpoint>> locate() override;

private:
    [[nodiscard]] boost::asio::awaitable<result<redis_endpoint>> ask(const redis_address& sentinel);

    const std::shared_ptr<redis_core> core_;
    const redis_sentinel_options sentinel_;
    const std::shared_ptr<const redis_tls> tls_;
    const duration patience_;
    redis_login login_;
    std::size_t first_ = 0;
};

/// Closes a connection that is not open by then.
class redis_time_limit {
public:
    redis_time_limit(redis_core& core, redis_socket& limited, duration length);
    [[nodiscard]] bool passed() const noexcept { return passed_; }

private:
    redis_socket& limited_;
    redis_timer timer_;
    bool passed_ = false;
};

}  // namespace symphony::detail
