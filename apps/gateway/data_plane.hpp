#pragma once

#include "gateway/proxy_target.hpp"
#include "symphony/net/http_server.hpp"
#include "symphony/tool/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace symphony::gateway {

class bounded_body;

/// The gateway's data plane: turns a request for `/{tool}/{endpoint}/…` into a managed call and its
/// outcome into an answer. Holds no policy and no state; one is shared by all shards.
class data_plane {
public:
    /// `max_request_bytes`: longer bodies are refused.
    data_plane(client& calls, std::optional<std::uint64_t> max_request_bytes)
        : client_(calls), max_request_bytes_(max_request_bytes) {}

    [[nodiscard]] boost::asio::awaitable<response> handle(net::server_request& received);

    /// Bodies up to this size are read whole before the call, so that it can be repeated.
    static constexpr std::size_t small_body = std::size_t{64} << 10;

private:
    [[nodiscard]] std::optional<response> prepare(net::server_request& received,
                                                  const proxy_target& target, request& call,
                                                  std::shared_ptr<bounded_body>& bounded) const;
    [[nodiscard]] boost::asio::awaitable<result<void>> take_body_in_time(
        net::server_request& received, request& call, const proxy_target& target) const;
    [[nodiscard]] response to_answer(result<response>&& outcome, const proxy_target& target,
                                     const bounded_body* bounded) const;

    client& client_;
    const std::optional<std::uint64_t> max_request_bytes_;
};

/// The answer to a request that the HTTP server turned down before it came to the data plane.
[[nodiscard]] response refused_call(int status, std::string_view reason);

/// Reads cost and priority of a call from `symphony-cost` and `symphony-priority`. Errors:
/// `invalid_request` for anything but a whole number in range.
[[nodiscard]] result<void> read_call_fields(const headers& received, request& call);

}  // namespace symphony::gateway
