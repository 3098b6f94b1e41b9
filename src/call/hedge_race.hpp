#pragma once

#include "call/attempt_permits.hpp"
#include "call/managed_call.hpp"
#include "call/slow_watch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace symphony {

/// One attempt that is sent again while it has no answer; the first usable answer is taken, and the
/// others are cancelled and have ended by then. On the call's shard; the call outlives `run`.
class hedge_race : public std::enable_shared_from_this<hedge_race> {
public:
    hedge_race(managed_call& call, const shard& where, const hedge_options& options,
               duration delay);
    ~hedge_race();
    hedge_race(const hedge_race&) = delete;
    hedge_race& operator=(const hedge_race&) = delete;

    /// What the attempt came to. The call then holds the permits of the one that counts; of all
    /// others the policies have been told. As `transport::send_into`.
    [[nodiscard]] static boost::asio::awaitable<void> run(net::reply& to,
                                                          std::shared_ptr<hedge_race> race);

private:
    static constexpr std::size_t most = 4;

    struct leg {
        attempt_permits held;  // of the first one the call has them
        std::optional<slow_watch> slow;
        boost::asio::cancellation_signal cancel;
        std::optional<result<response>> outcome;  // when it has ended
        bool judged = false;
    };
    struct alarm : timer {
        explicit alarm(hedge_race& race) noexcept;
        hedge_race& owner;
    };

    class ending;

    [[nodiscard]] boost::asio::awaitable<void> race();
    void start(leg& one);
    void end(leg& one, result<response> outcome);
    void abandon() noexcept;
    void notify();
    [[nodiscard]] boost::asio::awaitable<void> until_something_happens();
    void send_another();
    void judge();
    void cancel_all() noexcept;
    void conclude();
    [[nodiscard]] attempt_permits& permits_of(leg& one) noexcept;
    void arm();

    managed_call& call_;
    const shard& where_;
    const std::size_t last_;  // how many there may be
    const duration delay_;
    alarm alarm_;
    std::array<leg, most> legs_;
    std::size_t started_ = 0;
    std::size_t running_ = 0;
    leg* taken_ = nullptr;  // whose outcome is the attempt's
    bool due_ = false;
    bool stopped_ = false;
    bool happened_ = false;
    std::move_only_function<void()> resume_;
};

}  // namespace symphony
