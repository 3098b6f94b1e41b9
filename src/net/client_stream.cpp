#include "net/client_stream.hpp"

#include <fmt/format.h>

#include <utility>

namespace symphony::net::detail {

error connection_failure(const client_connection& connection, const destination& where,
                         const char* stage) {
    error why;
    why.maybe_sent = true;
    switch (connection.stopped()) {
        case client_connection::stop::timed_out:
            why.kind = error_kind::timeout;
            why.message = too_late(connection.limit_reached(), where.http, stage, where.authority);
            break;
        case client_connection::stop::cancelled:
        case client_connection::stop::aborted:
            why.kind = error_kind::cancelled;
            why.message = "the call was cancelled";
            break;
        case client_connection::stop::none:
            if (connection.refusal()) return *connection.refusal();
            why.kind = error_kind::connection_lost;
            why.message =
                fmt::format("the connection was lost while {} {}", stage, where.authority);
            why.remote = connection.reason();
            break;
    }
    return why;
}

boost::asio::awaitable<result<std::string_view>> client_stream::read() {
    if (broken_) co_return std::unexpected(*broken_);
    if (!std::exchange(begun_, true) && !beginning_.empty()) {
        co_return std::string_view(beginning_);
    }
    if (!lease_) co_return std::string_view();
    input_buffer& input = lease_->input;
    input.consume(std::exchange(used_, 0));
    for (;;) {
        const auto [piece, consumed] = content_.next(input.view());
        if (!piece.empty()) {
            used_ = consumed;
            co_return piece;
        }
        input.consume(consumed);
        if (content_.done()) co_return finish();
        if (content_.failed()) {
            error why;
            why.kind = error_kind::protocol_error;
            why.message = "the answer breaks HTTP: its chunks cannot be read";
            why.maybe_sent = true;
            co_return break_off(std::move(why));
        }
        // Only while somebody waits: a reader that takes its time is not the server's fault.
        const auto& most = where_->http.between_bytes_timeout;
        if (most) {
            lease_->limit(later(lease_->core().time.now(), *most), time_limit::between_bytes);
        }
        const bool received = co_await lease_->receive();
        if (most) lease_->lift_limit();
        if (!received) {
            if (lease_->ended()) content_.on_close();
            if (content_.done()) co_return finish();
            co_return break_off(connection_failure(*lease_, *where_, "reading the answer of"));
        }
    }
}

result<std::string_view> client_stream::finish() {
    if (reusable_ && lease_->input.empty()) {
        lease_.give_back();
    } else {
        lease_.discard();
    }
    return std::string_view();
}

result<std::string_view> client_stream::break_off(error why) {
    lease_.discard();
    broken_ = why;
    return std::unexpected(std::move(why));
}

}  // namespace symphony::net::detail
