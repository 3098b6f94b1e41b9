#include "support/misbehaving_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace symphony::test_support {

namespace {

constexpr auto patience = std::chrono::seconds(20);

}  // namespace

struct misbehaving_server::tls {
    tls(const certificate_files& identity, const client_demand& of_clients)
        : context(SSL_CTX_new(TLS_server_method())), greeting(of_clients.greeting) {
        if (context == nullptr ||
            SSL_CTX_use_certificate_file(context, identity.certificate.c_str(), SSL_FILETYPE_PEM) !=
                1 ||
            SSL_CTX_use_PrivateKey_file(context, identity.key.c_str(), SSL_FILETYPE_PEM) != 1) {
            throw std::runtime_error("misbehaving_server: a broken certificate");
        }
        if (!of_clients.ca.empty()) {
            SSL_CTX_load_verify_file(context, of_clients.ca.c_str());
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
        if (of_clients.only_1_2) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    }
    ~tls() { SSL_CTX_free(context); }
    tls(const tls&) = delete;
    tls& operator=(const tls&) = delete;
    SSL_CTX* context;
    std::string greeting;
};

// One client. Its thread reads and writes; `cut` from another thread ends every wait for bytes.
class misbehaving_server::connection {
public:
    connection(int socket, SSL_CTX* context) : socket_(socket) {
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (context == nullptr) return;
        secured_ = SSL_new(context);
        SSL_set_fd(secured_, socket_);
    }
    ~connection() { close(); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    bool shake_hands(const std::string& greeting) {
        if (secured_ == nullptr) return true;
        std::size_t size = 0;
        if (!greeting.empty() &&
            (SSL_read_early_data(secured_, room_.data(), room_.size(), &size) !=
                 SSL_READ_EARLY_DATA_FINISH ||
             SSL_write_early_data(secured_, greeting.data(), greeting.size(), &size) != 1)) {
            return false;
        }
        return SSL_accept(secured_) == 1;
    }

    // Empty when the client has ended or broken off.
    std::string_view receive() {
        const int wanted = static_cast<int>(room_.size());
        const auto size = secured_ != nullptr ? SSL_read(secured_, room_.data(), wanted)
                                              : ::recv(socket_, room_.data(), room_.size(), 0);
        return {room_.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    }
    bool send(std::string_view text) {
        while (!text.empty()) {
            const auto size = secured_ != nullptr
                                  ? SSL_write(secured_, text.data(), static_cast<int>(text.size()))
                                  : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (size <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }
    bool send_tls_words() {
        return SSL_new_session_ticket(secured_) == 1 && SSL_do_handshake(secured_) == 1 &&
               SSL_key_update(secured_, SSL_KEY_UPDATE_REQUESTED) == 1 &&
               SSL_do_handshake(secured_) == 1;
    }
    void end_sending() {
        silent_ = true;
        ::shutdown(socket_, SHUT_WR);
    }
    void break_off() {
        const linger now{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        silent_ = true;
    }
    void cut() noexcept { ::shutdown(socket_, SHUT_RDWR); }
    void say_goodbye() {
        if (secured_ != nullptr && !silent_) SSL_shutdown(secured_);
    }
    void close() {
        if (socket_ < 0) return;
        SSL_free(secured_);
        ::close(socket_);
        socket_ = -1;
    }

    std::string received;  // guarded by the server's mutex, as `finished` and closing are
    bool finished = false;

private:
    int socket_;
    SSL* secured_ = nullptr;
    bool silent_ = false;  // no close_notify
    std::array<char, 65536> room_;
};

misbehaving_server::misbehaving_server(std::vector<script> scripts) : scripts_(std::move(scripts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 511) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("misbehaving_server: no port to be had");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

misbehaving_server::misbehaving_server(std::vector<script> scripts,
                                       const certificate_files& identity,
                                       const client_demand& of_clients)
    : misbehaving_server(std::move(scripts)) {
    // Nobody knows the port yet, so nobody has been accepted without it.
    const std::lock_guard lock(mutex_);
    tls_ = std::make_unique<tls>(identity, of_clients);
}

void misbehaving_server::show(const certificate_files& identity) {
    const std::lock_guard lock(mutex_);
    tls_ = std::make_unique<tls>(identity, client_demand());
}

misbehaving_server::~misbehaving_server() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const auto& one : connections_) {
            if (!one->finished) one->cut();
        }
    }
    changed_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (std::thread& one : threads_)
        one.join();
    ::close(listener_);
}

void misbehaving_server::accept_all() {
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            ::close(socket);
            return;
        }
        const std::size_t number = std::min(connections_.size(), scripts_.size() - 1);
        connections_.push_back(
            std::make_unique<connection>(socket, tls_ ? tls_->context : nullptr));
        threads_.emplace_back([this, &on = *connections_.back(), &what = scripts_[number]] {
            serve(on, what);
            on.say_goodbye();
            {
                const std::lock_guard finishing(mutex_);
                on.close();
                on.finished = true;
            }
            changed_.notify_all();
        });
        changed_.notify_all();
    }
}

namespace {

template <class... Cases>
struct overloaded : Cases... {
    using Cases::operator()...;
};

}  // namespace

void misbehaving_server::serve(connection& on, const script& what) {
    std::size_t used = 0;  // of what was received
    const auto receive = [&] {
        const std::string_view more = on.receive();
        const std::lock_guard lock(mutex_);
        on.received.append(more);
        changed_.notify_all();
        return !more.empty();
    };
    const auto pause = [this](std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, time, [this] { return stopping_; });
    };
    const auto play = overloaded{
        [&](const script::read_text& step) {
            std::size_t end = 0;
            while ((end = on.received.find(step.last, used)) == std::string::npos) {
                if (!receive()) return false;
            }
            used = end + step.last.size();
            return true;
        },
        [&](const script::read_bytes& step) {
            while (on.received.size() < used + step.count) {
                if (!receive()) return false;
            }
            used += step.count;
            return true;
        },
        [&](const script::read_to_end&) {
            while (receive()) {
            }
            return true;
        },
        [&](const script::send_bytes& step) {
            do {
                for (std::string_view rest = step.text; !rest.empty();) {
                    const std::string_view piece = rest.substr(0, step.piece);
                    if (!on.send(piece)) return false;
                    rest.remove_prefix(piece.size());
                    if (step.pause.count() > 0 && !pause(step.pause)) return false;
                }
            } while (step.for_ever);
            return true;
        },
        [&](const script::tls_words&) { return on.send_tls_words(); },
        [&](const script::wait&) {
            std::unique_lock lock(mutex_);
            ++waiting_;
            changed_.notify_all();
            changed_.wait(lock, [this] { return stopping_ || allowed_ > 0; });
            --waiting_;
            if (stopping_) return false;
            --allowed_;
            return true;
        },
        [&](const script::half_close&) {
            on.end_sending();
            return true;
        },
        [&](const script::reset&) {
            on.break_off();
            return false;
        },
    };
    if (!on.shake_hands(tls_ ? tls_->greeting : std::string())) return;
    for (const script::step& step : what.steps()) {
        if (!std::visit(play, step)) return;
    }
}

std::size_t misbehaving_server::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
}

std::string misbehaving_server::received(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    return index < connections_.size() ? connections_[index]->received : std::string();
}

void misbehaving_server::go_on() {
    {
        const std::lock_guard lock(mutex_);
        ++allowed_;
    }
    changed_.notify_all();
}

bool misbehaving_server::wait_until_waiting() const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return waiting_ > allowed_; });
}

bool misbehaving_server::wait_until_received(std::size_t index, std::string_view text) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] {
        return index < connections_.size() &&
               connections_[index]->received.find(text) != std::string::npos;
    });
}

bool misbehaving_server::wait_until_finished(std::size_t index) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] {
        return index < connections_.size() && connections_[index]->finished;
    });
}

}  // namespace symphony::test_support
