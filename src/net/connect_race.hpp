#pragma once

#include "net/server_timer.hpp"
#include "symphony/core/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace symphony::net::detail {

struct client_core;

/// The order in which addresses are tried (RFC 8305, 4): as they came, which is the order of RFC
/// 6724, but the families by turns, the first one's first. Not more than `most` of them.
[[nodiscard]] std::vector<boost::asio::ip::tcp::endpoint> by_turns(
    std::vector<boost::asio::ip::tcp::endpoint> addresses, std::size_t most = 32);

/// Connects to whichever of several addresses answers first (RFC 8305, 5): the next one is tried
/// when the last has failed, or has not answered for a while; none is given up for that. One
/// thread.
class connect_race : public std::enable_shared_from_this<connect_race> {
public:
    using endpoint = boost::asio::generic::stream_protocol::endpoint;
    using socket = boost::asio::generic::stream_protocol::socket;

    /// How long an address has before the next one is tried too (RFC 8305, 8).
    static constexpr auto attempt_delay = std::chrono::milliseconds(250);

    connect_race(std::shared_ptr<client_core> core, std::vector<endpoint> addresses);
    connect_race(std::shared_ptr<client_core> core,
                 const std::vector<boost::asio::ip::tcp::endpoint>& addresses)
        : connect_race(std::move(core), std::vector<endpoint>(addresses.begin(), addresses.end())) {
    }
    ~connect_race();
    connect_race(const connect_race&) = delete;
    connect_race& operator=(const connect_race&) = delete;

    /// `on_end` is called once, perhaps before this returns, unless `stop` comes first.
    void start(std::move_only_function<void()> on_end);
    /// Ends it without a winner.
    void stop() noexcept;

    /// After the end: the connection that was first, closed when there is none.
    [[nodiscard]] socket take() noexcept { return std::move(winner_); }
    /// Why there is none, one reason for each address.
    [[nodiscard]] const std::string& refusals() const noexcept { return refusals_; }

private:
    void try_next();
    void ended(std::list<socket>::iterator which, const boost::system::error_code& fault);
    void add_refusal(const boost::system::error_code& fault);
    void end();

    const std::shared_ptr<client_core> core_;
    const std::vector<endpoint> addresses_;
    std::size_t tried_ = 0;
    std::list<socket> running_;
    socket winner_;
    std::string refusals_;
    std::move_only_function<void()> on_end_;
    lazy_timer delay_;
    bool over_ = false;
};

}  // namespace symphony::net::detail
