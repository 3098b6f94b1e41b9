#pragma once

#include "net/server_channel.hpp"
#include "net/server_chunked.hpp"
#include "net/server_request_parser.hpp"
#include "symphony/net/body.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// The body of the request being handled, read from the connection as the handler asks for it.
class server_body final : public body_source {
public:
    server_body(server_channel& channel, const instant& until) noexcept
        : channel_(channel), until_(until) {}

    void restart(const request_framing& framing) noexcept;

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> read() override;
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
        return chunked_ ? std::nullopt : std::optional(size_);
    }

    /// After the handler: whether the whole body was read. The last piece is gone.
    [[nodiscard]] bool settle() noexcept;
    /// Whether what is left may be short enough to be read over, to keep the connection. Not so
    /// while the client waits for a "100 Continue" that never comes.
    [[nodiscard]] bool worth_draining() const noexcept;
    /// Reads the rest, within bounds; false when the connection cannot go on.
    [[nodiscard]] boost::asio::awaitable<bool> drain();

private:
    enum class state : std::uint8_t { reading, complete, failed };

    [[nodiscard]] boost::asio::awaitable<result<std::string_view>> next(instant until);
    [[nodiscard]] std::string_view take() noexcept;
    void break_off(error_kind kind, std::string message);
    [[nodiscard]] result<std::string_view> failure(error_kind kind, std::string message);

    server_channel& channel_;
    const instant& until_;  // the handler's word
    chunk_decoder decoder_;
    std::uint64_t size_ = 0;
    std::uint64_t left_ = 0;
    std::size_t given_ = 0;  // bytes of the input that the last piece lies in
    bool chunked_ = false;
    bool owes_continue_ = false;
    state state_ = state::complete;
    error error_;
};

}  // namespace symphony::net::detail
