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

/// One request and its answer on one connection: what was received is judged here, and the
/// coroutine around it (`http_client::send`) waits. Lives in that coroutine's frame.
class client_exchange {
public:
    client_exchange(const std::shared_ptr<const destination>& where, const wire_request& request,
                    const send_options& options, client_lease lease)
        : where_(where), request_(request), options_(options), lease_(std::move(lease)) {}

    [[nodiscard]] client_connection& connection() const noexcept { return *lease_; }
    /// Writes the head; `invalid_request` leaves the connection as good as it was.
    [[nodiscard]] result<void> begin();
    /// The request cannot go out: the connection has not been used.
    [[nodiscard]] std::unexpected<error> decline(error why);
    /// Sends the body piece by piece, until all is sent or the server answers early.
    [[nodiscard]] boost::asio::awaitable<result<void>> send_stream();
    /// Sends what `send_now` could not.
    [[nodiscard]] boost::asio::awaitable<void> send_rest(std::string_view rest);
    void note_send(client_connection::sent how) noexcept;

    enum class progress : std::uint8_t { more, done, failed };
    /// Looks for a final head in what was received.
    [[nodiscard]] progress take_head();
    /// Takes what was received of the body; `done` also when the rest is to be streamed.
    [[nodiscard]] progress take_body();
    /// No more can be received.
    [[nodiscard]] progress on_end();

    [[nodiscard]] bool blocked() const noexcept { return blocked_; }
    [[nodiscard]] bool failed_to_send() const noexcept { return send_failed_; }
    /// Nothing of the request reached the server: it may be sent again on another connection.
    [[nodiscard]] bool never_sent() const noexcept {
        return lease_->reused && lease_->sent_bytes() == 0 &&
               lease_->stopped() == client_connection::stop::none;
    }
    [[nodiscard]] result<response> finish();
    [[nodiscard]] error take_error();

private:
    [[nodiscard]] progress refuse(error_kind kind, std::string message);
    [[nodiscard]] progress end_of_body();

    const std::shared_ptr<const destination>& where_;
    const wire_request& request_;
    const send_options& options_;
    client_lease lease_;
    response_head head_;
    std::optional<response_content> content_;
    std::size_t searched_ = 0;
    int interim_ = 0;
    bool blocked_ = false;
    bool send_failed_ = false;
    bool answered_early_ = false;
    response answer_;
    error error_;
};

}  // namespace symphony::net::detail
