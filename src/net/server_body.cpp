#include "net/server_body.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t drain_bytes = std::uint64_t{256} << 10;
constexpr auto drain_time = std::chrono::seconds(1);
constexpr std::size_t small_room = std::size_t{4} << 10;
constexpr std::size_t large_room = std::size_t{32} << 10;

}  // namespace

void server_body::restart(const request_framing& framing) noexcept {
    chunked_ = framing.chunked;
    size_ = left_ = framing.length.value_or(0);
    given_ = 0;
    owes_continue_ = framing.expects_continue;
    state_ = framing.has_body() ? state::reading : state::complete;
    if (chunked_) decoder_.restart();
}

asio::awaitable<result<std::string_view>> server_body::read() {
    return next(std::min(later(channel_.now(), channel_.core().options.idle_timeout), until_));
}

asio::awaitable<result<std::string_view>> server_body::next(instant until) {
    channel_.input.consume(std::exchange(given_, 0));
    for (;;) {
        const std::string_view piece = take();
        if (!piece.empty()) co_return piece;
        if (state_ == state::complete) co_return std::string_view();
        if (state_ == state::failed) co_return std::unexpected(error_);
        if (std::exchange(owes_continue_, false)) {
            channel_.out.append("HTTP/1.1 100 Continue\r\n\r\n");
            if (!co_await channel_.send({}))
                co_return failure(error_kind::connection_lost, "the client has left");
        }
        const std::size_t room = chunked_ || left_ > small_room ? large_room : small_room;
        switch (co_await channel_.receive(room, until)) {
            case server_channel::received::bytes:
                break;
            case server_channel::received::timed_out:
                co_return failure(error_kind::timeout, "the client sent no more of the body");
            case server_channel::received::end: {
                const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
                if (cancelled != asio::cancellation_type::none)
                    co_return failure(error_kind::cancelled, "reading the body was cancelled");
                co_return failure(error_kind::connection_lost,
                                  "the client left before the body was complete");
            }
        }
    }
}

// The next piece of what has already arrived; empty at the end, at a fault, or when there is none.
std::string_view server_body::take() noexcept {
    const std::string_view input = channel_.input.view();
    if (state_ != state::reading || input.empty()) return {};
    owes_continue_ = false;  // the client did not wait
    if (!chunked_) {
        const std::size_t size =
            static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
        left_ -= size;
        given_ = size;
        if (left_ == 0) state_ = state::complete;
        return input.substr(0, size);
    }
    const chunk_decoder::step step = decoder_.next(input);
    if (step.piece.empty()) {
        channel_.input.consume(step.consumed);
    } else {
        given_ = step.consumed;
    }
    if (decoder_.done()) {
        state_ = state::complete;
    } else if (decoder_.failed()) {
        break_off(error_kind::protocol_error, "the body is not properly chunked");
    }
    return step.piece;
}

void server_body::break_off(error_kind kind, std::string message) {
    state_ = state::failed;
    error_ = error{};
    error_.kind = kind;
    error_.message = std::move(message);
}

result<std::string_view> server_body::failure(error_kind kind, std::string message) {
    break_off(kind, std::move(message));
    return std::unexpected(error_);
}

bool server_body::settle() noexcept {
    channel_.input.consume(std::exchange(given_, 0));
    return state_ == state::complete;
}

bool server_body::worth_draining() const noexcept {
    if (state_ == state::complete) return true;
    return state_ == state::reading && !owes_continue_ && (chunked_ || left_ <= drain_bytes);
}

asio::awaitable<bool> server_body::drain() {
    if (!worth_draining()) co_return false;
    const instant until = later(channel_.now(), drain_time);
    std::uint64_t total = 0;
    do {
        const result<std::string_view> piece = co_await next(until);
        if (!piece || total > drain_bytes) co_return false;
        if (piece->empty()) co_return true;
        total += piece->size();
    } while (true);
}

}  // namespace symphony::net::detail
