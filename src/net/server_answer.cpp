#include "net/server_connection.hpp"

#include <boost/asio/post.hpp>

#include <array>
#include <charconv>
#include <optional>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

// Below it a body is copied behind its head; above, it is sent from where it lies.
constexpr std::size_t copied_bytes = std::size_t{16} << 10;
constexpr std::size_t flushed_bytes = std::size_t{64} << 10;

}  // namespace

answer_plan server_connection::begin_answer(const response& answer) {
    if (core_->draining || !body_.worth_draining()) keep_alive_ = false;
    const answer_plan plan =
        plan_answer(answer, request_.method, parser_.framing().http_1_0, keep_alive_);
    keep_alive_ = plan.keep_alive;
    append_head(channel_.out, answer, plan, core_->date.at(channel_.now()));
    return plan;
}

// What is at hand as a whole mostly leaves at once.
server_channel::sent server_connection::try_send_body(std::string_view& rest) {
    if (rest.size() <= copied_bytes) {
        channel_.out.append(rest);
        rest = {};
    }
    return channel_.try_send(rest);
}

// Each piece goes out as it comes: what is in the buffer when the source makes us wait is sent by
// the posted flush. When the source has more at hand, as with a short answer that is passed on, it
// all leaves in one send.
asio::awaitable<bool> server_connection::send_stream(body_source& source, const answer_plan& plan) {
    std::uint64_t total = 0;
    for (;;) {
        flush_soon();
        const result<std::string_view> piece = co_await source.read();
        if (!piece || gone_) break;
        total += piece->size();
        if (piece->empty()) {
            if (plan.length && total != *plan.length) break;
            if (plan.chunked) channel_.out.append("0\r\n\r\n");
            co_return co_await channel_.send({});
        }
        if (plan.length && total > *plan.length) break;
        if (!co_await send_piece(*piece, plan.chunked)) co_return false;
    }
    // The client must see that the body is cut short: what there is goes out, and no proper end.
    if (!gone_) static_cast<void>(co_await channel_.send({}));
    co_return false;
}

asio::awaitable<bool> server_connection::send_piece(std::string_view piece, bool chunked) {
    std::string& out = channel_.out;
    if (chunked) {
        std::array<char, 16> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init)
        const auto end =
            std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16);
        out.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
        out.append("\r\n");
    }
    if (piece.size() > copied_bytes) {
        if (!co_await channel_.send(piece)) co_return false;
    } else {
        out.append(piece);
    }
    if (chunked) out.append("\r\n");
    if (out.size() >= flushed_bytes) co_return co_await channel_.send({});
    co_return true;
}

void server_connection::flush_soon() {
    if (flush_posted_ || !channel_.has_unsent()) return;
    flush_posted_ = true;
    asio::post(core_->executor, [self = shared_from_this()] { self->flush_now(); });
}

void server_connection::flush_now() noexcept {
    flush_posted_ = false;
    if (gone_ || !channel_.has_unsent()) return;
    std::string_view nothing;
    switch (channel_.try_send(nothing)) {
        case server_channel::sent::all:
            break;
        case server_channel::sent::blocked:
            flush_posted_ = true;
            channel_.socket.async_wait(
                asio::socket_base::wait_write,
                [self = shared_from_this()](const boost::system::error_code&) {
                    self->flush_now();
                });
            break;
        case server_channel::sent::broken:
            client_left();
            break;
    }
}

}  // namespace symphony::net::detail
