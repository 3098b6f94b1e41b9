#pragma once

#include "net/http2_server_session.hpp"
#include "net/server_body.hpp"
#include "net/server_channel.hpp"
#include "net/server_core.hpp"
#include "net/server_request_parser.hpp"
#include "net/server_response_head.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace symphony::net::detail {

/// One client's connection: a coroutine that reads a request, awaits its handler, sends the answer,
/// and begins again. It keeps itself alive until it ends.
class server_connection final : public std::enable_shared_from_this<server_connection> {
public:
    server_connection(std::shared_ptr<server_core> core, boost::asio::ip::tcp::socket socket,
                      const boost::asio::ip::tcp::endpoint& peer);
    ~server_connection();
    server_connection(const server_connection&) = delete;
    server_connection& operator=(const server_connection&) = delete;

    void start();
    /// Closes when no request is being read or handled.
    void drain() noexcept;
    /// Closes now and cancels the handler. Neither clock nor timers are used again.
    void stop() noexcept;

private:
    enum class phase : std::uint8_t { idle, reading_head, busy };

    [[nodiscard]] boost::asio::awaitable<void> run();
    [[nodiscard]] boost::asio::awaitable<bool> serve();
    [[nodiscard]] boost::asio::awaitable<bool> serve_http2();
    [[nodiscard]] boost::asio::awaitable<bool> read_head();
    [[nodiscard]] response failed_handler();
    [[nodiscard]] answer_plan begin_answer(const response& answer);
    [[nodiscard]] server_channel::sent try_send_body(std::string_view& rest);
    [[nodiscard]] boost::asio::awaitable<bool> send_stream(body_source& source,
                                                           const answer_plan& plan);
    [[nodiscard]] boost::asio::awaitable<bool> send_piece(std::string_view piece, bool chunked);
    [[nodiscard]] boost::asio::awaitable<void> refuse(int status);
    void flush_soon();
    void flush_now() noexcept;

    void watch(instant now);
    void unwatch() noexcept;
    void look() noexcept;
    void wait_for_input();
    void client_left() noexcept;

    std::shared_ptr<server_core> core_;
    std::size_t index_ = 0;  // in core_->connections
    server_channel channel_;
    request_parser parser_;
    server_request request_;
    server_body body_;
    phase phase_ = phase::idle;
    bool keep_alive_ = true;
    bool served_any_ = false;
    bool gone_ = false;       // the client, or the server
    bool cut_short_ = false;  // an answer
    bool begins_http2_ = false;
    bool flush_posted_ = false;

    boost::asio::cancellation_signal cancel_;
    lazy_timer look_at_client_;
    std::uint64_t watch_round_ = 0;
    bool waiting_for_input_ = false;
    std::unique_ptr<http2_server_session> http2_;  // null: HTTP/1.1
};

}  // namespace symphony::net::detail
