#include "net/server_channel.hpp"

#include "net/server_refusal.hpp"
#include "net/tls_origin.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <array>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr auto token = asio::as_tuple(asio::deferred);
constexpr auto linger_time = std::chrono::seconds(1);
constexpr std::size_t linger_bytes = std::size_t{256} << 10;
constexpr std::size_t kept_out_bytes = std::size_t{64} << 10;
constexpr std::size_t busy_requests = 8;
constexpr std::size_t most_in_record = std::size_t{16} << 10;

// To whoever speaks HTTP in the clear where TLS is spoken.
constexpr std::string_view wrong_scheme =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 40\r\n"
    "Connection: close\r\n\r\nThis port speaks HTTPS: ask by https://\n";
constexpr std::string_view wrong_scheme_reason = "this port speaks HTTPS: ask by https://";

}  // namespace

server_channel::server_channel(std::shared_ptr<server_core> core, asio::ip::tcp::socket connected)
    : socket(std::move(connected)),
      core_(std::move(core)),
      deadline_(core_->wakeups, this,
                [](void* self) noexcept { static_cast<server_channel*>(self)->on_deadline(); }),
      parking_(core_->executor) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (core_->options.tls && !core_->stopped) {
        const auto context = core_->options.tls->use(core_->time.now()).context;
        tls_ = std::make_unique<server_tls>(context->native_handle(), socket.native_handle(),
                                            core_->options.http2);
    }
}

server_channel::~server_channel() {
    if (parked_) core_->turns.forget(*this);
}

asio::awaitable<bool> server_channel::open(instant until) {
    if (!tls_) co_return true;
    timed_out_ = false;
    deadline_.set(until);
    server_tls::outcome outcome = tls_->shake_hands();
    while (co_await wait_for(outcome))
        outcome = tls_->shake_hands();
    deadline_.clear();
    if (outcome == server_tls::outcome::done) co_return true;
    if (tls_->met_plain_http()) {
        tls_.reset();
        refuse_plain_http();
        if (co_await send({})) co_await linger();
    }
    co_return false;
}

// What was asked is lost in the handshake, its method too.
void server_channel::refuse_plain_http() {
    if (core_->options.refusal && !core_->stopped) {
        append_refusal(out, make_refusal(core_->options, 400, wrong_scheme_reason), {},
                       core_->date.at(now()));
    } else {
        out = wrong_scheme;
    }
}

// Waits for what TLS wants. False where it wants nothing, or it cannot come.
asio::awaitable<bool> server_channel::wait_for(server_tls::outcome what) {
    const bool reads = what == server_tls::outcome::wants_input;
    if (!reads && what != server_tls::outcome::wants_room) co_return false;
    const auto [fault] = co_await socket.async_wait(
        reads ? asio::socket_base::wait_read : asio::socket_base::wait_write, token);
    co_return !fault;
}

void server_channel::on_deadline() noexcept {
    timed_out_ = true;
    stop_waiting();
}

void server_channel::stop_waiting() noexcept {
    gave_up_ = gave_up_ || parked_;
    boost::system::error_code ignored;
    socket.cancel(ignored);
}

bool server_channel::receive_now(std::size_t room) {
    if (!socket.is_open()) return false;
    if (tls_) {
        const asio::mutable_buffer free = input.prepare(room);
        std::size_t size = 0;
        const bool got = tls_->read({static_cast<char*>(free.data()), free.size()}, size) ==
                         server_tls::outcome::done;
        input.commit(size);
        return got;
    }
    boost::system::error_code fault;
    input.commit(socket.read_some(input.prepare(room), fault));
    return !fault && !input.empty();
}

asio::awaitable<server_channel::received> server_channel::receive_secured(std::size_t room,
                                                                          instant until) {
    deadline_.set(until);
    for (;;) {
        const asio::mutable_buffer free = input.prepare(room);
        std::size_t size = 0;
        const server_tls::outcome outcome =
            tls_->read({static_cast<char*>(free.data()), free.size()}, size);
        input.commit(size);
        if (outcome == server_tls::outcome::done || !co_await wait_for(outcome)) {
            deadline_.clear();
            if (size > 0) co_return received::bytes;
            co_return timed_out_ ? received::timed_out : received::end;
        }
    }
}

asio::awaitable<server_channel::received> server_channel::receive(std::size_t room, instant until) {
    timed_out_ = false;
    if (!socket.is_open()) co_return received::end;
    deadline_.set(until);
    // Who was just answered has not asked again yet: with others to serve, that can wait a turn.
    if (core_->under_way >= busy_requests) {
        gave_up_ = false;
        parked_ = true;
        parking_.clear_cancelled();
        core_->turns.wait(*this);
        co_await parking_.wait();
        if (std::exchange(parked_, false)) core_->turns.forget(*this);
        const bool got = receive_now(room);
        if (got || gave_up_ || parking_.cancelled() || !socket.is_open()) {
            deadline_.clear();
            if (got) co_return received::bytes;
            co_return timed_out_ ? received::timed_out : received::end;
        }
    }
    if (tls_) co_return co_await receive_secured(room, until);
    const auto [fault, size] = co_await socket.async_read_some(input.prepare(room), token);
    deadline_.clear();
    input.commit(size);
    if (size > 0) co_return received::bytes;
    co_return timed_out_ ? received::timed_out : received::end;
}

void server_channel::on_end_of_turn() noexcept {
    parked_ = false;
    parking_.wake();
}

// Whatever fits in one record leaves in one. After a part that found no room the same bytes come
// again: what is sent last of `out` is never followed by `more` then, since `more` is in it.
server_channel::sent server_channel::try_send_secured(std::string_view& more) noexcept {
    for (;;) {
        const std::size_t in_out = out.size() - out_sent_;
        if (in_out > 0 && in_out < most_in_record && !more.empty()) {
            const std::size_t joins = std::min(more.size(), most_in_record - in_out);
            out.append(more.substr(0, joins));
            more.remove_prefix(joins);
        }
        const bool from_out = out_sent_ < out.size();
        const std::string_view next = from_out ? std::string_view(out).substr(out_sent_) : more;
        if (next.empty()) break;
        std::size_t size = 0;
        const server_tls::outcome outcome = tls_->write(next, size);
        if (outcome == server_tls::outcome::wants_room) return sent::blocked;
        if (outcome != server_tls::outcome::done) return sent::broken;
        if (from_out) {
            out_sent_ += size;
        } else {
            more.remove_prefix(size);
        }
    }
    out.clear();
    out_sent_ = 0;
    return sent::all;
}

server_channel::sent server_channel::try_send(std::string_view& more) noexcept {
    if (tls_) return try_send_secured(more);
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
    if (tls_) tls_->say_goodbye();
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

void server_channel::close(bool in_order) noexcept {
    deadline_.clear();
    if (in_order && tls_ && socket.is_open()) tls_->say_goodbye();
    boost::system::error_code ignored;
    socket.close(ignored);
}

void server_channel::stop() noexcept {
    deadline_.stop();
    close();
}

}  // namespace symphony::net::detail
