#include "net/server_connection.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// Notices a client that leaves while its handler or a streamed answer runs, so that the work can be
// given up. Most requests are over before the first look, and cost no system call for it.

namespace symphony::net::detail {

namespace asio = boost::asio;

namespace {

constexpr auto first_look = std::chrono::milliseconds(10);
constexpr auto later_looks = std::chrono::milliseconds(250);

enum class client_state : std::uint8_t { here, sending, left };

client_state look_at(int socket) noexcept {
    char byte = 0;
    const ssize_t size = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? client_state::here
                                                                         : client_state::left;
    if (size == 0) return client_state::left;
    // Input that nobody reads yet hides the end of the stream; TCP's own state does not.
    tcp_info info{};
    socklen_t length = sizeof(info);
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return client_state::left;
    return info.tcpi_state == TCP_ESTABLISHED ? client_state::sending : client_state::left;
}

}  // namespace

void server_connection::watch(instant now) {
    look_at_client_.set(later(now, first_look));
}

void server_connection::unwatch() noexcept {
    ++watch_round_;
    look_at_client_.clear();
    if (!waiting_for_input_) return;
    waiting_for_input_ = false;
    boost::system::error_code ignored;
    channel_.socket.cancel(ignored);
}

void server_connection::look() noexcept {
    if (!channel_.socket.is_open()) return;
    switch (look_at(channel_.socket.native_handle())) {
        case client_state::here:
            wait_for_input();
            break;
        case client_state::sending:
            look_at_client_.set(later(channel_.now(), later_looks));
            break;
        case client_state::left:
            client_left();
            break;
    }
}

void server_connection::wait_for_input() {
    waiting_for_input_ = true;
    channel_.socket.async_wait(
        asio::socket_base::wait_read,
        [self = shared_from_this(), round = watch_round_](const boost::system::error_code& fault) {
            if (fault || round != self->watch_round_) return;
            self->waiting_for_input_ = false;
            self->look();
        });
}

void server_connection::client_left() noexcept {
    const auto self = shared_from_this();
    gone_ = true;
    channel_.close();
    cancel_.emit(asio::cancellation_type::terminal);
}

}  // namespace symphony::net::detail
