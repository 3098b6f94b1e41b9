#pragma once

#include "net/http2_session.hpp"
#include "symphony/net/body.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace symphony::net::detail {

/// Why a stream that was stopped has no answer.
[[nodiscard]] error stop_error(const http2_stream& stream, const destination& where);
/// What Content-Length says, if it is there and a number.
[[nodiscard]] std::optional<std::uint64_t> content_length(const headers& fields);

/// The rest of an answer over HTTP/2, read as it arrives: the server may send no more than its
/// window beyond what was read.
class http2_body final : public body_source {
public:
    http2_body(std::shared_ptr<http2_session> session, std::shared_ptr<http2_stream> stream,
               std::shared_ptr<const destination> where, std::optional<std::uint64_t> size);
    ~http2_body() override;
    http2_body(const http2_body&) = delete;
    http2_body& operator=(const http2_body&) = delete;

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return size_; }

private:
    const std::shared_ptr<http2_session> session_;
    const std::shared_ptr<http2_stream> stream_;
    const std::shared_ptr<const destination> where_;
    const std::optional<std::uint64_t> size_;
    std::string piece_;  // given last
    std::optional<error> broken_;
};

}  // namespace symphony::net::detail
