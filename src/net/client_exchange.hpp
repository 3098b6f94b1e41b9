#pragma once

#include "net/client_pool.hpp"
#include "net/client_stream.hpp"
#include "net/response_content.hpp"
#include "net/response_head.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace symphony::net::detail {

/// One request and its answer on one connection, or on a second when the first proves dead before a
/// byte was sent: what was received is judged here, and the coroutine around it
/// (`send_http1`) waits. Lives in that coroutine's frame, which is small enough to be kept
/// for the next call: what is awaited seldom has a frame of its own.
class client_exchange {
public:
    client_exchange(reply& to, std::shared_ptr<client_pool> pool,
                    const std::shared_ptr<const destination>& where, const wire_request& request,
                    const send_options& options)
        : to_(to),
          answer_(to.answer),
          pool_(std::move(pool)),
          where_(where),
          request_(request),
          options_(options),
          limited_(where->http.first_byte_timeout || where->http.between_bytes_timeout) {
        to_.read_at.reset();
        if (!answer_ || !is_fresh(*answer_)) answer_ = response();
    }

    /// A connection to begin with.
    void use(client_lease first) noexcept { lease_ = std::move(first); }
    /// Takes a connection that rests in the pool, unless one has proved dead already.
    [[nodiscard]] bool take_idle();
    /// Waits for a connection; false when there is none to be had.
    [[nodiscard]] boost::asio::awaitable<bool> acquire();
    [[nodiscard]] client_connection& connection() const noexcept { return *lease_; }
    /// Writes the head. False: it cannot go out, and the connection is as good as it was.
    [[nodiscard]] bool begin();
    /// Sends the body piece by piece, until all is sent or the server answers early. False: the
    /// body failed.
    [[nodiscard]] boost::asio::awaitable<bool> send_stream();
    /// Sends what `send_now` could not.
    [[nodiscard]] boost::asio::awaitable<void> send_rest(std::string_view rest);
    /// The head says `Expect: 100-continue` (RFC 9110, 10.1.1): the body is large, and the server
    /// may not want it.
    [[nodiscard]] bool asks_leave() const noexcept { return asks_leave_; }
    /// Sends the head, and waits until the server wants the body, or has said nothing for a second.
    /// False: it does not, or the connection is lost.
    [[nodiscard]] boost::asio::awaitable<bool> wait_for_leave();
    /// The server knows nothing of such leave (417): the request goes out once more without.
    [[nodiscard]] bool begins_anew();
    void note_send(client_connection::sent how) noexcept;

    /// Before each wait for the answer: how long that may take, where it is bounded by itself.
    void expect_bytes() {
        if (limited_) limit_wait();
    }

    enum class progress : std::uint8_t { more, done, failed };
    /// Looks for a final head in what was received.
    [[nodiscard]] progress take_head();
    /// Takes what was received of the body; `done` also when the rest is to be streamed.
    [[nodiscard]] progress take_body();
    /// No more can be received.
    [[nodiscard]] progress on_end();

    [[nodiscard]] bool blocked() const noexcept { return blocked_; }
    [[nodiscard]] bool failed_to_send() const noexcept { return send_failed_; }
    /// Nothing of the request reached the server: it goes out once more, on a fresh connection.
    [[nodiscard]] bool goes_again() noexcept;
    /// The answer is complete, or streamed from here on: the connection goes where it belongs.
    void finish();
    [[nodiscard]] bool is_coded() const noexcept { return head_.names_coding; }

private:
    [[nodiscard]] static bool is_fresh(const response& given) noexcept {
        return given.status == 0 && given.body.empty() && given.fields.empty() && !given.stream &&
               !given.served_by;
    }
    [[nodiscard]] progress refuse(error_kind kind, std::string message);
    [[nodiscard]] bool wants_leave() const;
    // Not an interim answer: then sending goes on.
    [[nodiscard]] bool is_final();
    void limit_wait();

    reply& to_;
    result<response>& answer_;
    const std::shared_ptr<client_pool> pool_;
    const std::shared_ptr<const destination>& where_;
    const wire_request& request_;
    const send_options& options_;
    const bool limited_;
    client_lease lease_;
    response_head head_;
    std::optional<response_content> content_;
    std::optional<instant> sent_at_;  // all of the request; known where `limited_`
    std::size_t searched_ = 0;
    int interim_ = 0;
    bool blocked_ = false;
    bool send_failed_ = false;
    bool answered_early_ = false;
    bool again_ = false;
    bool asks_leave_ = false;
    bool has_leave_ = false;
};

}  // namespace symphony::net::detail
