#include "net/client_connection.hpp"

#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <sys/socket.h>
#include <utility>

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t receive_bytes = std::size_t{16} << 10;
constexpr std::size_t idle_bytes = std::size_t{2} << 10;  // what a connection in the pool holds
constexpr std::size_t most_receive_bytes = std::size_t{256} << 10;

bool would_block(const boost::system::error_code& fault) noexcept {
    return fault == asio::error::would_block || fault == asio::error::try_again;
}

}  // namespace

client_connection::client_connection(std::shared_ptr<client_core> core,
                                     std::shared_ptr<const destination> where,
                                     std::shared_ptr<tls_sessions> sessions)
    : core_(std::move(core)),
      where_(std::move(where)),
      socket_(core_->executor),
      parking_(core_->executor),
      deadline_(core_->wakeups, this, [](void* self) noexcept {
          static_cast<client_connection*>(self)->stop_with(stop::timed_out);
      }) {
    handshake_.sessions = std::move(sessions);
}

client_connection::~client_connection() {
    if (due_) core_->turns.forget(*this);
    if (core_->stopped) deadline_.stop();
}

void client_connection::begin_use(deadline until, time_limit which) {
    on_dead_ = nullptr;
    until_ = until;
    use_limit_ = limit_ = which;
    sent_ = 0;
    stop_ = stop::none;
    parking_.clear_cancelled();
    if (until.is_set()) {
        deadline_.set(until.at());
    } else {
        deadline_.clear();
    }
}

void client_connection::rest(void (*on_dead)(client_connection&) noexcept, void* keeper) {
    on_dead_ = on_dead;
    keeper_ = keeper;
    deadline_.clear();
    reused = true;
    listen();
}

client_connection::sent client_connection::send_now(std::string_view& more) {
    const bool shakes_hands = tls_ && !secured_;  // and fails as a whole
    if (!shakes_hands && core_->fails(io_operation::write)) {
        take_fault(asio::error::broken_pipe);
        return sent::broken;
    }
    return tls_ ? write_encrypted(more) : write_now(out, more);
}

// `bytes` and then `more`.
client_connection::sent client_connection::write_now(std::string& bytes, std::string_view& more) {
    for (;;) {
        const std::array<asio::const_buffer, 2> pieces{
            asio::buffer(bytes.data() + out_sent_, bytes.size() - out_sent_),
            asio::buffer(more.data(), more.size())};
        const std::size_t total = pieces[0].size() + pieces[1].size();
        if (total == 0) break;
        boost::system::error_code fault;
        // A single buffer goes through the cheaper send().
        const std::size_t size = pieces[1].size() == 0 ? socket_.write_some(pieces[0], fault)
                                                       : socket_.write_some(pieces, fault);
        if (would_block(fault)) return sent::blocked;
        if (fault) {
            operation_fault_ = fault;
            if (reason_.empty()) reason_ = fault.message();
            return sent::broken;
        }
        sent_ += size;
        const std::size_t from_bytes = std::min(size, pieces[0].size());
        out_sent_ += from_bytes;
        more.remove_prefix(size - from_bytes);
        if (size == total) break;
    }
    bytes.clear();
    out_sent_ = 0;
    return sent::all;
}

asio::awaitable<client_connection::sent> client_connection::send(std::string_view& more) {
    for (;;) {
        if (!sending_) {  // else it was left when the peer spoke
            const sent outcome = send_now(more);
            if (outcome != sent::blocked) co_return outcome;
            socket_.async_wait(asio::socket_base::wait_write,
                               [self = shared_from_this()](const boost::system::error_code&) {
                                   self->sending_ = false;
                                   self->on_event();
                               });
            sending_ = true;
        }
        listen();  // a peer may refuse what it is sent, and would wait to be heard
        while (sending_) {
            if (stop_ != stop::none || broken_) co_return sent::broken;
            if (arrived_ || ended_) co_return sent::answered;
            co_await parking_.wait();
            if (parking_.cancelled()) stop_with(stop::cancelled);
        }
        if (stop_ != stop::none || broken_) co_return sent::broken;
    }
}

client_connection::sent client_connection::push() {
    std::string_view nothing;
    const sent outcome = send_now(nothing);
    if (outcome != sent::blocked) return outcome;
    sending_ = true;
    socket_.async_wait(asio::socket_base::wait_write,
                       [self = shared_from_this()](const boost::system::error_code&) {
                           self->sending_ = false;
                           if (self->socket_.is_open() && self->push() == sent::broken) {
                               self->broken_ = true;
                           }
                           self->woken_ = true;
                           self->on_event();
                       });
    return sent::blocked;
}

asio::awaitable<void> client_connection::next_event() {
    if (more_likely_ && stop_ == stop::none) receive_now();
    while (!arrived_ && !woken_ && stop_ == stop::none && !broken_ && !ended_) {
        begin_receive();  // at once: many answers come together, and more of them while it waits
        co_await parking_.wait();
        if (parking_.cancelled()) stop_with(stop::cancelled);
    }
    arrived_ = woken_ = false;
}

asio::awaitable<bool> client_connection::receive() {
    if (more_likely_ && stop_ == stop::none) receive_now();
    // What arrived before the connection broke or ended is read first.
    while (!arrived_ && stop_ == stop::none && !broken_ && !ended_) {
        listen();
        co_await parking_.wait();
        if (parking_.cancelled()) stop_with(stop::cancelled);
    }
    co_return std::exchange(arrived_, false) && stop_ == stop::none;
}

void client_connection::listen() {
    if (due_ || listening_ || broken_ || ended_) return;
    core_->turns.wait(*this);
    due_ = true;
}

void client_connection::on_end_of_turn() noexcept {
    due_ = false;
    try {
        begin_receive();
    } catch (const std::exception& without_memory) {
        broken_ = true;
        listening_ = false;
        if (reason_.empty()) reason_ = without_memory.what();
        parking_.wake_later();
    }
}

void client_connection::begin_receive() {
    if (listening_ || broken_ || ended_ || !socket_.is_open()) return;
    if (tls_ && !tls_->received.empty()) return;  // the handshake looks at it first
    listening_ = true;
    more_likely_ = false;
    const bool idle = on_dead_ != nullptr;
    if (idle) hold_little();
    // Into the buffer itself: nobody takes from it while a receive is outstanding. Waiting for
    // readiness first would cost a call of epoll_ctl each time.
    const auto room = received().prepare(idle ? idle_bytes : receive_bytes);
    const std::size_t wanted = std::min(room.size(), most_receive_bytes);
    socket_.async_read_some(asio::buffer(room.data(), wanted),
                            [self = shared_from_this(), wanted](
                                const boost::system::error_code& fault, std::size_t size) {
                                self->listening_ = false;
                                if (self->take_received(fault, size, wanted)) {
                                    self->on_event();
                                } else {
                                    self->listen();
                                }
                            });
}

// Under load a connection is in use again before its turn ends, and keeps what it has.
void client_connection::hold_little() {
    input.shrink(tls_ ? 0 : idle_bytes);
    if (out.capacity() > idle_bytes) std::string().swap(out);
    if (!tls_) return;
    tls_->received.shrink(idle_bytes);
    if (tls_->to_send.empty() && tls_->to_send.capacity() > idle_bytes) {
        std::string().swap(tls_->to_send);
    }
}

void client_connection::receive_now() {
    more_likely_ = false;
    if (listening_) return;  // its room is not to be moved
    const auto room = received().prepare(receive_bytes);
    const std::size_t wanted = std::min(room.size(), most_receive_bytes);
    boost::system::error_code fault;
    const std::size_t size = socket_.read_some(asio::buffer(room.data(), wanted), fault);
    if (!would_block(fault)) static_cast<void>(take_received(fault, size, wanted));
}

bool client_connection::take_received(const boost::system::error_code& fault, std::size_t size,
                                      std::size_t wanted) {
    if (fault == asio::error::eof && tls_ && !tls_->has_ended()) {
        take_fault(asio::ssl::error::stream_truncated);
    } else if (fault == asio::error::eof) {
        ended_ = true;
    } else if (fault) {
        take_fault(fault);
    } else if (!tls_ && core_->fails(io_operation::read)) {
        take_fault(asio::error::connection_reset);
    } else {
        received().commit(size);
        more_likely_ = size == wanted;
        if (secured_) return decrypt();
        arrived_ = true;
    }
    return true;
}

// Only while nothing is parked here does a word from the peer mean that the connection is dead.
void client_connection::on_event() {
    if (on_dead_ != nullptr) {
        on_dead_(*this);
    } else {
        parking_.wake();
    }
}

bool client_connection::is_still_quiet() noexcept {
    char byte = 0;
    const auto size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    return size > 0 && tls_;  // records of TLS itself may be waiting, such as new tickets
}

void client_connection::take_fault(const boost::system::error_code& fault) {
    broken_ = true;
    operation_fault_ = fault;
    if (reason_.empty()) reason_ = fault.message();
    note_refusal(fault);
}

void client_connection::stop_with(stop why) noexcept {
    if (stop_ == stop::none) stop_ = why;
    parking_.wake_later();
}

void client_connection::abort() noexcept {
    stop_with(stop::aborted);
}

void client_connection::close() noexcept {
    if (core_->stopped) {
        deadline_.stop();
    } else {
        deadline_.clear();
    }
    on_dead_ = nullptr;
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace symphony::net::detail
