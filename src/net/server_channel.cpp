#include "net/server_channel.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <array>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr auto token = asio::as_tuple(asio::deferred);
constexpr auto linger_time = std::chrono::seconds(1);
constexpr std::size_t linger_bytes = std::size_t{256} << 10;
constexpr std::size_t kept_out_bytes = std::size_t{64} << 10;

}  // namespace

server_channel::server_channel(std::shared_ptr<server_core> core, asio::ip::tcp::socket connected)
    : socket(std::move(connected)),
      core_(std::move(core)),
      deadline_(core_->wakeups, this,
                [](void* self) noexcept { static_cast<server_channel*>(self)->on_deadline(); }) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void server_channel::on_deadline() noexcept {
    timed_out_ = true;
    stop_waiting();
}

void server_channel::stop_waiting() noexcept {
    boost::system::error_code ignored;
    socket.cancel(ignored);
}

bool server_channel::receive_now(std::size_t room) {
    boost::system::error_code fault;
    input.commit(socket.read_some(input.prepare(room), fault));
    return !fault && !input.empty();
}

asio::awaitable<server_channel::received> server_channel::receive(std::size_t room, instant until) {
    timed_out_ = false;
    if (!socket.is_open()) co_return received::end;
    deadline_.set(until);
    const auto [fault, size] = co_await socket.async_read_some(input.prepare(room), token);
    deadline_.clear();
    input.commit(size);
    if (size > 0) co_return received::bytes;
    co_return timed_out_ ? received::timed_out : received::end;
}

server_channel::sent server_channel::try_send(std::string_view& more) noexcept {
    for (;;) {
        const std::array<asio::const_buffer, 2> pieces{
            asio::buffer(out.data() + out_sent_, out.size() - out_sent_),
            asio::buffer(more.data(), more.size())};
        const std::size_t total = pieces[0].size() + pieces[1].size();
        if (total == 0) break;
        boost::system::error_code fault;
        // A single buffer goes through the cheaper send().
        const std::size_t size = pieces[1].size() == 0 ? socket.write_some(pieces[0], fault)
                                                       : socket.write_some(pieces, fault);
        if (fault == asio::error::would_block || fault == asio::error::try_again)
            return sent::blocked;
        if (fault) return sent::broken;
        const std::size_t from_out = std::min(size, pieces[0].size());
        out_sent_ += from_out;
        more.remove_prefix(size - from_out);
        if (size == total) break;
    }
    out.clear();
    out_sent_ = 0;
    return sent::all;
}

asio::awaitable<bool> server_channel::send(std::string_view more) {
    timed_out_ = false;
    for (;;) {
        const sent outcome = try_send(more);
        if (outcome == sent::broken) co_return false;
        if (outcome == sent::all) break;
        deadline_.set(later(now(), core_->options.write_timeout));
        const auto [fault] = co_await socket.async_wait(asio::socket_base::wait_write, token);
        deadline_.clear();
        if (fault) co_return false;
    }
    if (out.capacity() > kept_out_bytes) std::string().swap(out);
    co_return true;
}

asio::awaitable<void> server_channel::linger() {
    boost::system::error_code fault;
    socket.shutdown(asio::socket_base::shutdown_send, fault);
    if (fault) co_return;
    const instant until = later(now(), linger_time);
    std::size_t total = 0;
    for (;;) {
        total += input.view().size();
        input.consume(input.view().size());
        if (total > linger_bytes) co_return;
        if (co_await receive(4096, until) != received::bytes) co_return;
    }
}

void server_channel::close() noexcept {
    deadline_.clear();
    boost::system::error_code ignored;
    socket.close(ignored);
}

void server_channel::stop() noexcept {
    deadline_.stop();
    close();
}

}  // namespace symphony::net::detail
