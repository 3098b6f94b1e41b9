#pragma once

#include "net/name_resolver.hpp"
#include "net/parking.hpp"
#include "net/server_buffer.hpp"
#include "net/server_timer.hpp"
#include "net/time_limit.hpp"
#include "net/tls_bytes.hpp"
#include "net/tls_handshake.hpp"
#include "net/turn_end.hpp"
#include "symphony/core/clock.hpp"
#include "symphony/core/deadline.hpp"
#include "symphony/net/io_hook.hpp"
#include "symphony/net/transport.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::net::detail {

/// What all connections of one client share.
struct client_core {
    client_core(boost::asio::any_io_executor on, const clock& clock_used, timers& timers_used,
                io_hook* hook_used)
        : executor(std::move(on)),
          time(clock_used),
          wakeups(timers_used),
          hook(hook_used),
          turns(executor) {}

    [[nodiscard]] bool fails(io_operation next) const noexcept {
        return hook != nullptr && !stopped && hook->fails(next);
    }

    boost::asio::any_io_executor executor;
    const clock& time;
    timers& wakeups;
    io_hook* hook;
    name_resolver names;
    turn_end turns;
    bool stopped = false;  ///< the client is gone: clock, timers and hook may be too
};

/// One connection, TLS or not: bytes in and out, one coroutine that waits for either, a deadline
/// and an abort that end the wait. A receive is outstanding between requests from the end of the
/// loop's turn on, so that a connection which dies in the pool is known as dead without a look at
/// it. One thread.
class client_connection final : public std::enable_shared_from_this<client_connection>,
                                private turn_end::waiter {
public:
    /// `sessions`: what TLS may resume, and where new sessions go.
    client_connection(std::shared_ptr<client_core> core, std::shared_ptr<const destination> where,
                      std::shared_ptr<tls_sessions> sessions);
    ~client_connection();

    /// Why a wait ended without what was waited for.
    enum class stop : std::uint8_t { none, timed_out, cancelled, aborted };

    /// Resolves, connects, goes through the proxy if there is one, and shakes hands. Errors:
    /// `dns_failed`, `connect_failed`, `tls_failed`, `timeout`, `cancelled`.
    [[nodiscard]] boost::asio::awaitable<result<void>> open(deadline until);

    /// Starts a use: its deadline holds for all waits until `rest`. `which`: whose deadline it is.
    void begin_use(deadline until, time_limit which = time_limit::deadline);
    /// The waits from now on end at `due` at the latest, if the use's own deadline is not earlier.
    void limit(instant due, time_limit which);
    void lift_limit();
    /// What `stop::timed_out` met.
    [[nodiscard]] time_limit limit_reached() const noexcept { return limit_; }
    /// The use is over and the connection is whole: listens for its end. `on_dead` is then called.
    void rest(void (*on_dead)(client_connection&) noexcept, void* keeper);

    enum class sent : std::uint8_t { all, blocked, answered, broken };
    /// Sends `out` and `more` as far as it goes at once, and takes off what went.
    [[nodiscard]] sent send_now(std::string_view& more);
    /// The same, waiting as long as it takes; `answered` when the peer speaks before all is sent:
    /// called again, it goes on with what is left in `more`, which outlives it.
    [[nodiscard]] boost::asio::awaitable<sent> send(std::string_view& more);
    /// Waits for input. False: the end of it, broken, or stopped.
    [[nodiscard]] boost::asio::awaitable<bool> receive();
    /// What has arrived was looked at: only more of it counts as news.
    void note_heard() noexcept { arrived_ = false; }
    /// Looks whether the peer has said something or left, at the price of a system call.
    [[nodiscard]] bool is_still_quiet() noexcept;

    // For a protocol that sends and receives at the same time.
    /// Sends `out` as far as it goes at once, and goes on with the rest by itself: `blocked`, and
    /// `sending` until then, while which nothing may be added to `out`.
    [[nodiscard]] sent push();
    [[nodiscard]] bool sending() const noexcept { return sending_; }
    /// Waits until something has arrived, a `push` has gone on as far as it could, or nothing more
    /// will: broken, ended, stopped, or `wake`.
    [[nodiscard]] boost::asio::awaitable<void> next_event();
    void wake() noexcept {
        woken_ = true;
        parking_.wake_later();
    }
    /// To be asked for in the TLS handshake; before `open`.
    void offer_http2(bool offered) noexcept { offers_http2_ = offered; }
    /// As agreed on when it was opened, or by configuration.
    [[nodiscard]] bool speaks_http2() const noexcept { return speaks_http2_; }
    /// The files it was opened with, a certificate for instance, have changed since: to be used to
    /// the end of this use.
    [[nodiscard]] bool outdated() const noexcept;
    /// Looks whether they have: somebody else has seen contents of this revision.
    void catch_up(std::uint64_t revision) const;
    /// The server did not accept the certificate it was shown, or saw none, which in TLS 1.3 is
    /// known only after `open`. `maybe_sent` is false when the server cannot have looked at
    /// anything that was sent.
    [[nodiscard]] const std::optional<error>& refusal() const noexcept { return refusal_; }

    void listen();
    void abort() noexcept;
    void close() noexcept;

    [[nodiscard]] stop stopped() const noexcept { return stop_; }
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    /// The peer ended its side in good order.
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_; }
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    [[nodiscard]] void* keeper() const noexcept { return keeper_; }
    [[nodiscard]] const client_core& core() const noexcept { return *core_; }

    input_buffer input;
    std::string out;  ///< to be sent; append only
    instant rested_at{};
    bool reused = false;
    std::size_t place = 0;  ///< among those in use: the pool's own

private:
    [[nodiscard]] boost::asio::awaitable<result<void>> resolve();
    [[nodiscard]] boost::asio::awaitable<result<void>> connect();
    [[nodiscard]] boost::asio::awaitable<result<void>> tunnel();
    [[nodiscard]] boost::asio::awaitable<result<void>> shake_hands();
    /// Until both sides of TLS are content, with `operation_fault_` for why they are not.
    [[nodiscard]] boost::asio::awaitable<void> negotiate();
    /// Waits until the operation that was started has ended; false when stopped instead.
    [[nodiscard]] boost::asio::awaitable<bool> operation();
    [[nodiscard]] auto on_operation();
    void limit_stage(const std::optional<duration>& within, time_limit which);
    [[nodiscard]] error stop_error(std::string_view stage, std::string_view peer) const;
    [[nodiscard]] std::string peer() const;
    /// What `listen` comes to.
    void on_end_of_turn() noexcept override;
    void begin_receive();
    void hold_little();
    void on_event();
    void stop_with(stop why) noexcept;
    /// Where what the socket has goes.
    [[nodiscard]] input_buffer& received() noexcept { return tls_ ? tls_->received : input; }
    void receive_now();
    /// False: nothing that concerns anybody but TLS.
    [[nodiscard]] bool take_received(const boost::system::error_code& fault, std::size_t size,
                                     std::size_t wanted);
    [[nodiscard]] bool decrypt();
    [[nodiscard]] sent write_now(std::string& bytes, std::string_view& more);
    [[nodiscard]] bool encrypt(std::string_view& more);
    [[nodiscard]] sent write_encrypted(std::string_view& more);
    void take_fault(const boost::system::error_code& fault);
    void note_refusal(const boost::system::error_code& fault);
    [[nodiscard]] bool will_be_told();
    void resume_session();
    [[nodiscard]] const std::string& server_name() const noexcept;

    const std::shared_ptr<client_core> core_;
    const std::shared_ptr<const destination> where_;
    boost::asio::generic::stream_protocol::socket socket_;  // TCP, or a Unix-domain socket
    tls_handshake handshake_;                               // outlives `tls_`
    std::optional<tls_bytes> tls_;
    std::vector<boost::asio::ip::tcp::endpoint> addresses_;
    parking parking_;
    lazy_timer deadline_;
    deadline until_;  // of the use
    void (*on_dead_)(client_connection&) noexcept = nullptr;
    void* keeper_ = nullptr;
    std::size_t out_sent_ = 0;  // of `out`, or of what TLS made of it
    std::uint64_t sent_ = 0;    // bytes of this use that the kernel took
    boost::system::error_code operation_fault_;
    stop stop_ = stop::none;
    time_limit use_limit_ = time_limit::deadline;  // what `until_` is
    time_limit limit_ = time_limit::deadline;      // what `deadline_` is set for
    bool operation_done_ = false;
    bool listening_ = false;    // a receive is outstanding
    bool due_ = false;          // it begins when this turn of the loop ends
    bool sending_ = false;      // the kernel took no more: its word is awaited
    bool arrived_ = false;      // there is input since the last `receive`
    bool more_likely_ = false;  // the last receive filled its buffer
    bool ended_ = false;
    bool broken_ = false;
    bool woken_ = false;
    bool offers_http2_ = false;
    bool speaks_http2_ = false;
    bool secured_ = false;  // the handshake is done
    bool heard_ = false;    // the server has said something within TLS
    std::string reason_;
    std::optional<error> refusal_;
};

}  // namespace symphony::net::detail
