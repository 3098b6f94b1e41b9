#pragma once

#include "net/client_connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace symphony::net::detail {

class client_pool;

/// A connection in somebody's hands. Let go without `give_back`, it is closed.
class client_lease {
public:
    client_lease() = default;
    client_lease(std::shared_ptr<client_pool> pool,
                 std::shared_ptr<client_connection> taken) noexcept
        : pool_(std::move(pool)), connection_(std::move(taken)) {}
    client_lease(client_lease&& other) noexcept = default;
    client_lease& operator=(client_lease&& other) noexcept {
        discard();
        pool_ = std::move(other.pool_);
        connection_ = std::move(other.connection_);
        return *this;
    }
    ~client_lease() { discard(); }

    [[nodiscard]] explicit operator bool() const noexcept { return connection_ != nullptr; }
    [[nodiscard]] client_connection* operator->() const noexcept { return connection_.get(); }
    [[nodiscard]] client_connection& operator*() const noexcept { return *connection_; }
    /// Nothing is left of the answer, and the connection may serve again. Gives the time if it was
    /// looked at.
    std::optional<instant> give_back();
    void discard() noexcept;

private:
    std::shared_ptr<client_pool> pool_;
    std::shared_ptr<client_connection> connection_;
};

/// The connections to one destination: most recently used first, at most so many, a waiting line in
/// order of arrival. One thread.
class client_pool : public std::enable_shared_from_this<client_pool> {
public:
    client_pool(std::shared_ptr<client_core> core, std::shared_ptr<const destination> where);
    ~client_pool();

    /// A connection that rests here and is alive, or nothing.
    [[nodiscard]] client_lease take_idle();
    /// A new connection, or one that comes free. Errors: as `client_connection::open`.
    [[nodiscard]] boost::asio::awaitable<result<client_lease>> acquire(deadline until);

    /// The latest word on how many and how long: a configuration was read again.
    void use(const std::shared_ptr<const destination>& where) {
        if (where_ != where) change_to(where);
    }

    /// Connections opened from now on ask for HTTP/2 in their TLS handshake.
    void offer_http2(bool offered) noexcept { offers_http2_ = offered; }

    /// Whether the server has left `Expect: 100-continue` without a word, or refused it.
    [[nodiscard]] bool ignores_expect() const noexcept { return ignores_expect_; }
    void note_silence() noexcept { ignores_expect_ = true; }

    void close_idle() noexcept;
    /// What rests here and no call would take: too old, or opened with files that have changed.
    void close_unusable() noexcept;
    void abort() noexcept;
    /// No connection rests here any more.
    void retire() noexcept;

    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    [[nodiscard]] std::size_t busy() const noexcept { return busy_.size(); }
    [[nodiscard]] std::size_t waiting() const noexcept { return line_.size(); }
    /// Nothing is open, and nobody waits.
    [[nodiscard]] bool empty() const noexcept {
        return idle_.empty() && busy_.empty() && line_.empty() && promised_ == 0;
    }
    [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }
    [[nodiscard]] std::uint64_t reused() const noexcept { return reused_; }

private:
    friend class client_lease;
    // Somebody in the waiting line. `turn` means that a place is free for it.
    struct waiter {
        waiter(const client_core& core, std::deque<waiter*>& line, deadline until);
        ~waiter() { std::erase(line, this); }
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        std::deque<waiter*>& line;  // left also when the coroutine is destroyed, not resumed
        parking place;
        lazy_timer timeout;
        std::shared_ptr<client_connection> given;
        bool turn = false;
        client_connection::stop stopped = client_connection::stop::none;
    };

    [[nodiscard]] boost::asio::awaitable<result<client_lease>> open(deadline until);
    [[nodiscard]] boost::asio::awaitable<result<client_lease>> stand_in_line(deadline until);
    void change_to(const std::shared_ptr<const destination>& where);
    std::optional<instant> give_back(std::shared_ptr<client_connection> connection);
    void discard(client_connection& connection) noexcept;
    void add_busy(const std::shared_ptr<client_connection>& connection);
    void remove_busy(client_connection& connection) noexcept;
    void drop_idle(client_connection& connection) noexcept;
    void next_in_line() noexcept;
    void close_old() noexcept;

    const std::shared_ptr<client_core> core_;
    std::shared_ptr<const destination> where_;
    const std::shared_ptr<tls_sessions> sessions_ = std::make_shared<tls_sessions>();
    std::vector<std::shared_ptr<client_connection>> idle_;  // the back is the most recent
    std::vector<std::shared_ptr<client_connection>> busy_;
    std::deque<waiter*> line_;
    bool ignores_expect_ = false;
    std::size_t promised_ = 0;  // places kept for those whose turn it is
    std::uint64_t aborts_ = 0;  // generation: whoever waited across an abort goes no further
    lazy_timer old_age_;
    bool retired_ = false;
    bool offers_http2_ = false;
    std::uint64_t opened_ = 0;
    std::uint64_t reused_ = 0;
};

}  // namespace symphony::net::detail
