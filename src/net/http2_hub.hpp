#pragma once

#include "net/client_pool.hpp"
#include "net/http2_session.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace symphony::net::detail {

/// The connections of HTTP/2 to one destination, and what it speaks: where that is agreed on in the
/// TLS handshake, the first connection tells, and whoever comes meanwhile waits for it. Another
/// connection is opened only while the present ones are full. One thread.
class http2_hub : public std::enable_shared_from_this<http2_hub> {
public:
    http2_hub(std::shared_ptr<client_core> core, std::shared_ptr<client_pool> pool,
              std::shared_ptr<const destination> where);
    ~http2_hub();

    /// Where a request goes: a session, with a place in it reserved; or HTTP/1.1, on `lease` if
    /// there is one.
    struct way {
        std::shared_ptr<http2_session> session{};
        client_lease lease{};
    };
    /// Errors: as `client_pool::acquire`.
    [[nodiscard]] boost::asio::awaitable<result<way>> acquire(deadline until);

    /// As `client_pool::use`.
    void use(const std::shared_ptr<const destination>& where) {
        if (where_ == where) return;
        where_ = where;
        pool_->use(where);
    }

    void retire();
    void abort() noexcept;

private:
    // Somebody in the line.
    struct waiter {
        waiter(const client_core& core, std::deque<waiter*>& line, deadline until);
        ~waiter() { std::erase(line, this); }
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        std::deque<waiter*>& line;
        parking place;
        lazy_timer timeout;
        std::shared_ptr<http2_session> given;
        std::optional<error> failed;
        bool turn = false;   // to connect
        bool http1 = false;  // that is what the server speaks
        client_connection::stop stopped = client_connection::stop::none;
    };
    enum class protocol : std::uint8_t { unknown, http1, http2 };

    [[nodiscard]] std::shared_ptr<http2_session> find_room() const;
    void leave_outdated();
    [[nodiscard]] bool may_connect() const noexcept;
    [[nodiscard]] boost::asio::awaitable<result<way>> connect(deadline until);
    [[nodiscard]] boost::asio::awaitable<result<client_lease>> open(deadline until);
    [[nodiscard]] boost::asio::awaitable<result<way>> stand_in_line(deadline until);
    [[nodiscard]] result<way> leave_line(waiter& me, std::uint64_t generation);
    void on_failure(const error& why, deadline until);
    void serve_line();
    static void on_change(void* self) noexcept;

    const std::shared_ptr<client_core> core_;
    const std::shared_ptr<client_pool> pool_;
    std::shared_ptr<const destination> where_;
    std::vector<std::shared_ptr<http2_session>> sessions_;
    std::deque<waiter*> line_;
    protocol speaks_ = protocol::unknown;
    std::uint64_t aborts_ = 0;  // generation: whoever waited across an abort goes no further
    bool connecting_ = false;
    bool retired_ = false;
};

}  // namespace symphony::net::detail
