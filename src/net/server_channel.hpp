#pragma once

#include "net/parking.hpp"
#include "net/server_buffer.hpp"
#include "net/server_core.hpp"
#include "net/server_timer.hpp"
#include "net/server_tls.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// The bytes of one connection: received into one buffer, sent from another, with a deadline that
/// follows progress. Sending tries at once and waits only when the kernel's buffer is full, so that
/// an ordinary answer costs one system call and no turn of the loop.
class server_channel final : private turn_end::waiter {
public:
    server_channel(std::shared_ptr<server_core> core, boost::asio::ip::tcp::socket socket);
    ~server_channel();

    [[nodiscard]] bool is_secured() const noexcept { return tls_ != nullptr; }
    /// Whether TLS's handshake agreed on it.
    [[nodiscard]] bool speaks_http2() const noexcept { return tls_ && tls_->speaks_http2(); }
    /// TLS's handshake, where that is spoken. False: the connection is of no use.
    [[nodiscard]] boost::asio::awaitable<bool> open(instant until);

    enum class received : std::uint8_t { bytes, end, timed_out };
    enum class sent : std::uint8_t { all, blocked, broken };

    /// Waits for more input until `until`; `end` also for a broken or closed connection.
    [[nodiscard]] boost::asio::awaitable<received> receive(std::size_t room, instant until);
    /// What has arrived already, without waiting; false for nothing.
    [[nodiscard]] bool receive_now(std::size_t room);
    /// Whether `receive_now` may have something without a word to the kernel.
    [[nodiscard]] bool has_more_at_hand() const noexcept { return tls_ && tls_->has_more(); }
    /// Ends a `receive` that has nothing yet.
    void stop_waiting() noexcept;

    /// Sends what is in `out` and then `more`, of which it takes off what went.
    [[nodiscard]] sent try_send(std::string_view& more) noexcept;
    /// The same, waiting as long as there is progress. False: the connection is of no more use.
    [[nodiscard]] boost::asio::awaitable<bool> send(std::string_view more);
    /// Ends the sending side and reads what the client still sends, within bounds: closing with
    /// unread input would reset the connection, and the client might never see the answer.
    [[nodiscard]] boost::asio::awaitable<void> linger();

    /// `in_order`: what was said is whole, as TLS lets the client know.
    void close(bool in_order = false) noexcept;
    /// `close`, and neither clock nor timers are used again.
    void stop() noexcept;

    [[nodiscard]] server_core& core() noexcept { return *core_; }
    [[nodiscard]] instant now() const noexcept {
        return core_->stopped ? instant() : core_->time.now();
    }
    [[nodiscard]] bool has_unsent() const noexcept { return out_sent_ < out.size(); }

    boost::asio::ip::tcp::socket socket;
    input_buffer input;
    std::string out;  ///< to be sent; append only

private:
    void refuse_plain_http();
    void on_deadline() noexcept;
    void on_end_of_turn() noexcept override;
    [[nodiscard]] boost::asio::awaitable<bool> wait_for(server_tls::outcome what);
    [[nodiscard]] boost::asio::awaitable<received> receive_secured(std::size_t room, instant until);
    [[nodiscard]] sent try_send_secured(std::string_view& more) noexcept;

    std::shared_ptr<server_core> core_;
    std::unique_ptr<server_tls> tls_;  // null: in the clear
    std::size_t out_sent_ = 0;
    bool timed_out_ = false;
    bool parked_ = false;
    bool gave_up_ = false;  // told to while parked
    lazy_timer deadline_;
    parking parking_;
};

}  // namespace symphony::net::detail
