#pragma once

#include "symphony/core/error.hpp"
#include "symphony/net/body.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace symphony::net::detail {

class http2_server_session;
struct http2_server_stream;

/// The body of a request over HTTP/2: what has arrived is handed over, and only then may the client
/// send as much again.
class http2_server_body final : public body_source {
public:
    http2_server_body(http2_server_session& session, http2_server_stream& stream) noexcept
        : session_(session), stream_(stream) {}

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override;

private:
    [[nodiscard]] result<std::string_view> failure(error_kind kind, std::string message);

    http2_server_session& session_;
    http2_server_stream& stream_;
    std::string given_;  // last
    std::optional<error> broken_;
};

}  // namespace symphony::net::detail
