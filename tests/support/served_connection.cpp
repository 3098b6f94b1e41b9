#include "support/served_connection.hpp"

#include <csignal>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace symphony::test_support {

namespace {

int agree(SSL* /*secured*/, const unsigned char** chosen, unsigned char* size,
          const unsigned char* /*offered*/, unsigned int /*offered_size*/, void* wanted) {
    const std::string& protocol = *static_cast<const std::string*>(wanted);
    *chosen = reinterpret_cast<const unsigned char*>(protocol.data());
    *size = static_cast<unsigned char>(protocol.size());
    return SSL_TLSEXT_ERR_OK;
}

bool repair(int socket) noexcept {
    const int on = TCP_REPAIR_ON;
    return ::setsockopt(socket, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) == 0;
}

}  // namespace

server_identity::server_identity(const certificate_files& files, client_demand of_clients)
    : of_clients_(std::move(of_clients)), context_(SSL_CTX_new(TLS_server_method())) {
    if (context_ == nullptr ||
        SSL_CTX_use_certificate_file(context_, files.certificate.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        throw std::runtime_error("misbehaving_server: a broken certificate");
    }
    if (!of_clients_.ca.empty()) {
        SSL_CTX_load_verify_file(context_, of_clients_.ca.c_str());
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    if (of_clients_.only_1_2) SSL_CTX_set_max_proto_version(context_, TLS1_2_VERSION);
    if (!of_clients_.protocol.empty()) {
        SSL_CTX_set_alpn_select_cb(context_, agree, &of_clients_.protocol);
    }
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
}

served_connection::served_connection(int socket) : socket_(socket) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool served_connection::shake_hands(const server_identity& as) {
    secured_ = SSL_new(as.context());
    SSL_set_fd(secured_, socket_);
    const std::string& greeting = as.of_clients().greeting;
    std::size_t size = 0;
    if (!greeting.empty() &&
        (SSL_read_early_data(secured_, room_.data(), room_.size(), &size) !=
             SSL_READ_EARLY_DATA_FINISH ||
         SSL_write_early_data(secured_, greeting.data(), greeting.size(), &size) != 1)) {
        return false;
    }
    return SSL_accept(secured_) == 1;
}

std::string_view served_connection::receive() {
    const int wanted = static_cast<int>(room_.size());
    const auto size = secured_ != nullptr ? SSL_read(secured_, room_.data(), wanted)
                                          : ::recv(socket_, room_.data(), room_.size(), 0);
    return {room_.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

bool served_connection::send(std::string_view text) {
    while (!text.empty()) {
        const auto size = secured_ != nullptr
                              ? SSL_write(secured_, text.data(), static_cast<int>(text.size()))
                              : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

bool served_connection::send_tls_words() {
    return SSL_new_session_ticket(secured_) == 1 && SSL_do_handshake(secured_) == 1 &&
           SSL_key_update(secured_, SSL_KEY_UPDATE_REQUESTED) == 1 &&
           SSL_do_handshake(secured_) == 1;
}

void served_connection::end_sending() noexcept {
    silent_ = true;
    ::shutdown(socket_, SHUT_WR);
}

void served_connection::break_off() noexcept {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    silent_ = true;
}

// A socket under repair is one that a program moves elsewhere: the kernel closes it in silence. Not
// before the client has acknowledged all, which it may do late: that would be answered by a reset.
bool served_connection::vanish() noexcept {
    silent_ = true;
    for (int unheard = 1; ::ioctl(socket_, SIOCOUTQ, &unheard) == 0 && unheard > 0;)
        ::poll(nullptr, 0, 1);
    return repair(socket_);
}

void served_connection::cut() noexcept {
    ::shutdown(socket_, SHUT_RDWR);
}

void served_connection::say_goodbye() noexcept {
    if (secured_ != nullptr && !silent_) SSL_shutdown(secured_);
}

void served_connection::close() noexcept {
    if (socket_ < 0) return;
    SSL_free(secured_);
    ::close(socket_);
    socket_ = -1;
}

bool may_vanish() noexcept {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool allowed = repair(socket);
    ::close(socket);
    return allowed;
}

}  // namespace symphony::test_support
