#pragma once

#include "symphony/net/http_server.hpp"
#include "symphony/net/response.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace symphony::testing {

/// An HTTP server on 127.0.0.1, a free port and a thread of its own, for tests and examples.
/// The handler runs on that thread, one request at a time per connection. The destructor cancels
/// what runs, stops and joins. Throws std::runtime_error when there is no port to be had.
class local_server {
public:
    using handler = std::function<response(net::server_request&)>;
    using async_handler = net::http_server::handler;

    explicit local_server(handler on_request);
    static local_server with_coroutine(async_handler on_request);
    ~local_server();
    local_server(local_server&&) noexcept;

    /// "http://127.0.0.1:PORT"
    [[nodiscard]] const std::string& url() const noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// Requests answered or being answered.
    [[nodiscard]] std::uint64_t requests() const noexcept;

private:
    class impl;
    explicit local_server(std::unique_ptr<impl> implementation);
    std::unique_ptr<impl> impl_;
};

/// A response with that status and body; `content_type` as given.
[[nodiscard]] response make_response(int status, std::string body = {},
                                     std::string content_type = "application/json");

}  // namespace symphony::testing
