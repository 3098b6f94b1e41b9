#include "support/misbehaving_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace symphony::test_support {

namespace {

constexpr auto patience = std::chrono::seconds(20);

}  // namespace

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
                                       const certificate_files& identity, client_demand of_clients)
    : misbehaving_server(std::move(scripts)) {
    // Nobody knows the port yet, so nobody has been accepted without it.
    const std::lock_guard lock(mutex_);
    shown_ = std::make_shared<server_identity>(identity, std::move(of_clients));
}

void misbehaving_server::show(const certificate_files& identity, client_demand of_clients) {
    const std::lock_guard lock(mutex_);
    shown_ = std::make_shared<server_identity>(identity, std::move(of_clients));
}

void misbehaving_server::from_now_on(script every) {
    const std::lock_guard lock(mutex_);
    scripts_ = {std::move(every)};
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
        connections_.push_back(std::make_unique<served_connection>(socket));
        threads_.emplace_back(
            [this, &on = *connections_.back(), what = scripts_[number], shown = shown_] {
                if (!shown || on.shake_hands(*shown)) serve(on, what);
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

void misbehaving_server::serve(served_connection& on, const script& what) {
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
        [&](const script::vanish&) {
            if (!on.vanish()) throw std::runtime_error("misbehaving_server: may not vanish");
            return false;
        },
        [&](const script::handshake& step) {
            return on.shake_hands(server_identity(step.identity));
        },
    };
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
