#pragma once

#include "store/redis_core.hpp"
#include "store/redis_locator.hpp"
#include "store/redis_socket.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace symphony::detail {

/// Commands that belong together; the answer is the reply to the last one.
struct redis_request {
    std::string bytes{};  ///< in RESP form
    std::size_t replies = 1;
    std::string_view verb{};  ///< for messages
};

/// How long what may take on one connection.
struct redis_limits {
    duration command{};
    duration connect{};
};

/// One server's connection, kept up as long as it is used: commands of many coroutines go out
/// together and their replies are matched in order.
///
/// A command waits for the connection to be opened and for its reply only until its own deadline.
/// While the last attempt to connect has failed, or the server has stayed silent, commands fail at
/// once; attempts go on in the background for a while after the last command. When the connection
/// breaks, all commands on it fail at once. For one thread.
class redis_connection : public std::enable_shared_from_this<redis_connection> {
public:
    redis_connection(std::shared_ptr<redis_core> core, std::unique_ptr<redis_locator> locator,
                     redis_login login, std::shared_ptr<const redis_tls> tls, redis_limits limits,
                     std::string name);

    /// Errors: `store_unavailable`, `cancelled`. What Redis answers is no error here. `what` is
    /// kept by the caller.
    [[nodiscard]] boost::asio::awaitable<result<redis_reply>> ask(const redis_request& what,
                                                                  instant until);
    /// Breaks the connection, as the server is not what it should be, and looks for it anew.
    void drop(error why);
    /// For good. Whoever waits gets `why`.
    void retire(error why) noexcept;

    [[nodiscard]] bool is_ready() const noexcept { return state_ == state::ready; }
    [[nodiscard]] instant last_used() const noexcept { return last_used_; }
    /// The server connected to, or the last one tried.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& host() const noexcept { return host_; }

private:
    enum class state : std::uint8_t { idle, connecting, ready, retired };
    struct pending;
    // A command on the wire, or about to be; without `who` nobody wants its reply any more.
    struct slot {
        pending* who = nullptr;
        instant sent_at{};
        std::uint64_t begin = 0;  // where its bytes stand among all of this connection
        std::size_t size = 0;
        std::size_t replies = 0;
    };

    [[nodiscard]] boost::asio::awaitable<void> work(std::shared_ptr<redis_connection> self);
    [[nodiscard]] boost::asio::awaitable<result<void>> open();
    [[nodiscard]] boost::asio::awaitable<error> take_replies();
    [[nodiscard]] boost::asio::awaitable<void> send_rest(std::shared_ptr<redis_connection> self,
                                                         std::shared_ptr<redis_socket> to);
    [[nodiscard]] bool take_reply(redis_reply reply);
    void become_ready();
    void become_down(error why);
    void lose(error why, bool is_down);
    void take_in(pending& command, instant now);
    void submit(pending& command, instant now);
    void leave(pending& command) noexcept;
    void flush_soon();
    void flush();
    [[nodiscard]] bool is_wanted() const;
    [[nodiscard]] bool is_silent(instant now) const noexcept;
    [[nodiscard]] error silence() const;
    [[nodiscard]] instant next_attempt(instant last);

    const std::shared_ptr<redis_core> core_;
    const std::unique_ptr<redis_locator> locator_;
    const redis_login login_;
    const std::shared_ptr<const redis_tls> tls_;
    const redis_limits limits_;
    std::string name_;
    std::string host_;

    std::shared_ptr<redis_socket> socket_;
    state state_ = state::idle;
    bool working_ = false;
    bool down_ = false;
    bool flush_posted_ = false;
    bool sending_rest_ = false;
    std::size_t unsent_ = 0;  // commands since the last flush
    bool proven_ = false;     // it has answered a command since it was opened
    unsigned failures_ = 0;   // in a row
    error reason_;            // why it is down
    instant last_used_{};
    instant last_reply_{};
    std::vector<pending*> waiting_;  // for the connection
    std::deque<slot> slots_;         // in the order of their replies
    std::uint64_t first_slot_ = 0;   // number of the first of them
    std::string out_;                // not yet handed over
    std::uint64_t handed_over_ = 0;  // bytes before `out_`
};

}  // namespace symphony::detail
